"""Layers that the role's owner cannot open: a permissions boundary, a service control policy. Their owners must act."""

from __future__ import annotations

from diagnosis.gates import Plane
from diagnosis.live.entitlement import session_arn
from diagnosis.reading import Known
from diagnosis.remedies.narrowing import narrowed
from diagnosis.remedies.offer import Choice, Offer, Situation, needed_pairs, rerun_words
from diagnosis.remedies.patch import MANAGED_LIMIT, difference, extended, size
from diagnosis.remedies.rendering import with_document
from diagnosis.verdicts import Change, ChangeKind, Remediation

CANNOT_HELP = "Adding identity permissions cannot help."


def widen_boundary(situation: Situation) -> Choice | None:
    """A new version of the boundary that allows exactly the needed actions too; it grants nothing by itself."""
    problems = situation.of("boundary")
    reading, role = situation.account.boundary, situation.run.role_arn
    if not problems or not isinstance(reading, Known) or not role:
        return None
    pairs = needed_pairs(situation.needs, problems)
    before, name = reading.value.document, reading.value.name
    session = session_arn(role, situation.run.session_name)
    try:
        opened = narrowed(before, pairs, session, role, of_role=False) or before
        after = extended(opened, pairs)
    except ValueError:
        return None
    too_long = size(after) > MANAGED_LIMIT
    arn = reading.value.arn or name
    actions = tuple(dict.fromkeys(action for action, _ in pairs))
    remediation = Remediation(
        id="widen-boundary",
        causes=("boundary",),
        plane=Plane.AUTHORIZATION,
        checkpoint=problems[0].checkpoint,
        title=f"Let the boundary {name} allow the release",
        words=f"The permissions boundary {name} must allow {', '.join(actions)}. {CANNOT_HELP} A boundary grants nothing by "
        "itself; it may hang on other roles too.",
        owner=problems[0].owner,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.REPLACE_BOUNDARY, arn, document=after),),
        aws_cli=with_document(
            ["aws", "iam", "create-policy-version", "--policy-arn", arn, "--set-as-default"],
            "--policy-document",
            after,
            "boundary.json",
        ),
        difference=difference(before, after, f"boundary {name}"),
        warnings=(f"The document would take {size(after)} of {MANAGED_LIMIT} characters: split it.",)
        if too_long
        else (),
        actions=actions,
    )
    return (Offer(remediation),)


def ask_organization(situation: Situation) -> Choice | None:
    """A service control policy (or a layer that cannot be read as a document): whose change it is, and what it must allow."""
    causes = ["scp", "session-policy", "endpoint-policy"]
    if not isinstance(situation.account.boundary, Known):
        causes.append("boundary")
    problems = situation.of(*causes)
    if not problems:
        return None
    first = problems[0]
    names = {"boundary": "permissions boundary", "scp": "service control policy"}
    actions = tuple(dict.fromkeys(action for problem in problems for action in problem.actions))
    layers = " and the ".join(dict.fromkeys(names.get(problem.cause, problem.cause) for problem in problems))
    remediation = Remediation(
        id="ask-layer-owner",
        causes=tuple(dict.fromkeys(problem.cause for problem in problems)),
        plane=Plane.AUTHORIZATION,
        checkpoint=first.checkpoint,
        title=f"Ask the owner of the {layers}",
        words=f"The {layers} must allow {', '.join(actions)} for this role. {CANNOT_HELP} {first.reason}",
        owner=first.owner,
        verify=rerun_words(situation.run),
        changes=(Change(ChangeKind.OUTSIDE, layers, values=actions),),
        actions=actions,
    )
    return (Offer(remediation),)
