"""Offer the change of the organization's control policies that lets this release through, as text for their owner.

Such a change is modelled so that the path can be proved; it grants nothing by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from diagnosis.causes import Cause
from diagnosis.policy.language.quotas import control_limit
from diagnosis.remedies.edits.control_edit import ControlEdit, amendable, key_of
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.offer import CANNOT_HELP, Choice, Offer, Situation, rerun_words
from diagnosis.remedies.rendering import Resource, template, terraform_resource, with_document
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation

_KINDS = {
    Cause.SCP: ("SERVICE_CONTROL_POLICY", ChangeKind.REPLACE_SERVICE_CONTROL_POLICY, "service control policy"),
    Cause.RESOURCE_CONTROL_POLICY: (
        "RESOURCE_CONTROL_POLICY",
        ChangeKind.REPLACE_RESOURCE_CONTROL_POLICY,
        "resource control policy",
    ),
}
"""By cause: the type as Organizations writes it, the change, and the type in words."""


def amend_control_policies(situation: Situation) -> Choice | None:
    """Offer the policies that stop the release, changed for it alone; None where none does, or no change is proved."""
    edits = amendable(situation)
    if not edits:
        return None
    causes = tuple(dict.fromkeys(edit.cause for edit in edits))
    problems = situation.of(*causes)
    first = problems[0]
    actions = tuple(dict.fromkeys(action for problem in problems for action in problem.actions))
    names = " and ".join(dict.fromkeys(edit.policy.name for edit in edits))
    shown = "; ".join(f"{_KINDS[edit.cause][2]} {edit.policy.name} at {edit.level}" for edit in edits)
    remediation = Remediation(
        id="amend-control-policies",
        causes=causes,
        plane=first.plane,
        checkpoint=first.checkpoint,
        title=f"Make room for the release in {names}",
        words=f"Change of the organization: {shown}. {CANNOT_HELP} Only this release gains by it: everybody else is stopped "
        "as before, and the role stays bounded by its own policies.",
        owner=first.owner,
        verify=rerun_words(situation.run),
        changes=tuple(_change(edit) for edit in edits),
        aws_cli="\n\n".join(text for edit in edits if (text := _cli(edit))),
        terraform="\n\n".join(_terraform(edit) for edit in edits),
        cloudformation=template([_resource(edit) for edit in edits]),
        difference="\n".join(
            difference(edit.policy.document, edit.after, f"{_KINDS[edit.cause][2]} {edit.policy.name}")
            for edit in edits
        ),
        widens=tuple(sentence for edit in edits for sentence in edit.opened),
        warnings=(
            "A control policy was written on purpose, and hangs on other accounts too perhaps: ask who wrote it.",
            *_too_long(edits),
        ),
        actions=actions,
    )
    return (Offer(remediation),)


def _too_long(edits: Iterable[ControlEdit]) -> Iterator[str]:
    for edit in edits:
        taken, limit = len(edit.after.text), control_limit(of_service=edit.cause is Cause.SCP)
        if taken > limit:
            yield f"{edit.policy.name} would take {taken} of {limit} characters: AWS refuses that."


def _change(edit: ControlEdit) -> Change:
    return Change(_KINDS[edit.cause][1], key_of(edit.policy), document=edit.after)


def _cli(edit: ControlEdit) -> str:
    """Write the change as an AWS CLI line; empty where the policy's id is not known."""
    identifier = edit.policy.arn.name if edit.policy.arn else ""
    if not identifier:
        return ""
    words = ["aws", "organizations", "update-policy", "--policy-id", identifier]
    return with_document(words, "--content", edit.after, f"{identifier}.json")


def _terraform(edit: ControlEdit) -> str:
    body = {"name": edit.policy.name, "type": _KINDS[edit.cause][0]}
    return terraform_resource("aws_organizations_policy", edit.policy.name, body, {"content": edit.after})


def _resource(edit: ControlEdit) -> Resource:
    properties = {"Name": edit.policy.name, "Type": _KINDS[edit.cause][0], "Content": edit.after.tree}
    return (edit.policy.name, "AWS::Organizations::Policy", properties)
