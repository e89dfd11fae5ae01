"""Judge service authorization today: may the role do what its steps call beyond the registry?

A step that cannot be read may call anything: the gate passes only where every step of the sessions was understood.
"""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.causes import Cause
from diagnosis.facts.account import NamedPolicy
from diagnosis.gates import Checkpoint, Plane
from diagnosis.live.authorization import role_policies
from diagnosis.live.entitlement import Entitlement, NeedJudgement, judge_needs
from diagnosis.live.near_grants import slip_words
from diagnosis.live.observed_uses import seen_words
from diagnosis.live.run_claims import GateJudgement, RunClaims, absent_role, unknown_role
from diagnosis.policy import Layer
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Need, StepGap, missing_of

_PASS_ROLE = "iam:passrole"  # noqa: S105 - an action, no secret
_LAYER_CAUSES: dict[str, Cause] = {
    Layer.SCP: Cause.SCP,
    Layer.RCP: Cause.RESOURCE_CONTROL_POLICY,
    Layer.BOUNDARY: Cause.BOUNDARY,
    Layer.RESOURCE: Cause.RESOURCE_POLICY,
    Layer.SESSION: Cause.SESSION_POLICY,
}
_LAYER_WORDS = {
    Cause.SCP: "service control policies do",
    Cause.RESOURCE_CONTROL_POLICY: "resource control policies do",
    Cause.BOUNDARY: "permissions boundary does",
    Cause.RESOURCE_POLICY: "policy of the resource does",
    Cause.SESSION_POLICY: "session policy that the workflow hands over does",
}


def judge_services(
    run: RunClaims, needs: tuple[Need, ...], gaps: tuple[StepGap, ...], *, wrong_role: bool = False
) -> GateJudgement | None:
    """Judge the uses of other services than the registry; None where the sessions have none and every step was understood.

    ``wrong_role`` says that the role's ARN names another account than the intended one; then its permissions do not matter.
    """
    if not needs and not gaps:
        return None
    unknown = tuple(gap for gap in gaps if gap.is_open)
    open_steps = tuple(missing_of(gap) for gap in unknown)
    nobody = unknown_role(run, wrong_role=wrong_role)
    if nobody is not None:
        return GateJudgement(passed="", undecided=f"{nobody.why}.", missing=(nobody, *open_steps))
    if absent_role(run.account) is not None:
        return GateJudgement(
            passed="",
            undecided="The role does not exist, so nothing can be said about its permissions.",
            missing=(
                Missing("the role's permissions", "the role does not exist", "mend role assumption first"),
                *open_steps,
            ),
        )
    judged = judge_needs(needs, run.account, run.session_name, run.session_policy)
    undecided = [item.need for item in judged if item.entitlement is Entitlement.UNDECIDED]
    missing = tuple(dict.fromkeys(gap for item in judged for gap in item.missing))
    return GateJudgement(
        passed=_allowed(len(judged)),
        problems=tuple(_problems(judged, role_policies(run.account))),
        missing=(*missing, *open_steps),
        undecided=_undecided(undecided, missing, unknown, known=bool(judged)),
        evidence=tuple(
            evidence for item in judged if item.entitlement is Entitlement.ALLOWED for evidence in item.evidence
        ),
        notes=tuple(
            dict.fromkeys((*(note for item in judged for note in item.notes), *_seen_steps(gaps), *_of_keys(needs)))
        ),
    )


def _allowed(calls: int) -> str:
    if not calls:
        return "No call of another service is known of any step."
    if calls == 1:
        return "The one call of another service that the steps make is allowed on its resource."
    return f"All {calls} calls of other services that the steps make are allowed on their resources."


_DECRYPTED = (
    ("secretsmanager:getsecretvalue", "secret", "aws/secretsmanager"),
    ("ssm:getparameter", "SecureString parameter", "aws/ssm"),
)


def _of_keys(needs: Iterable[Need]) -> Iterable[str]:
    """Yield what a read of secrets or parameters may need beside, which is no gap: most lie under AWS's own key, and ask nothing.

    ``--with-decryption`` says of a parameter that it is encrypted; that step is marked as not judged where it is read.
    """
    actions = [need.action.lower() for need in needs]
    for name, what, key in _DECRYPTED:
        if any(action.startswith(name) for action in actions):
            yield (
                f"A {what} under `{key}` needs nothing more; under a key of the customer's it needs kms:Decrypt on that key. "
                "Which key it is was not read."
            )


def _seen_steps(gaps: Iterable[StepGap]) -> Iterable[str]:
    """Yield what is known of each step that cannot be read and whose calls CloudTrail shows."""
    return (f"Step “{gap.step}” ({gap.what}) cannot be read. {gap.how}" for gap in gaps if not gap.is_open)


def _undecided(needs: list[Need], missing: tuple[Missing, ...], gaps: tuple[StepGap, ...], *, known: bool) -> str:
    if needs and missing:
        first = needs[0]
        more = f" and {len(needs) - 1} more" if len(needs) > 1 else ""
        return f"Cannot be decided for {first.action} (step {first.step}){more}: {missing[0].what}: {missing[0].why}."
    if gaps:
        names = ", ".join(dict.fromkeys(f"“{gap.step}”" for gap in gaps))
        steps = f"{'step' if len(gaps) == 1 else 'steps'} {names}"
        if not known:
            return f"What {steps} may call is not known ({gaps[0].what})."
        allowed = "The calls that are known are allowed; what " if not needs else "What "
        return f"{allowed}{steps} may call beside is not known ({gaps[0].what})."
    return ""


def _problems(judged: Iterable[NeedJudgement], policies: tuple[NamedPolicy, ...]) -> Iterable[Problem]:
    """Yield one problem for each step, cause and resource, its actions in the order in which a run meets them.

    ``policies`` are the role's own, in which a grant may miss the need by little.
    """
    grouped: dict[tuple[str, Cause, str], list[tuple[NeedJudgement, bool, str]]] = {}
    for item in judged:
        for layer, explicit, text, _path in item.stopped_by:
            cause = _LAYER_CAUSES.get(layer) or _own_cause(item.need)
            grouped.setdefault((item.need.step, cause, item.need.resource or ""), []).append((item, explicit, text))
    for (step, cause, resource), entries in grouped.items():
        actions = tuple(dict.fromkeys(item.need.action for item, _, _ in entries))
        yield Problem(
            checkpoint=Checkpoint.SERVICE_AUTHORIZATION,
            plane=Plane.AUTHORIZATION,
            cause=cause,
            reason=_reason(cause, step, actions, resource, entries) + _near_words(cause, resource, entries, policies),
            actions=actions,
            resource=resource or None,
            evidence=tuple(dict.fromkeys(evidence for item, _, _ in entries for evidence in item.evidence)),
            step=step,
        )


def _near_words(
    cause: Cause, resource: str, entries: list[tuple[NeedJudgement, bool, str]], policies: tuple[NamedPolicy, ...]
) -> str:
    """Return what the role's policies grant instead by a slip, as sentences; empty where nothing comes near."""
    if cause not in (Cause.SERVICE_ACTION, Cause.PASS_ROLE) or not resource:
        return ""
    return slip_words(policies, [(item.need.action, resource) for item, explicit, _ in entries if not explicit])


def _own_cause(need: Need) -> Cause:
    return Cause.PASS_ROLE if need.action.lower() == _PASS_ROLE else Cause.SERVICE_ACTION


def _reason(
    cause: Cause, step: str, actions: tuple[str, ...], resource: str, entries: list[tuple[NeedJudgement, bool, str]]
) -> str:
    named = ", ".join(actions[:3]) + (f" and {len(actions) - 3} more" if len(actions) > 3 else "")
    where = f"{named} on {resource}" + (f" (step “{step}”)" if step else "")
    if entries[0][1]:
        return f"An explicit deny stops {where}: {entries[0][2]}"
    seen = seen_words(item.need for item, _, _ in entries)
    if cause in _LAYER_WORDS:
        return f"The {_LAYER_WORDS[cause]} not allow {where}; adding identity permissions cannot help.{seen}"
    return f"The role is not allowed {where}.{seen}"
