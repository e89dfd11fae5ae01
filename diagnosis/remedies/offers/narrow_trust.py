"""Tighten a trust policy that admits whom a release role should refuse: write exact subjects in place of patterns.

This takes something away, so it is a change of its own after the one that opens, and says whom it would lock out. A
statement that does not admit this run is others' business: who uses it is not known, and it stays as it is.
"""

from __future__ import annotations

import copy

from diagnosis.callers.comparison import compare_trust
from diagnosis.callers.who_gets_in import Admission, who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane, Verdict
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import JsonObject, as_list, statements
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import rendered_trust
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.trust.admission import judge_trust
from diagnosis.trust.question import TrustOutcome
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def bound_trust(situation: Situation) -> Choice | None:
    """Offer to bound the statements that admit this run to its subject and the exact subjects that they list already."""
    role, run = situation.account.role, situation.run
    subjects = tuple(formed.subject for formed in situation.claims.to_list)
    if not situation.of(Cause.TRUST_TOO_OPEN) or not isinstance(role, Known) or not subjects:
        return None
    before, name = role.value.trust_policy, role.value.name
    after = _bounded(situation, before, subjects)
    if after is None:
        return None
    told = rendered_trust(role.value, after)
    shown = " and ".join(subjects)
    compared = compare_trust(before, after, run.attempt.repository, meant=situation.claims.sets)
    lost = [item.text for item in compared.no_longer_admitted]
    remediation = Remediation(
        id="bound-trust",
        causes=(Cause.TRUST_TOO_OPEN,),
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        title="Tighten the trust policy to exact subjects",
        words=f"The trust policy of {name} admits callers that a release role should refuse. The run passes without this "
        f"change; closure needs it. Replace the patterns by the subjects that release: {shown}. Add every other ref that "
        "really releases, one by one.",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} Then ask again who gets in: `planescope policy admits`.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=subjects),),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference=difference(before, after, f"trust policy of {name}"),
        tightens=(f"It locks out {'; '.join(lost) or 'whoever relies on the patterns'}",),
        warnings=("Other workflows may rely on the pattern: look at the role's recent sessions first.",),
    )
    return (Offer(remediation),)


def _bounded(situation: Situation, document: PolicyDocument, subjects: tuple[str, ...]) -> PolicyDocument | None:
    """Return the trust policy with the too open statements that admit this run bound to exact subjects; None where none is."""
    policy = document.policy
    if isinstance(policy, Unparsable):
        return None
    key = f"{situation.claims.issuer}:sub"
    now = statements(document.editable())
    kept: list[JsonObject] = []
    for item in now:
        alone: JsonObject = {**document.tree, "Statement": [item]}
        ours = _admits_the_run(situation, alone) and _too_open(situation, alone)
        kept.append(_exactly(item, key, subjects, situation.audience) if ours else item)
    return None if kept == now else write_document({**document.tree, "Statement": [*kept]})


def _admits_the_run(situation: Situation, alone: JsonObject) -> bool:
    run, provider = situation.run, situation.account.question.provider_arn
    if run.role_arn is None or provider is None:
        return False
    name, at = situation.session_name or None, run.account.read_at
    judged = judge_trust(write_document(alone), situation.claims, provider, run.role_arn, session_name=name, at=at)
    return judged.outcome is TrustOutcome.ALLOWED


def _too_open(situation: Situation, alone: JsonObject) -> bool:
    """Return whether the statement, alone in a policy, admits whom a release role should refuse."""
    found = who_gets_in(write_document(alone), situation.run.attempt.repository, audience=situation.run.audience)
    return isinstance(found, Admission) and found.verdict is Verdict.FAIL


def _exactly(statement: JsonObject, key: str, subjects: tuple[str, ...], requested: str) -> JsonObject:
    """Return the statement with the subject bound to exact values; its other conditions stay."""
    smaller = copy.deepcopy(statement)
    condition = smaller.setdefault("Condition", {})
    if not isinstance(condition, dict):
        return smaller
    exact: list[str] = []
    for operator in list(condition):
        block = condition[operator]
        if not isinstance(block, dict):
            continue
        for name in [name for name in block if name.lower() == key.lower()]:
            listed = [str(value) for value in as_list(block[name])]
            exact += [value for value in listed if "*" not in value and "?" not in value]
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
