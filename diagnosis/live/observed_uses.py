"""Turn what CloudTrail shows of the last green session into uses of the release: they were made, so they are needed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from diagnosis.facts.trail import NOT_IN_THE_EVENT_HISTORY, ObservedCall, ObservedSession
from diagnosis.gates import Checkpoint
from diagnosis.verdicts.release import Certainty, Need

SOURCE = "CloudTrail"
_SHOWN = 3
_REFUSED = ("AccessDenied", "UnauthorizedOperation", "Forbidden", "NotAuthorized", "AuthorizationError")
_READS = ("Get", "Describe", "List", "BatchGet")
_LOGINS = frozenset(
    {"ecr:getauthorizationtoken", "ecr-public:getauthorizationtoken", "sts:getservicebearertoken"},
)
_OF_ANY_SESSION = frozenset({"sts:getcalleridentity", "sts:assumerolewithwebidentity"})
"""Always allowed, or how the session itself came about."""


@dataclass(frozen=True, slots=True)
class ObservedUses:
    """What the role's last green session used, and what that leaves out."""

    needs: tuple[Need, ...] = ()
    notes: tuple[str, ...] = ()


def observed_uses(account: AccountState, known: Iterable[Need] = ()) -> ObservedUses:
    """Return the uses that the account's reading shows beyond those ``known``; none where the session was not read."""
    reading = account.observed
    if not isinstance(reading, Known):
        return ObservedUses()
    observed = reading.value
    needs = observed_needs(observed, known)
    window = f"from {observed.since:%Y-%m-%d %H:%M} to {observed.until:%H:%M} UTC"
    sessions = "session" if observed.sessions == 1 else f"{observed.sessions} sessions"
    where = ", ".join(observed.regions)
    made = f"{len(observed.calls)} calls in {where}; {len(needs)} uses among them stand in no step that was read"
    told = f"When the workflow last succeeded, {window}, the role's {sessions} made {made}. {NOT_IN_THE_EVENT_HISTORY}"
    notes = [told]
    if observed.unknown:
        listed = ", ".join(observed.unknown[:_SHOWN]) + (" and more" if len(observed.unknown) > _SHOWN else "")
        notes.append(f"Of these events it is not known which IAM action they are: {listed}.")
    if not observed.complete:
        notes.append("Not all events of that session were read.")
    return ObservedUses(needs, tuple(notes))


def observed_needs(observed: ObservedSession, known: Iterable[Need] = ()) -> tuple[Need, ...]:
    """Return the uses that the session shows beyond those ``known``, each once, in the order of the calls.

    A call that was refused is left out: the run was green without it. A call that failed otherwise was allowed, and counts.
    """
    have = {(need.action.lower(), need.resource) for need in known}
    found: dict[tuple[str, str | None], Need] = {}
    for call in observed.calls:
        if call.action.lower() in _OF_ANY_SESSION or was_refused(call):
            continue
        for resource in call.resources or (None,):
            place = (call.action.lower(), resource)
            if place not in have and place not in found:
                found[place] = Need(
                    action=call.action,
                    resource=resource,
                    checkpoint=_checkpoint(call.action),
                    because=f"the session of the last green run called it, as {SOURCE} shows",
                    order=len(have) + len(found),
                    certainty=Certainty.OBSERVED,
                    source=SOURCE,
                    context=call.context,
                )
    return tuple(found.values())


def seen_words(needs: Iterable[Need]) -> str:
    """Return where uses come from that no step names, as a sentence with its blank; empty where every one stands in a step."""
    seen = dict.fromkeys(need.source for need in needs if need.source.startswith(SOURCE))
    return f" No step that was read names the call; it comes from {', '.join(seen)}." if seen else ""


def was_refused(call: ObservedCall) -> bool:
    """Return whether the call ended in a denial."""
    return any(word in (call.error_code or "") for word in _REFUSED)


def _checkpoint(action: str) -> Checkpoint:
    service, _, name = action.partition(":")
    if action.lower() in _LOGINS:
        return Checkpoint.REGISTRY_AUTH
    if service not in ("ecr", "ecr-public"):
        return Checkpoint.SERVICE_AUTHORIZATION
    return Checkpoint.REGISTRY_PULL if name.startswith(_READS) else Checkpoint.REGISTRY_PUSH
