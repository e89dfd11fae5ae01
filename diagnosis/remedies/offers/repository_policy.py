"""Amend the repository policy: narrow the statement that denies, or admit the role of another account."""

from __future__ import annotations

from diagnosis.causes import Cause
from diagnosis.facts.account import EcrRepository
from diagnosis.facts.reading import Known, Reading, Unreadable
from diagnosis.gates import Owner, Plane
from diagnosis.live.run_claims import session_of_role
from diagnosis.policy import PolicyDocument, write_document
from diagnosis.policy.language.limits import REPOSITORY_POLICY_LIMIT
from diagnosis.policy.language.tree import JsonObject, one_or_list, statements, with_own_sids
from diagnosis.remedies.edits.grant_proof import granted_beyond
from diagnosis.remedies.edits.narrowing import narrowed
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.offer import CANNOT_HELP, Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.rendering import EXISTING, cloudformation, terraform_resource, with_document
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def admit_role(situation: Situation) -> Choice | None:
    """Offer one new version of the repository policy, for the repository's owner to make."""
    problems = situation.of(Cause.REPOSITORY_POLICY_DENY)
    question = situation.account.question
    arn, role = question.repository_arn, situation.run.role_arn
    reading = situation.account.repository_policy
    if not problems or not arn or not role or not question.repository or isinstance(reading, Unreadable):
        return None
    before = reading.value.document if isinstance(reading, Known) else None
    pairs = needed_pairs(situation.needs, problems)
    session = session_of_role(role, situation.run.session_name)
    try:
        after = narrowed(before, pairs, session, role, of_role=False) if before is not None else None
        if (question.role_account or "") != (question.registry_id or ""):
            after = _admitting(after or before, pairs, str(role))
    except ValueError:
        return None
    if after is None or after == before:
        return None
    beyond = granted_beyond(before, after, pairs, role) if before is not None else ()
    if beyond is None:
        return None
    name = question.repository
    across = question.role_account != question.registry_id
    words = ["aws", "ecr", "set-repository-policy", "--registry-id", question.registry_id or ""]
    words += ["--repository-name", name, "--region", question.region or ""]
    remediation = Remediation(
        id="amend-repository-policy",
        causes=(Cause.REPOSITORY_POLICY_DENY,),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title="Admit the role in the repository policy" if across else "Amend the repository policy",
        words=_words(name, str(role), pairs, across=across),
        owner=Owner.REGISTRY,
        verify=f"{rerun_words(situation.run)} It proves registry authorization.",
        changes=(Change(ChangeKind.REPLACE_REPOSITORY_POLICY, name, document=after),),
        aws_cli=with_document(words, "--policy-text", after, "repository-policy.json"),
        terraform=terraform_resource("aws_ecr_repository_policy", name, {"repository": name}, {"policy": after}),
        cloudformation=cloudformation(
            name,
            "AWS::ECR::Repository",
            {"RepositoryName": name, **_kept(situation.account.repository), "RepositoryPolicyText": after.tree},
            f"{EXISTING} Only RepositoryPolicyText changes.",
        ),
        difference=difference(before, after, f"repository policy of {name}"),
        widens=(f"{role} may use {len(pairs)} actions on {name}",)
        if across
        else tuple(f"the repository policy then denies no longer {text}" for text in beyond),
        warnings=(
            f"The policy would take {len(after.text)} of {REPOSITORY_POLICY_LIMIT} characters: AWS refuses that.",
        )
        if len(after.text) > REPOSITORY_POLICY_LIMIT
        else (),
        actions=tuple(dict.fromkeys(action for problem in problems for action in problem.actions)),
    )
    return (Offer(remediation),)


def _kept(repository: Reading[EcrRepository]) -> dict[str, object]:
    """Return the repository's settings as they were read; without its encryption a template would replace it."""
    if not isinstance(repository, Known):
        return {}
    kept: dict[str, object] = {}
    if repository.value.tag_mutability in ("MUTABLE", "IMMUTABLE"):
        kept["ImageTagMutability"] = repository.value.tag_mutability
    if repository.value.kms_key:
        kept["EncryptionConfiguration"] = {"EncryptionType": "KMS", "KmsKey": repository.value.kms_key}
    return kept


def _words(name: str, role: str, pairs: tuple[tuple[str, str], ...], *, across: bool) -> str:
    if across:
        return (
            f"The repository {name} is in another account than the role, so its policy must admit {role} for exactly "
            f"{len(pairs)} action{'s' if len(pairs) != 1 else ''}. {CANNOT_HELP}"
        )
    return (
        f"The policy of repository {name} stops this role. Amend that statement so that it leaves out exactly {role}, which "
        f"stays denied whatever else the statement denies; everybody else stays as they are. {CANNOT_HELP}"
    )


def _admitting(document: PolicyDocument | None, pairs: tuple[tuple[str, str], ...], role: str) -> PolicyDocument:
    """Return the policy with one statement that admits the role of another account for exactly the needed actions."""
    fresh: JsonObject = {"Version": "2012-10-17", "Statement": []}
    tree = document.editable() if document else fresh
    statement: JsonObject = {
        "Sid": "ReleaseRole",
        "Effect": "Allow",
        "Principal": {"AWS": role},
        "Action": one_or_list(sorted({action for action, resource in pairs if resource != "*"})),
    }
    return write_document({**tree, "Statement": with_own_sids([*statements(tree), statement])})
