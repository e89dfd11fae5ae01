"""Mending the repository policy: the statement that denies is narrowed, or the role of another account is admitted."""

from __future__ import annotations

import json

from diagnosis.gates import Owner, Plane
from diagnosis.live.entitlement import session_arn
from diagnosis.reading import Known
from diagnosis.remedies.narrowing import narrowed
from diagnosis.remedies.offer import Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.patch import Json, Statement, difference, statements, written
from diagnosis.remedies.rendering import terraform_resource, with_document
from diagnosis.verdicts import Change, ChangeKind, Remediation


def admit_role(situation: Situation) -> Choice | None:
    """One new version of the repository policy; the repository's owner makes it."""
    problems = situation.of("repository-policy-deny")
    question = situation.account.question
    arn, role = question.repository_arn, situation.run.role_arn
    if not problems or not arn or not role or not question.repository:
        return None
    reading = situation.account.repository_policy
    before = reading.value.document if isinstance(reading, Known) else None
    pairs = needed_pairs(situation.needs, problems)
    session = session_arn(role, situation.run.session_name)
    after = narrowed(before, pairs, session, role, of_role=False) if before is not None else None
    if (question.role_account or "") != (question.registry_id or ""):
        after = _admitting(after or before, pairs, role)
    if after is None or after == before:
        return None
    name = question.repository
    remediation = Remediation(
        id="amend-repository-policy",
        causes=("repository-policy-deny",),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title="Amend the repository policy",
        words=f"The policy of repository {name} stops this role. Amend that statement so that it leaves out exactly {role}; "
        "everybody else stays as they are. Adding identity permissions cannot help.",
        owner=Owner.REGISTRY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization.",
        changes=(Change(ChangeKind.REPLACE_REPOSITORY_POLICY, name, document=after),),
        aws_cli=with_document(
            [
                "aws",
                "ecr",
                "set-repository-policy",
                "--registry-id",
                question.registry_id or "",
                "--repository-name",
                name,
            ],
            "--policy-text",
            after,
            "repository-policy.json",
        ),
        terraform=terraform_resource("aws_ecr_repository_policy", name, {"repository": name}, {"policy": after}),
        difference=difference(before, after, f"repository policy of {name}"),
        actions=tuple(dict.fromkeys(action for problem in problems for action in problem.actions)),
    )
    return (Offer(remediation),)


def _admitting(document: str | None, pairs: tuple[tuple[str, str], ...], role: str) -> str:
    """The policy with one statement that admits the role of another account for exactly the needed actions."""
    fresh: dict[str, Json] = {"Version": "2012-10-17", "Statement": []}
    loaded: dict[str, Json] = json.loads(document) if document else fresh
    statement: Statement = {
        "Sid": "ReleaseRole",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": [*sorted({action for action, _ in pairs})],
    }
    loaded["Statement"] = [*statements(loaded), statement]
    return written(loaded)
