"""Edit a trust policy so that it admits a run: open it by the smallest change, or except the run from a Deny."""

from __future__ import annotations

import copy

from diagnosis.causes import Cause
from diagnosis.facts.account import Role
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, Json, JsonObject, as_list, one_or_list, statements
from diagnosis.remedies.edits.policy_edit import Renderings
from diagnosis.remedies.edits.trust_patch import PatchAim, PatchKind, TrustPatch, as_aws_saves_it, opening_patches
from diagnosis.remedies.offer import Situation
from diagnosis.remedies.rendering import (
    EXISTING,
    cloudformation,
    terraform_comment,
    terraform_resource,
    with_document,
)
from diagnosis.trust.question import caller_of


def admitting_trust(situation: Situation, document: PolicyDocument) -> tuple[TrustPatch, ...]:
    """Return the trust policies that admit the run, the one first that admits the fewest beside it; empty where none is found."""
    aim = _aim(situation)
    if aim is None:
        return ()
    start = document
    if situation.of(Cause.TRUST_EXPLICIT_DENY):
        excepted = _excepting(document, aim)
        if excepted is None:
            return ()
        start = excepted
        if aim.admitted_by(start):
            excepting = TrustPatch(start, PatchKind.EXCEPTED, (), aim.compare(document, start))
            return (as_aws_saves_it(excepting, document, aim),)
    return opening_patches(document, start, aim)


def _aim(situation: Situation) -> PatchAim | None:
    """Return for whom to open; None where no exact subject can be named, or the role is not known."""
    run, provider = situation.run, situation.account.question.provider_arn
    if run.role_arn is None or provider is None or not situation.claims.to_list:
        return None
    name = situation.session_name or None
    caller = caller_of(provider, run.role_arn, situation.claims.issuer, name, run.account.read_at, run.session_form)
    return PatchAim(situation.claims.sets, caller, run.attempt.repository, situation.audiences)


def _excepting(document: PolicyDocument, aim: PatchAim) -> PolicyDocument | None:
    """Except the run's subjects from every Deny that stops it; a Deny that stops it whatever it excepts is left alone."""
    if isinstance(document.policy, Unparsable):
        return None
    tree = document.editable()
    kept: list[Json] = []
    changed = False
    for statement in statements(tree):
        if statement.get("Effect") != "Deny" or not _stops(statement, tree, aim):
            kept.append(statement)
            continue
        changed = True
        spared = statement
        for subject in aim.subjects:
            spared = excepting_subject(spared, subject, aim.caller.key("sub"))
        kept.append(spared)
    if not changed:
        return None
    return write_document({**tree, "Statement": kept})


def _stops(statement: JsonObject, tree: JsonObject, aim: PatchAim) -> bool:
    """Return whether this Deny alone keeps out a token that everything else would let in."""
    provider = str(aim.caller.provider_arn)
    door: JsonObject = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": WEB_IDENTITY_ACTION}
    return not aim.admitted_by(write_document({**tree, "Statement": [statement, door]}))


def excepting_subject(statement: JsonObject, subject: str, key: str) -> JsonObject:
    """Return the Deny with the subject among those that it leaves out."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    plain = not set(subject) & {"*", "?"}
    for operator in ("StringNotEquals", "StringNotLike"):
        block = condition.get(operator)
        name = next((item for item in block if item.lower() == key.lower()), None) if isinstance(block, dict) else None
        if isinstance(block, dict) and name is not None and (plain or operator == "StringNotEquals"):
            block[name] = one_or_list([*(str(item) for item in as_list(block[name])), subject])
            return smaller
    block = condition.setdefault("StringNotEquals", {})
    if isinstance(block, dict):
        block[key] = subject
    return smaller


def rendered_trust(role: Role, document: PolicyDocument) -> Renderings:
    """Return a trust policy in all three languages, beside the role's settings as they were read: those stay.

    Tags that AWS sets itself (``aws:…``) are left out, since nobody else may write them.
    """
    properties: dict[str, object] = {"RoleName": role.name}
    body: dict[str, object] = {"name": role.name}
    if role.arn.path != "/":
        properties["Path"] = body["path"] = role.arn.path
    if role.max_session_seconds != _DEFAULT_SESSION_SECONDS:
        properties["MaxSessionDuration"] = body["max_session_duration"] = role.max_session_seconds
    if role.permissions_boundary_arn is not None:
        properties["PermissionsBoundary"] = body["permissions_boundary"] = str(role.permissions_boundary_arn)
    tags = {key: value for key, value in role.tags if not key.lower().startswith("aws:")}
    if tags:
        properties["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        body["tags"] = tags
    properties["AssumeRolePolicyDocument"] = document.tree
    note = terraform_comment(f"in the resource that owns the role {role.name}: only assume_role_policy changes")
    words = ["aws", "iam", "update-assume-role-policy", "--role-name", role.name]
    return Renderings(
        aws_cli=with_document(words, "--policy-document", document, "trust.json"),
        terraform=f"{note}\n" + terraform_resource("aws_iam_role", role.name, body, {"assume_role_policy": document}),
        cloudformation=cloudformation(
            role.name, "AWS::IAM::Role", properties, f"{EXISTING} Only AssumeRolePolicyDocument changes."
        ),
    )


_DEFAULT_SESSION_SECONDS = 3600
"""The maximum session duration of a role that was given none."""
