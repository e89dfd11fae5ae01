"""Make the evidence packet as values: what an interviewer or auditor can check, and what is not claimed.

It holds links to the runs, the anchor in the decision log, the evidence root, the pair of tag and digest, for each attempt
its verdict, reason and remediation, and what is not claimed. It holds no policy document and no whole log; account ids
are masked unless asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from diagnosis.documents.headline import headline, in_short, run_name
from diagnosis.documents.redaction import accounts_in, masked
from diagnosis.facts.case import Case
from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Known
from diagnosis.gates import ALL_GATES, GATES, Gate, Verdict
from diagnosis.names.arn import is_account_id
from diagnosis.verdicts.chronology import Traced
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import GateVerdict, Missing
from diagnosis.verdicts.release import Need, StepGap, missing_of
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End, end_of

SCHEMA = "planescope.packet/1"

NON_CLAIMS = (
    "It does not certify IAM beyond the boundary of this release workflow.",
    "It does not certify the runtime behaviour of the published image.",
    "It does not certify the security posture of other services or organization-wide compliance.",
    "It does not state that no further permission change will be needed when the workflow changes.",
)
CORRECT_READING = (
    "Two control planes failed for reasons of their own, each was mended within bounds, and the same workflow then "
    "published: both planes had to be right."
)
INCORRECT_READING = "Permissions were added until the pipeline passed."
AWS_SPECIFIC = (
    "The reasoning (identity first, then permission, each fail-closed) carries over to other clouds; OIDC provider, "
    "trust policy and ECR actions are AWS's own mechanics."
)


@dataclass(frozen=True, slots=True)
class AttemptEntry:
    """One attempt: its anchor, verdicts, reason, and what was done after it."""

    run: int
    attempt: int
    url: str
    ref: str
    commit: str
    started_at: datetime | None
    conclusion: str
    verdicts: tuple[tuple[str, str], ...]
    """``(gate, verdict)`` in gate order: four, and service authorization where the attempt has such uses."""
    reason: str
    proof: str
    """The proving line, as one line of text."""
    proof_address: str
    proof_origin: str
    remediation: str
    remediation_source: str
    """``observed``, ``stated``, ``proposed``, ``none needed`` or ``none on record``."""
    owner: str
    end: str = ""
    """``success``, ``gate``, ``another-reason``, ``unknown`` or ``running``: how it ended, beside its verdicts."""


@dataclass(frozen=True, slots=True)
class SessionEntry:
    """One role session of one job of an attempt, with what the run showed of it."""

    run: int
    attempt: int
    job: str
    role: str
    """The role's ARN; empty where the run does not tell it."""
    ran: bool
    verdicts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Use:
    """One use of AWS that the judged release has."""

    action: str
    resource: str
    """``*``, an ARN, or ``not known``."""
    step: str
    job: str
    certainty: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A pointer that can be checked: what, where, and how far it was checked."""

    what: str
    value: str
    checked: str


@dataclass(frozen=True, slots=True)
class Packet:
    """The whole packet."""

    title: str
    repository: str
    workflow: str
    made_at: datetime | None
    attempts: tuple[AttemptEntry, ...]
    anchors: tuple[Anchor, ...]
    closure: str
    closure_sentence: str
    rules: tuple[tuple[str, str, str], ...]
    """``(title, verdict, reason)``."""
    integrity: tuple[str, ...]
    forecast: tuple[str, ...]
    unknown: tuple[str, ...]
    reconstructed: tuple[str, ...]
    outcome: str = ""
    """What the gates say when the packet is made, and how the judged run ended: one line."""
    other_red_runs: tuple[str, ...] = ()
    """The other runs that did not succeed, each with how it ended."""
    drift: tuple[str, ...] = ()
    """Where the account is no longer what a run met."""
    sessions: tuple[SessionEntry, ...] = ()
    """Of every attempt, in the order of its jobs."""
    uses: tuple[Use, ...] = ()
    """What the release that was judged uses at AWS, as far as it is known."""
    not_covered: tuple[str, ...] = ()
    """The steps whose calls are not, or not all, known: nothing here speaks of them."""
    non_claims: tuple[str, ...] = NON_CLAIMS
    correct_reading: str = CORRECT_READING
    incorrect_reading: str = INCORRECT_READING
    aws_specific: str = AWS_SPECIFIC

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """The gates that have a column, ``(gate, its name)``: the four, and service authorization where an attempt has it."""
        listed = (*(each.verdicts for each in self.attempts), *(each.verdicts for each in self.sessions))
        present = {gate for verdicts in listed for gate, _ in verdicts}
        shown = [gate for gate in ALL_GATES if gate in GATES or gate.value in present]
        return tuple((gate.value, _in_a_sentence(gate)) for gate in shown)

    @property
    def several_sessions(self) -> bool:
        """Whether an attempt has more than one session, so that they are worth a table."""
        return len(self.sessions) > len({(each.run, each.attempt) for each in self.sessions})


def _in_a_sentence(gate: Gate) -> str:
    label = gate.label
    return label if label[:2].isupper() else label[0].lower() + label[1:]


def packet(diagnosis: Diagnosis, case: Case, *, mask_accounts: bool = True) -> Packet:
    """Return the packet's content for one chain."""
    accounts = _accounts(diagnosis, case)

    def clean(text: str) -> str:
        return masked(text, accounts) if mask_accounts else text

    first = diagnosis.replays[0].attempt if diagnosis.replays else None
    gaps = _gaps(diagnosis)
    said = {missing_of(gap) for gap in gaps}
    closure = diagnosis.closure
    told = headline(diagnosis)
    return Packet(
        title=clean(diagnosis.title),
        repository=first.repository.full_name if first else "",
        workflow=first.workflow_path if first else "",
        made_at=diagnosis.made_at,
        attempts=tuple(_entry(replay, diagnosis, case, clean) for replay in diagnosis.replays),
        anchors=tuple(_anchors(diagnosis, case, clean)),
        closure=closure.status.value if closure else "unproven",
        closure_sentence=clean(closure.sentence) if closure else "",
        rules=tuple((rule.title, rule.verdict.value, clean(rule.reason)) for rule in closure.rules) if closure else (),
        integrity=tuple(clean(f"{item.reason} ({item.slug})") for item in closure.integrity) if closure else (),
        forecast=tuple(
            clean(f"{problem.gate.label if problem.gate else problem.plane.label} ({problem.cause}): {problem.reason}")
            for problem in diagnosis.forecast
        ),
        unknown=tuple(clean(_words(item)) for item in diagnosis.unknown if item not in said),
        reconstructed=tuple(
            dict.fromkeys(clean(text) for replay in diagnosis.replays for text in replay.attempt.reconstructed)
        ),
        outcome=clean(told.line()) if told.run else "",
        other_red_runs=tuple(clean(f"{run_name(each)}: {in_short(end)}") for each, end in told.others),
        drift=tuple(clean(f"{item.kind.value}: {item.reason}") for item in diagnosis.drift),
        sessions=tuple(entry for replay in diagnosis.replays for entry in _sessions(replay, clean)),
        uses=tuple(_use(need, clean) for need in _needs(diagnosis)),
        not_covered=tuple(dict.fromkeys(clean(_gap_words(gap)) for gap in gaps)),
    )


def _gap_words(gap: StepGap) -> str:
    return _words(missing_of(gap)) if gap.is_open else f"what step “{gap.step}” calls: {gap.what}: {gap.why}. {gap.how}"


def _words(missing: Missing) -> str:
    return f"{missing.what}: {missing.why}. To obtain it: {missing.how}."


def _gaps(diagnosis: Diagnosis) -> tuple[StepGap, ...]:
    """Return the steps of the judged release that nothing covers; by the run alone where the account was not read."""
    if diagnosis.live is not None:
        return diagnosis.live.gaps
    sessions = diagnosis.subject.sessions if diagnosis.subject else ()
    return tuple(dict.fromkeys(gap for session in sessions for gap in session.gaps))


def _needs(diagnosis: Diagnosis) -> tuple[Need, ...]:
    if diagnosis.live is not None:
        return diagnosis.live.needs
    return diagnosis.subject.needs if diagnosis.subject else ()


def _use(need: Need, clean: Callable[[str], str]) -> Use:
    resource = clean(need.resource) if need.resource else "not known"
    return Use(need.action, resource, clean(need.step), clean(need.job), need.certainty.value)


def _sessions(replay: Replay, clean: Callable[[str], str]) -> list[SessionEntry]:
    return [
        SessionEntry(
            run=replay.attempt.run_id,
            attempt=replay.attempt.attempt,
            job=clean(session.job),
            role=clean(str(session.facts.role_arn.value)) if session.facts.role_arn else "",
            ran=session.ran,
            verdicts=tuple((verdict.gate.value, verdict.verdict.value) for verdict in session.gates),
        )
        for session in replay.sessions
    ]


def _accounts(diagnosis: Diagnosis, case: Case) -> frozenset[str]:
    """Return the account ids that case and runs name."""
    sessions = [session for replay in diagnosis.replays for session in replay.sessions]
    facts = [*(replay.facts for replay in diagnosis.replays), *(session.facts for session in sessions)]
    named = [
        fact.value
        for each in facts
        for fact in (each.role_arn, each.session_role, each.registry, each.principal)
        if fact
    ]
    live = diagnosis.live
    uses = [need for replay in diagnosis.replays for need in replay.needs]
    uses += [need for session in sessions for need in session.needs]
    needed = [need.resource for need in (*uses, *(live.needs if live else ())) if need.resource]
    named += [session.role_arn for session in (live.sessions if live else ()) if session.role_arn]
    stated = {text for text in (case.registry_id, case.expected_account) if text and is_account_id(text)}
    return accounts_in(*map(str, (case.role_arn, *named, *needed))) | stated


def _entry(replay: Replay, diagnosis: Diagnosis, case: Case, clean: Callable[[str], str]) -> AttemptEntry:
    attempt = replay.attempt
    failed = next((verdict for verdict in replay.gates if verdict.verdict is Verdict.FAIL), None)
    evidence = _proof(replay, failed)
    remediation, source = _remediation(replay, diagnosis, case)
    return AttemptEntry(
        run=attempt.run_id,
        attempt=attempt.attempt,
        url=attempt.html_url,
        ref=attempt.ref,
        commit=attempt.head_sha,
        started_at=attempt.started_at,
        conclusion=attempt.conclusion or attempt.status,
        verdicts=tuple((verdict.gate.value, verdict.verdict.value) for verdict in replay.gates),
        reason=clean(_reason(replay, failed)),
        proof=clean(evidence[0]),
        proof_address=evidence[1],
        proof_origin=evidence[2],
        remediation=clean(remediation),
        remediation_source=source,
        owner=failed.owner.value if failed else "",
        end=end_of(replay).end.value,
    )


def _reason(replay: Replay, failed: GateVerdict | None) -> str:
    if failed:
        ended = end_of(replay)
        also = f" {_capital(ended.sentence())}." if ended.end is End.ANOTHER else ""
        return f"{failed.gate.label} ({failed.gate.plane.label} plane): {failed.reason}{also}"
    if replay.stopped_by:
        ended = end_of(replay)
        lead = f"{_capital(ended.sentence())}. " if ended.end in (End.ANOTHER, End.UNKNOWN) else ""
        return f"{lead}{replay.stopped_by.plane.label}: {replay.stopped_by.sentence}"
    if replay.attempt.conclusion == "success":
        return "Published: " + " ".join(v.reason for v in replay.gates if v.verdict is Verdict.PASS)
    return "What stopped it is not known."


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _proof(replay: Replay, failed: GateVerdict | None) -> tuple[str, str, str]:
    if failed:
        sources = failed.evidence
    elif replay.stopped_by and replay.stopped_by.evidence:
        sources = (replay.stopped_by.evidence,)  # what passed before it is no proof of the reason
    else:
        sources = tuple(evidence for verdict in replay.gates for evidence in verdict.evidence[-1:])
    if not sources:
        return "", replay.attempt.html_url, Origin.RECORDED.value
    chosen = sources[0] if failed else sources[-1]
    return " ".join(chosen.text.split()), chosen.address or replay.attempt.html_url, chosen.origin.value


def _remediation(replay: Replay, diagnosis: Diagnosis, case: Case) -> tuple[str, str]:
    """Return what was done after the attempt and how that is known; what was observed comes before what was stated."""
    entry = next((item for item in diagnosis.history if (item.run, item.attempt) == replay.attempt.key), None)
    stated = next((change for change in case.changes if change.after_run == replay.attempt.run_id), None)
    words = f"{stated.text} ({stated.source})" if stated else ""
    if entry is not None and entry.traced is Traced.OBSERVED:
        return (f"{entry.statement}. Stated: {words}" if stated else entry.statement), Traced.OBSERVED.value
    if stated:
        return words, Traced.STATED.value
    if replay.attempt.conclusion == "success" or (entry is not None and entry.traced is Traced.NOT_NEEDED):
        return Traced.NOT_NEEDED.value, Traced.NOT_NEEDED.value
    if diagnosis.subject is replay and diagnosis.paths:
        return diagnosis.paths[0].title, "proposed"
    return Traced.NOT_ON_RECORD.value, Traced.NOT_ON_RECORD.value


def _anchors(diagnosis: Diagnosis, case: Case, clean: Callable[[str], str]) -> list[Anchor]:
    anchors = [
        Anchor("run", replay.attempt.html_url, f"read through the API; {replay.attempt.origin.value}")
        for replay in diagnosis.replays
    ]
    anchors += [
        Anchor(
            "presented subject", clean(seen.subject), clean(f"run {seen.run}, by CloudTrail: {seen.role or 'no role'}")
        )
        for seen in diagnosis.history
        if seen.subject
    ]
    if case.decision_log:
        entry = f" — {case.decision_log_entry}" if case.decision_log_entry else ""
        anchors.append(Anchor("decision log", clean(case.decision_log + entry), "stated; its content was not read"))
    if case.evidence_local:
        anchors.append(Anchor("local evidence root", clean(case.evidence_local), "stated; not in the repository"))
    anchors += [
        Anchor(f"endpoint in {endpoint.place} place", clean(endpoint.address), endpoint.holds.removesuffix("."))
        for endpoint in diagnosis.endpoints
    ]
    account = diagnosis.live.account if diagnosis.live else None
    if case.evidence_root:
        listed = account is not None and isinstance(account.evidence_objects, Known)
        count = len(account.evidence_objects.value) if account and isinstance(account.evidence_objects, Known) else 0
        anchors.append(
            Anchor(
                "durable evidence root", clean(case.evidence_root), f"{count} objects listed" if listed else "not read"
            )
        )
    tag, digest, checked = _image(diagnosis, case)
    if tag or digest:
        anchors.append(Anchor("image tag", tag or "not known", checked))
        anchors.append(Anchor("image digest", digest or "not known", checked))
    return anchors


def _image(diagnosis: Diagnosis, case: Case) -> tuple[str | None, str | None, str]:
    account = diagnosis.live.account if diagnosis.live else None
    if account and isinstance(account.image, Known):
        image = account.image.value
        tag = account.question.tag if account.question.tag in image.tags else next(iter(image.tags), None)
        return tag, image.digest, "read with ecr:DescribeImages"
    for replay in reversed(diagnosis.replays):
        if replay.facts.tag and replay.facts.digest:
            return replay.facts.tag.value, replay.facts.digest.value, "from the run; not in the registry today"
    return case.tag, case.digest, "stated"
