"""Tighten a trust policy that admits whom a release role should refuse: exact subjects in place of patterns, no second door.

This takes something away, so it is a change of its own after the one that opens, and says whom it would lock out. A
statement that does not admit this run is others' business: who uses it is not known, and it stays as it is.
"""

from __future__ import annotations

import copy
from dataclasses import replace

from diagnosis.callers.admission_verdict import Admission
from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.second_doors import second_doors
from diagnosis.callers.who_gets_in import who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane, Verdict
from diagnosis.lint.saving import not_saved
from diagnosis.live.authentication import judge_role_trust
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, PolicyKind, Unparsable, write_document
from diagnosis.policy.language.tree import (
    WEB_IDENTITY_ACTION,
    JsonObject,
    as_list,
    one_or_list,
    statements,
    with_own_sids,
    with_statements,
)
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import rendered_trust
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.remedies.offers.trust import size_warnings
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def bound_trust(situation: Situation) -> Choice | None:
    """Offer to bound the statements that admit this run to its subject, and to close the second doors that are open."""
    role, run = situation.account.role, situation.run
    subjects = tuple(formed.subject for formed in situation.claims.to_list)
    too_open, doors = situation.of(Cause.TRUST_TOO_OPEN), situation.of(Cause.SECOND_DOOR)
    if not (too_open or doors) or not isinstance(role, Known) or not subjects:
        return None
    before, name = role.value.trust_policy, role.value.name
    bounded = _bounded(situation, before, subjects) if too_open else None
    closed = _closed(situation, bounded or before, role.value.arn) if doors else None
    after = closed or bounded
    if after is None:
        return None
    causes = (*((Cause.TRUST_TOO_OPEN,) if bounded else ()), *((Cause.SECOND_DOOR,) if closed else ()))
    told = rendered_trust(role.value, after)
    compared = compare_trust(
        before,
        after,
        run.attempt.repository,
        meant=situation.claims.sets,
        provider_arn=situation.account.question.provider_arn,
        audiences=situation.audiences,
    )
    lost = [item.text for item in compared.no_longer_admitted]
    remediation = Remediation(
        id="bound-trust" if bounded else "close-second-doors",
        causes=causes,
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        title="Tighten the trust policy to exact subjects" if bounded else "Close the second doors of the trust policy",
        words=f"The trust policy of {name} admits callers that a release role should refuse. The run passes without this "
        f"change; closure needs it. {_words(subjects, bound=bounded is not None, closed=closed is not None)}",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} Then ask again who gets in: `planescope policy admits`.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=subjects),),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference=difference(before, after, f"trust policy of {name}"),
        tightens=(f"It locks out {'; '.join(lost) or 'whoever relies on the patterns'}",),
        warnings=(
            "Others may rely on what goes: look at the role's recent sessions first.",
            *size_warnings(after),
            *not_saved(after, PolicyKind.TRUST),
        ),
    )
    return (Offer(remediation),)


def _words(subjects: tuple[str, ...], *, bound: bool, closed: bool) -> str:
    told = []
    if bound:
        shown = " and ".join(subjects)
        told.append(
            f"Replace the patterns by the subjects that release: {shown}. Add every other ref that really releases, one by one."
        )
    if closed:
        told.append(
            "Take the unbounded principals out, and name the roles that need the role, one by one. A whole account or another "
            "provider that is meant can be stated in the case file, with a rationale and an expiry."
        )
    return " ".join(told)


def _closed(situation: Situation, document: PolicyDocument, role_arn: Arn) -> PolicyDocument | None:
    """Return the trust policy without the principals of its open second doors; None where it has none, or nothing is left.

    A statement that admits this run by a star keeps it in by its provider's own ARN.
    """
    policy, provider = document.policy, situation.account.question.provider_arn
    if isinstance(policy, Unparsable):
        return None
    run = situation.run
    today = run.account.read_at.date() if run.account.read_at is not None else None
    doors = [
        door for door in second_doors(policy, role_arn, exceptions=run.case.exceptions, today=today) if door.harmful
    ]
    kept: list[JsonObject] = []
    for item, compiled in zip(statements(document.editable()), policy.statements, strict=True):
        gone = {door.principal for door in doors if door.statement == compiled.name}
        if not gone:
            kept.append(item)
            continue
        if compiled.principals is not None and compiled.principals.anybody:
            # An account to which conditions hold a star is named by none of the principals.
            gone.add("*")
        ours = _admits_the_run(situation, {**document.tree, "Statement": [item]})
        left = _without(item, gone)
        if left is not None:
            kept.append(left)
        if ours and provider is not None:
            alone = {name: value for name, value in item.items() if name not in ("Principal", "NotPrincipal", "Action")}
            kept.append({**alone, "Principal": {"Federated": str(provider)}, "Action": WEB_IDENTITY_ACTION})
    if not doors or not kept:
        return None
    return write_document(with_statements(document.tree, with_own_sids([*kept])))


def _without(statement: JsonObject, gone: set[str]) -> JsonObject | None:
    """Return the statement without these principals; None where nobody is left."""
    principal = statement.get("Principal")
    if not isinstance(principal, dict):
        return None
    left = {
        kind: one_or_list(names)
        for kind, value in principal.items()
        if (names := [str(name) for name in as_list(value) if str(name) not in gone])
    }
    return {**statement, "Principal": left} if left else None


def _bounded(situation: Situation, document: PolicyDocument, subjects: tuple[str, ...]) -> PolicyDocument | None:
    """Return the trust policy with the too open statements that admit this run bound to exact subjects; None where none is."""
    policy = document.policy
    if isinstance(policy, Unparsable):
        return None
    now = statements(document.editable())
    kept: list[JsonObject] = []
    for item in now:
        alone: JsonObject = {**document.tree, "Statement": [item]}
        ours = _admits_the_run(situation, alone) and _too_open(situation, alone)
        kept.append(_bound(situation, alone, item, subjects) if ours else item)
    return None if kept == now else write_document({**document.tree, "Statement": [*kept]})


def _bound(situation: Situation, alone: JsonObject, statement: JsonObject, subjects: tuple[str, ...]) -> JsonObject:
    """Return the statement bound to the subjects that it lists and the run's; to the run's alone where that admits somebody anew.

    Of two conditions on the subject each may list values that the other refuses.
    """
    key, repository = f"{situation.claims.issuer}:sub", situation.run.attempt.repository
    wider = _exactly(statement, key, subjects, situation.audience)
    after = write_document({**alone, "Statement": [wider]})
    if compare_trust(write_document(alone), after, repository, meant=situation.claims.sets).admits_nothing_new:
        return wider
    return _exactly(statement, key, subjects, situation.audience, listed_too=False)


def _admits_the_run(situation: Situation, alone: JsonObject) -> bool:
    role = situation.account.role
    if not isinstance(role, Known):
        return False
    changed = replace(role.value, trust_policy=write_document(alone))
    return judge_role_trust(situation.next_run, changed).outcome is TrustOutcome.ALLOWED


def _too_open(situation: Situation, alone: JsonObject) -> bool:
    """Return whether the statement, alone in a policy, admits whom a release role should refuse."""
    found = who_gets_in(write_document(alone), situation.run.attempt.repository, audience=situation.run.audience)
    return isinstance(found, Admission) and found.verdict is Verdict.FAIL


_LISTING = frozenset({"stringequals", "stringlike", "stringequalsignorecase"})
"""Operators whose values are subjects that get in; what another one says (StringNotEquals, Null) stays as it is."""


def _lists(operator: str) -> bool:
    return operator.rpartition(":")[2].lower().removesuffix("ifexists") in _LISTING


def _exactly(
    statement: JsonObject, key: str, subjects: tuple[str, ...], requested: str, *, listed_too: bool = True
) -> JsonObject:
    """Return the statement with the subject bound to exact values; its other conditions stay."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    exact: list[str] = []
    for operator in list(condition):
        block = condition[operator]
        if not isinstance(block, dict) or not _lists(operator):
            continue
        for name in [name for name in block if name.lower() == key.lower()]:
            listed = [str(value) for value in as_list(block[name])]
            exact += [value for value in listed if listed_too and "*" not in value and "?" not in value]
            del block[name]
        if not block:
            del condition[operator]
    block = condition.setdefault("StringEquals", {})
    if isinstance(block, dict):
        values = list(dict.fromkeys([*exact, *subjects]))
        block[key] = values[0] if len(values) == 1 else [*values]
    audience = f"{key.rpartition(':')[0]}:aud"
    if isinstance(block, dict) and not any(audience in part for part in condition.values() if isinstance(part, dict)):
        block[audience] = requested
    return smaller
