"""Find drift: where today's account differs from the one that a run met.

The recorded verdict and today's stay what they are; drift points from one to the other. Gates are compared where the run
and the one that the live side was judged for ask the same question: the same role, and for role assumption the same ref.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from diagnosis.closure.observed_changes import changes_between
from diagnosis.facts.account import AccountState
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Gate, Plane, Verdict
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.chronology import Drift, DriftKind
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.replay import Replay

_KINDS = {
    Plane.AUTHENTICATION: DriftKind.ROLE_CHANGED,
    Plane.AUTHORIZATION: DriftKind.ROLE_CHANGED,
    Plane.REGISTRY_STATE: DriftKind.REPOSITORY_CHANGED,
}


def drift_of(replays: Sequence[Replay], subject: Replay | None, live: Assessment | None) -> tuple[Drift, ...]:
    """Return every difference: first the gates in their order, then what was changed since, oldest first."""
    if live is None or subject is None:
        return ()
    found = [*_broken(replays, subject, live), *_repaired(replays, subject, live)]
    changed = [*_made_anew(subject, live.account), *_changed(subject, live.account), *_image(subject, live.account)]
    changed.sort(key=lambda item: (item.at is None, item.at.timestamp() if item.at else 0.0, item.kind))
    return (*found, *changed)


def _comparable(replay: Replay, subject: Replay, gate: Gate) -> bool:
    first, second = (item.facts.role_arn.value if item.facts.role_arn else None for item in (replay, subject))
    same_role = first is None or second is None or first == second
    same_token = (replay.attempt.ref, replay.attempt.environment) == (subject.attempt.ref, subject.attempt.environment)
    return same_role and (gate is not Gate.ROLE_ASSUMPTION or same_token)


def _broken(replays: Sequence[Replay], subject: Replay, live: Assessment) -> Iterable[Drift]:
    """Yield the checks that the latest run to record them passed and that fail today."""
    for today in live.gates:
        gate = today.gate
        if today.verdict is not Verdict.FAIL:
            continue
        then = ((r, maybe_verdict_at(r.gates, gate)) for r in replays if _comparable(r, subject, gate))
        passed = [(r.attempt, verdict) for r, verdict in then if verdict and verdict.verdict is Verdict.PASS]
        if passed:
            run, recorded = passed[-1]
            yield Drift(
                kind=DriftKind.BROKEN_SINCE,
                run=run.run_id,
                attempt=run.attempt,
                gate=gate,
                reason=f"{gate.label} passed in run {run.name} and fails today: {today.reason}",
                evidence=(*recorded.evidence[:1], *today.evidence[:1]),
            )


def _repaired(replays: Sequence[Replay], subject: Replay, live: Assessment) -> Iterable[Drift]:
    for replay in replays:
        for then in replay.gates:
            gate, today = then.gate, maybe_verdict_at(live.gates, then.gate)
            if today is None:
                continue
            if then.verdict is Verdict.FAIL and today.verdict is Verdict.PASS and _comparable(replay, subject, gate):
                run = replay.attempt
                yield Drift(
                    kind=DriftKind.MENDED_SINCE,
                    run=run.run_id,
                    attempt=run.attempt,
                    gate=gate,
                    reason=f"{gate.label} failed in run {run.name} and passes today.",
                    evidence=(*then.evidence[:1], *today.evidence[:1]),
                )


def _end(subject: Replay) -> datetime:
    attempt = subject.attempt
    return attempt.updated_at or attempt.started_at or attempt.created_at


def _made_anew(subject: Replay, account: AccountState) -> Iterable[Drift]:
    """Yield a provider or role that is younger than the run: deleted and made again, or made for the first time."""
    end = _end(subject)
    things: list[tuple[DriftKind, str, datetime | None, str]] = []
    if isinstance(account.provider, Known):
        provider = account.provider.value
        call = "iam:GetOpenIDConnectProvider"
        things.append((DriftKind.PROVIDER_CHANGED, f"The provider {provider.arn}", provider.created_at, call))
    if isinstance(account.role, Known):
        role = account.role.value
        things.append((DriftKind.ROLE_CHANGED, f"The role {role.name}", role.created_at, "iam:GetRole"))
    for kind, what, created, call in things:
        if created is not None and created > end:
            text = f"{what} was created at {created:%Y-%m-%dT%H:%M:%SZ}, after the run had ended."
            yield _drift(kind, subject, text, created, _seen(account, text, call))


def _changed(subject: Replay, account: AccountState) -> Iterable[Drift]:
    """Yield the last observed change of each thing after the run."""
    if not isinstance(account.trail, Known):
        return
    trail, end = account.trail.value, _end(subject)
    last: dict[tuple[DriftKind, str], Drift] = {}
    for change in changes_between(trail, end, trail.until):
        if change.at is None or change.at <= end:
            continue
        kind = DriftKind.PROVIDER_CHANGED if Gate.OIDC_TRUST in change.gates else _KINDS[change.plane]
        kind = DriftKind.REPOSITORY_CHANGED if "Repository" in change.text.split()[0] else kind
        kind = DriftKind.RESOURCE_CHANGED if change.gates == (Gate.SERVICE_AUTHORIZATION,) else kind
        text = f"Changed since the run: {change.text} by {change.who} at {change.at:%Y-%m-%dT%H:%M:%SZ}."
        last[kind, change.text] = _drift(kind, subject, text, change.at, change.evidence)
    yield from last.values()


def _image(subject: Replay, account: AccountState) -> Iterable[Drift]:
    """Yield a tag that holds another digest than the run recorded, was pushed again, or is gone."""
    recorded, tag = subject.facts.digest, account.question.tag
    own_tag = subject.facts.tag.value if subject.facts.tag else tag
    if recorded is None or not tag or own_tag != tag:
        return
    if isinstance(account.image, Absent):
        text = f"The run pushed {tag} with digest {recorded.value}; the tag is not in the registry today."
        yield _drift(DriftKind.IMAGE_CHANGED, subject, text, None, _seen(account, text, "ecr:DescribeImages"))
    elif isinstance(account.image, Known) and account.image.value.digest != recorded.value:
        image = account.image.value
        text = f"The run pushed {tag} with digest {recorded.value}; the tag holds {image.digest} today."
        yield _drift(
            DriftKind.IMAGE_CHANGED, subject, text, image.pushed_at, _seen(account, text, "ecr:DescribeImages")
        )


def _drift(kind: DriftKind, subject: Replay, reason: str, at: datetime | None, evidence: Evidence) -> Drift:
    run = subject.attempt
    return Drift(kind=kind, run=run.run_id, attempt=run.attempt, reason=reason, at=at, evidence=(evidence,))


def _seen(account: AccountState, text: str, address: str) -> Evidence:
    return Evidence(EvidenceKind.API_CALL, text, address, Origin.LIVE, account.read_at)
