"""Judge the evidence files: that they are there, that one file is the same wherever it lies, and that they fit the run.

What a file says (:mod:`diagnosis.closure.evidence.said_values`) is compared with the closing run's own record and with
what the other files say. One contradiction fails the rule. Agreement is proved by what was compared, never by silence: files
that say nothing comparable leave it unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagnosis.closure.catalogue import EVIDENCE_CONSISTENT, EVIDENCE_PRESENT
from diagnosis.closure.evidence.agreement import agrees
from diagnosis.closure.evidence.expected import Expected, expected_of
from diagnosis.closure.evidence.said import NotRead, Said, SaidValue, Whose
from diagnosis.closure.evidence.said_values import values_in
from diagnosis.closure.evidence.sources import Kind, Source, base_name, sources
from diagnosis.facts.account import AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts, EvidenceFile
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.gates import Verdict
from diagnosis.logs.scrubbed_values import MARK
from diagnosis.verdicts.closure import RuleVerdict
from diagnosis.verdicts.replay import Replay

_TELLING = frozenset({Said.RUN_ID, Said.RUN_URL, Said.COMMIT, Said.DIGEST, Said.IMAGE})
"""Kinds that tie a file to one release; a ref or a tag alone is shared by many."""
_SHOWN, _MOST_OPEN = 6, 200


@dataclass(frozen=True, slots=True)
class _File:
    """A file in the place where it was found."""

    source: Source
    file: EvidenceFile

    @property
    def where(self) -> str:
        return f"{self.file.name} ({self.source.kind.value})"


def judge_evidence_present(
    replays: Sequence[Replay], case: Case, account: AccountState | None, facts: ClosureFacts
) -> RuleVerdict:
    """Judge whether each named evidence root that could be looked at holds the files that the case names."""
    if not replays:
        return _present(Verdict.UNKNOWN, "There is no run.", "Name the chain's runs.")
    _, local, durable = sources(replays[-1].attempt, case, account, facts)
    named = [each for each in (durable, local) if each.named]
    if not named:
        step = "Name the folder or prefix in the case file (evidence_root, evidence_local)."
        return _present(Verdict.UNKNOWN, "No evidence root is named.", step)
    proof: list[Evidence] = []
    for source in named:
        if isinstance(source.root, Known):
            proof.append(source.evidence(f"{len(source.files)} files under {source.address}"))
            held = {base_name(file.name) for file in source.files} | {file.name for file in source.files}
            lacking = [name for name in case.evidence_artifacts if name not in held]
            if (lacking and source.root.value.complete) or not source.files:
                reason = f"Missing under {source.address}: {', '.join(lacking) or 'every file'}."
                return _present(Verdict.FAIL, reason, "Publish the evidence, or correct the case file.", tuple(proof))
            if lacking:
                reason = f"Not found among the files of {source.address} that were listed: {', '.join(lacking)}."
                return _present(Verdict.UNKNOWN, reason, "Name a narrower evidence root.", tuple(proof))
    durable_absent = durable.named and isinstance(durable.root, Absent)
    if durable_absent or all(isinstance(each.root, Absent) for each in named):
        reason = f"Nothing lies under {(durable if durable_absent else named[0]).address}."
        return _present(Verdict.FAIL, reason, "Publish the evidence, or correct the case file.")
    unread = [each for each in named if not isinstance(each.root, Known)]
    if durable in unread or len(unread) == len(named):
        gap = (durable if durable in unread else unread[0]).root
        why = gap.why if isinstance(gap, Unreadable) else "it is not there"
        reason = f"{(durable if durable in unread else unread[0]).address} could not be read: {why}."
        step = f"To read it: {gap.how}." if isinstance(gap, Unreadable) else "Correct the case file."
        return _present(Verdict.UNKNOWN, reason, step, tuple(proof))
    count = len(case.evidence_artifacts) or max(len(each.files) for each in named)
    beside = f" {local.address} was not looked at: {_why(local)}." if local in unread else ""
    reason = (
        f"All {count} files are under {' and '.join(each.address for each in named if each not in unread)}.{beside}"
    )
    return _present(Verdict.PASS, reason, "", tuple(proof))


def judge_evidence_consistent(
    replays: Sequence[Replay], case: Case, account: AccountState | None, facts: ClosureFacts
) -> RuleVerdict:
    """Judge whether the evidence of the closing run contradicts the run, or itself."""
    if not replays or replays[-1].attempt.conclusion != "success":
        return _consistent(
            Verdict.UNKNOWN, "There is no closing run yet whose evidence could be compared.", "Close the chain."
        )
    closing = replays[-1]
    places = sources(closing.attempt, case, account, facts)
    wanted = set(case.evidence_artifacts)
    files = [
        _File(place, file)
        for place in places
        for file in place.files
        if not wanted or base_name(file.name) in wanted or file.name in wanted
    ]
    findings = _Findings()
    _compare_copies(files, findings)
    _compare_values(files, expected_of(closing, account, case), findings)
    if findings.contradictions:
        return _contradicted(findings)
    gaps = [*findings.open, *_gaps(places, files, wanted)]
    if gaps:
        reason = f"Nothing contradicts, but not all could be compared: {_listed(gaps)}."
        lacking = _permission(places)
        step = (
            f"Grant {lacking}, and diagnose again."
            if lacking
            else "Make the evidence readable, or correct what it leaves open."
        )
        return _consistent(Verdict.UNKNOWN, reason, step, tuple(findings.evidence[:_SHOWN]))
    if not findings.telling:
        reason = "The evidence says nothing that can be compared with the run: neither run id, commit nor digest."
        return _consistent(
            Verdict.UNKNOWN, reason, "Let the release write run id, commit and digest into its evidence."
        )
    kinds = ", ".join(kind.value for kind in Said if kind in findings.agreed)
    copies = f" {findings.copies} lie in several places and are the same, byte for byte." if findings.copies else ""
    silent = f" Nothing that can be compared is in {_listed(findings.silent)}." if findings.silent else ""
    unread = "".join(
        f" {place.address} was not looked at: {_why(place)}."
        for place in places
        if place.kind is Kind.LOCAL and place.named and not isinstance(place.root, Known)
    )
    distinct = len({base_name(each.file.name) for each in files})
    reason = f"{distinct} files agree with the run ({kinds}).{copies}{silent}{unread}"
    return _consistent(Verdict.PASS, reason, "", tuple(findings.evidence[:_SHOWN]))


class _Findings:
    """What comparing brought."""

    def __init__(self) -> None:
        self.contradictions: list[str] = []
        """The first of them, in words."""
        self.count = 0
        self.open: list[str] = []
        self.agreed: set[Said] = set()
        self.telling = False
        self.silent: list[str] = []
        self.copies = 0
        self.evidence: list[Evidence] = []
        self.proof: list[Evidence] = []

    def contradict(self) -> bool:
        """Count a contradiction; return whether it is one of those that are told in words: a hostile file holds any number."""
        self.count += 1
        return self.count <= _SHOWN


def _contradicted(findings: _Findings) -> RuleVerdict:
    first, others = findings.contradictions[0], findings.count - 1
    more = f" {others} further contradictions." if others else ""
    step = "Find out which of the two is true; evidence of another release belongs to another case."
    return _consistent(Verdict.FAIL, f"{first}{more}", step, tuple(findings.proof[:_SHOWN]))


def _compare_copies(files: Sequence[_File], findings: _Findings) -> None:
    """Compare the digests of each file that lies in several places."""
    by_name: dict[str, list[_File]] = {}
    for each in files:
        by_name.setdefault(base_name(each.file.name), []).append(each)
    for name, copies in by_name.items():
        paired = list(_across_places(copies))
        if not paired:
            continue
        same = True
        for one, other in paired:
            # Under a name of which a part was replaced two files may lie.
            verdict = None if MARK in name else _same_file(one.file, other.file)
            same = same and verdict is True
            if verdict is False and findings.contradict():
                digests = " and ".join(
                    each.file.sha256.value[:12] for each in (one, other) if isinstance(each.file.sha256, Known)
                )
                findings.contradictions.append(
                    f"{name} is not the same in {one.source.kind.value} and in {other.source.kind.value} (sha256 {digests})."
                )
                findings.proof += [_hashed(one), _hashed(other)]
            elif verdict is None:
                findings.open.append(
                    f"whether {name} is the same in {one.source.kind.value} and {other.source.kind.value}"
                )
        findings.copies += same


def _across_places(copies: Sequence[_File]) -> Iterator[tuple[_File, _File]]:
    """Yield the pairs that should be one file: of one name, each the only one of it in its place, or of one path."""
    for position, one in enumerate(copies):
        for other in copies[position + 1 :]:
            if one.source.kind is other.source.kind:
                continue
            alone = all(
                sum(each.source.kind is kind for each in copies) == 1 for kind in (one.source.kind, other.source.kind)
            )
            if alone or one.file.name == other.file.name:
                yield one, other


def _same_file(one: EvidenceFile, other: EvidenceFile) -> bool | None:
    if not isinstance(one.sha256, Known) or not isinstance(other.sha256, Known):
        return None
    if one.sha256.value == other.sha256.value:
        return True
    if isinstance(one.text, Known) and isinstance(other.text, Known) and one.text.value == other.text.value:
        # A recording holds texts in which secrets were replaced; they differ in nothing that may be compared.
        return None
    return False


def _compare_values(files: Sequence[_File], expected: Expected, findings: _Findings) -> None:
    """Compare what each file says with the run, and with what the files before it said."""
    first_said: dict[tuple[Said, str], tuple[_File, SaidValue]] = {}
    for each in files:
        if not isinstance(each.file.text, Known):
            if each.file.name.lower().endswith(".json"):
                findings.open.append(f"what {each.where} says: {_reason(each.file.text)}")
            elif base_name(each.file.name) not in findings.silent:
                findings.silent.append(base_name(each.file.name))
            continue
        said = values_in(each.file.text.value, expected.own_run)
        if isinstance(said, NotRead):
            findings.open.append(f"what {each.where} says: {said.why}")
            continue
        compared = False
        for value in said:
            compared = _compare(each, value, expected, findings) or compared
            if agrees(expected, value) is None:
                _compare_with_others(each, value, first_said, findings)
        if not compared and base_name(each.file.name) not in findings.silent:
            findings.silent.append(base_name(each.file.name))


def _compare(each: _File, value: SaidValue, expected: Expected, findings: _Findings) -> bool:
    """Compare one value with the run; return whether it proves something."""
    fits = agrees(expected, value)
    if fits is None:
        # A sha, a digest or a run id that is none is as open as one that nothing is known for.
        if (
            value.whose is Whose.UNSURE
            and value.kind in _TELLING
            and expected.says(value.kind)
            and len(findings.open) < _MOST_OPEN
        ):
            findings.open.append(_says(each, value))
        return False
    if fits:
        if value.whose is Whose.OWN:
            findings.agreed.add(value.kind)
            findings.telling = findings.telling or value.kind in _TELLING
            if len(findings.evidence) < _SHOWN:
                findings.evidence.append(each.source.evidence(_quoted(each, value), each.file.name))
        return value.whose is Whose.OWN
    if value.whose is Whose.OWN and value.kind not in expected.unsure:
        if findings.contradict():
            findings.contradictions.append(f"{_says(each, value)}; the run says {expected.says(value.kind)}.")
            findings.proof.append(each.source.evidence(_quoted(each, value), each.file.name))
    elif len(findings.open) < _MOST_OPEN:
        findings.open.append(f"{_says(each, value)}, and whose it is was not understood")
    return False


def _compare_with_others(
    each: _File, value: SaidValue, first_said: dict[tuple[Said, str], tuple[_File, SaidValue]], findings: _Findings
) -> None:
    """Compare a member with the same member of another file: what the run itself does not tell must at least be one thing."""
    if value.kind is Said.TIME or len(value.values) != 1:
        return
    before = first_said.setdefault((value.kind, value.name), (each, value))
    if before[1].values == value.values or before[0].file.name == each.file.name:
        return
    if value.whose is Whose.OWN and findings.contradict():
        findings.contradictions.append(f"{_says(each, value)}, {_says(*before)}: the files contradict each other.")
        findings.proof += [each.source.evidence(_quoted(*pair), pair[0].file.name) for pair in (before, (each, value))]


def _gaps(places: Sequence[Source], files: Sequence[_File], wanted: set[str]) -> Iterator[str]:
    """Yield what of the evidence was not read, so that it may hold a contradiction."""
    for place in places:
        if place.kind is Kind.LOCAL and not isinstance(place.root, Known):
            continue
        if place.named and isinstance(place.root, Unreadable):
            yield f"{place.kind.value} could not be read ({place.root.why})"
        yield from place.gaps
    for each in files:
        if not isinstance(each.file.sha256, Known):
            yield f"{each.where} was not hashed: {_reason(each.file.sha256)}"
    found = {base_name(each.file.name) for each in files} | {each.file.name for each in files}
    for name in sorted(wanted - found):
        yield f"{name} was not found"


def _permission(places: Sequence[Source]) -> str:
    """Return a permission for want of which evidence was not read; empty where none is known."""
    readings = [place.root for place in places] + [file.sha256 for place in places for file in place.files]
    return next((each.permission for each in readings if isinstance(each, Unreadable) and each.permission), "")


def _hashed(each: _File) -> Evidence:
    digest = each.file.sha256.value if isinstance(each.file.sha256, Known) else "not hashed"
    return each.source.evidence(f"{each.file.name}: sha256 {digest}", each.file.name)


def _says(each: _File, value: SaidValue) -> str:
    return f"{each.where} says {value.shown} at {value.place}"


def _quoted(each: _File, value: SaidValue) -> str:
    return f"{each.file.name} {value.place}: {value.shown}"


def _reason(reading: object) -> str:
    return reading.why if isinstance(reading, Unreadable) else "it is not there"


def _why(source: Source) -> str:
    return _reason(source.root)


def _listed(items: Sequence[str]) -> str:
    unique = list(dict.fromkeys(items))
    more = f"; and {len(unique) - _SHOWN} more" if len(unique) > _SHOWN else ""
    return "; ".join(unique[:_SHOWN]) + more


def _present(verdict: Verdict, reason: str, next_step: str, evidence: tuple[Evidence, ...] = ()) -> RuleVerdict:
    return EVIDENCE_PRESENT.verdict(verdict, reason, evidence, next_step)


def _consistent(verdict: Verdict, reason: str, next_step: str, evidence: tuple[Evidence, ...] = ()) -> RuleVerdict:
    return EVIDENCE_CONSISTENT.verdict(verdict, reason, evidence, next_step)
