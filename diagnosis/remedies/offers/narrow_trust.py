"""Bound a trust policy that admits whom a release role should refuse: write exact subjects in place of patterns."""

from __future__ import annotations

import copy

from diagnosis.callers.who_gets_in import Admission, who_gets_in
from diagnosis.causes import Cause
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint, Owner, Plane, Verdict
from diagnosis.policy import PolicyDocument, Unparsable, write_document
from diagnosis.policy.language.tree import JsonObject, as_list, statements
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import rendered_trust
from diagnosis.remedies.offer import Choice, Offer, Situation, rerun_words
from diagnosis.verdicts.remediation import Change, ChangeKind, Remediation


def bound_trust(situation: Situation) -> Choice | None:
    """Offer statements that admit exactly the run's subject and the exact subjects that they list already."""
    role, run = situation.account.role, situation.run
    if not situation.of(Cause.TRUST_TOO_OPEN) or not isinstance(role, Known) or len(run.subjects) != 1:
        return None
    before, name = role.value.trust_policy, role.value.name
    after = bounded_trust(situation, before, run.subjects[0])
    if after is None:
        return None
    told = rendered_trust(role.value, after)
    remediation = Remediation(
        id="bound-trust",
        causes=(Cause.TRUST_TOO_OPEN,),
        plane=Plane.AUTHORIZATION,
        checkpoint=Checkpoint.LEAST_PRIVILEGE,
        title="Bound the trust policy to exact subjects",
        words=f"The trust policy of {name} admits callers that a release role should refuse. Replace the patterns by the "
        f"subjects that release: {run.subjects[0]}. Add every other ref that really releases, one by one.",
        owner=Owner.CLOUD_SECURITY,
        verify=f"{rerun_words(run)} Then ask again who gets in: `planescope policy admits`.",
        changes=(Change(ChangeKind.REPLACE_TRUST_POLICY, role.value.arn, document=after, values=(run.subjects[0],)),),
        aws_cli=told.aws_cli,
        terraform=told.terraform,
        cloudformation=told.cloudformation,
        difference=difference(before, after, f"trust policy of {name}"),
        warnings=("Other workflows may rely on the pattern: look at the role's recent sessions first.",),
    )
    return (Offer(remediation),)


def bounded_trust(situation: Situation, document: PolicyDocument, subject: str) -> PolicyDocument | None:
    """Return the trust policy with its too open statements bound to exact subjects; None where none is, or no policy."""
    policy = document.policy
    if isinstance(policy, Unparsable):
        return None
    key = f"{situation.account.question.issuer}:sub"
    now = statements(document.editable())
    kept = [
        _exactly(item, key, subject, situation.audience)
        if _too_open(situation, {**document.tree, "Statement": [item]})
        else item
        for item in now
    ]
    return None if kept == now else write_document({**document.tree, "Statement": [*kept]})


def _too_open(situation: Situation, alone: JsonObject) -> bool:
    """Return whether the statement, alone in a policy, admits whom a release role should refuse."""
    found = who_gets_in(write_document(alone), situation.run.attempt.repository, audience=situation.run.audience)
    return isinstance(found, Admission) and found.verdict is Verdict.FAIL


def _exactly(statement: JsonObject, key: str, subject: str, requested: str) -> JsonObject:
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
        values = list(dict.fromkeys([*exact, subject]))
        block[key] = values[0] if len(values) == 1 else [*values]
    audience = f"{key.rpartition(':')[0]}:aud"
    if isinstance(block, dict) and not any(audience in part for part in condition.values() if isinstance(part, dict)):
        block[audience] = requested
    return smaller
