"""Judge whether the evidence of the closing run measures: no verdict in its files is a constant that the workflow wrote itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from itertools import pairwise

from diagnosis.causes import Integrity
from diagnosis.closure.steps.constants.evidence_writers import Writing, measures, writings_of
from diagnosis.closure.steps.constants.marked_json import read_marked, sources_of
from diagnosis.closure.steps.constants.verdict_members import VerdictMember, verdict_members
from diagnosis.closure.steps.guards import asks_a_command
from diagnosis.closure.steps.release_steps import Release, ReleaseStep, read_release
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Verdict
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.kinds import StepKind
from diagnosis.steps.repository_files import path_in
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

_NAME = re.compile(r"\$\{?([A-Za-z_]\w*)")
_STATUS = re.compile(r"\$(?:\?|\{\?\}|\{?PIPESTATUS)")
_OF_STEPS = re.compile(r"\b(?:steps|needs|job)\s*\.")
_SETTINGS = re.compile(
    r"^(?:package|package-lock|tsconfig|task-?def|taskdef|appspec|imagedefinitions|imageDetail|cdk|sam|values|param|config"
    r"|policy|settings|matrix|payload|input|overrides|env|version|manifest|container|service|secrets?|terraform|tf)",
    re.IGNORECASE,
)
"""Names of files that tools are given; one that is not seen to be kept is no evidence."""
_COMMAND = re.compile(r"command|cmd", re.IGNORECASE)


class Stand(Enum):
    """What stands behind the verdicts of a file."""

    MEASURED = "measured"
    CONSTANT = "constant"
    NO_VERDICT = "no verdict"
    NOT_UNDERSTOOD = "not understood"


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file of evidence and what stands behind its verdicts."""

    name: str
    stand: Stand
    why: str
    evidence: tuple[Evidence, ...] = ()
    in_artifacts: bool = False
    step: str = ""


def judge_constant_evidence(closing: Replay, release: Release | None = None) -> StepProof:
    """Judge one run: ``pass`` only where each verdict of each evidence file is understood to come from a measurement."""
    release = release or read_release(closing)
    if release.workflow is None:
        return StepProof(Verdict.UNKNOWN, "The workflow file at the run's commit was not read.")
    files = evidence_files(closing, release)
    constant = [each for each in files if each.stand is Stand.CONSTANT]
    if constant:
        findings = tuple(_finding(each) for each in constant)
        shown = tuple(evidence for each in constant for evidence in each.evidence)
        return StepProof(Verdict.FAIL, findings[0].reason, shown, findings)
    unclear = [f"{each.name}: {each.why}" for each in files if each.stand is Stand.NOT_UNDERSTOOD]
    unclear += _unread_artifacts(closing.attempt) or (list(release.not_read) if not _has_files(closing.attempt) else [])
    unclear += release.unwritten
    if unclear:
        more = f" ({len(unclear) - 1} more)" if unclear[1:] else ""
        reason = f"That the evidence measures is not proved: {unclear[0]}{more}."
        shown = tuple(evidence for each in files if each.stand is Stand.NOT_UNDERSTOOD for evidence in each.evidence)
        return StepProof(Verdict.UNKNOWN, reason, shown, not_understood=tuple(unclear))
    measured = [each for each in files if each.stand is Stand.MEASURED]
    shown = tuple(evidence for each in measured for evidence in each.evidence)
    names = ", ".join(each.name for each in measured[:3])
    reason = f"Each verdict of {names} was measured." if measured else "No evidence file states a verdict of its own."
    return StepProof(Verdict.PASS, reason, shown)


def evidence_files(closing: Replay, release: Release) -> tuple[EvidenceFile, ...]:
    """Return the evidence files of a run that state a verdict, or may, each with what stands behind it."""
    held = _held(closing.attempt)
    kept = _Uploads.of(release)
    found: list[EvidenceFile] = []
    artifacts = closing.attempt.artifacts
    nothing_kept = isinstance(artifacts, Known) and not artifacts.value and not kept.paths
    written: set[str] = set()
    seen: set[str] = set()
    for name, writings in writings_of(release).items():
        base = name.rpartition("/")[2]
        seen.add(base)
        in_artifacts = base in held
        if in_artifacts:
            written.add(base)
        elif not name.endswith(".json") and not any(isinstance(each.value, dict) for each in writings):
            continue
        elif held and not kept.may_hold(name):
            # It stays on the runner.
            continue
        stand, why, writing = _stand(writings, sure=in_artifacts or kept.names(name))
        if stand is Stand.NO_VERDICT and in_artifacts and _surely_states_a_verdict(held[base]):
            stand, why = Stand.NOT_UNDERSTOOD, "it states a verdict that no step was seen to write into it"
        if stand is Stand.NOT_UNDERSTOOD and in_artifacts and not _states_a_verdict(held[base]):
            continue
        surely_kept = in_artifacts or kept.names(name)
        if stand is Stand.NOT_UNDERSTOOD and not surely_kept and (nothing_kept or _SETTINGS.search(base)):
            continue
        if stand is not Stand.NO_VERDICT:
            clause = f"{base} is written by step {writing.step.name}"
            found.append(
                EvidenceFile(base, stand, why, (writing.step.evidence(clause),), in_artifacts, writing.step.name)
            )
    for path in kept.paths:
        base = path.rpartition("/")[2]
        if base.endswith(".json") and "*" not in base and base not in held and base not in seen:
            why = "no step was seen that writes it, so that it may be a file of the repository"
            found.append(EvidenceFile(base, Stand.NOT_UNDERSTOOD, why))
    for base, text in held.items():
        if base not in written and _states_a_verdict(text):
            why = "no step was seen that writes it, so that it may be a file of the repository"
            found.append(EvidenceFile(base, Stand.NOT_UNDERSTOOD, why, (), in_artifacts=True))
    return tuple(found)


def _finding(file: EvidenceFile) -> IntegrityFinding:
    held = " It is in the run's artifacts." if file.in_artifacts else ""
    reason = (
        f"{file.name} is a constant written by the workflow (step {file.step}): it asserts, it does not measure.{held}"
    )
    return IntegrityFinding(Integrity.SELF_ASSERTED_EVIDENCE, reason, file.evidence)


def _held(attempt: Attempt) -> dict[str, str]:
    if not isinstance(attempt.artifacts, Known):
        return {}
    return {
        name.rpartition("/")[2]: text
        for artifact in attempt.artifacts.value
        for name, text in artifact.files
        if name.endswith(".json")
    }


def _has_files(attempt: Attempt) -> bool:
    return isinstance(attempt.artifacts, Known) and any(each.files for each in attempt.artifacts.value)


def _unread_artifacts(attempt: Attempt) -> list[str]:
    if not isinstance(attempt.artifacts, Known):
        return []
    return [f"{each.name}: {part.why}" for each in attempt.artifacts.value for part in each.unread]


def _states_a_verdict(text: str) -> bool:
    return bool(verdict_members(read_marked(text)))


def _surely_states_a_verdict(text: str) -> bool:
    return any(each.strong for each in verdict_members(read_marked(text)))


# One file


def _stand(writings: Sequence[Writing], *, sure: bool) -> tuple[Stand, str, Writing]:
    """Return what stands behind a file's verdicts. ``sure``: it certainly is among what the run keeps."""
    if any(each.measured for each in writings):
        stated = next((each for each in writings if each.measured), writings[-1])
        return Stand.MEASURED, "what it holds depends on how a command ended", stated
    last = writings[-1]
    if last.value is None:
        if last.why and (sure or last.name.endswith(".json")):
            return Stand.NOT_UNDERSTOOD, last.why, last
        return Stand.NO_VERDICT, "", last
    members = verdict_members(last.value)
    strong = [each for each in members if each.strong]
    stands = {each.path: _of_member(each, last.step) for each in members}
    for each in strong:
        if stands[each.path] is Stand.CONSTANT:
            return Stand.CONSTANT, f"{each.path} is a constant", last
    unclear = next((each for each in strong if stands[each.path] is Stand.NOT_UNDERSTOOD), None)
    if unclear is not None:
        return Stand.NOT_UNDERSTOOD, f"where {unclear.path} comes from is not understood", last
    if strong:
        return Stand.MEASURED, "its verdict comes from a command or a step", last
    weak = next((each for each in members if stands[each.path] is Stand.CONSTANT), None)
    if weak is not None and sure:
        return Stand.NOT_UNDERSTOOD, f"{weak.path} is a constant, and may be meant as a verdict", last
    return Stand.NO_VERDICT, "", last


def _of_member(member: VerdictMember, step: ReleaseStep) -> Stand:
    if member.constant:
        return Stand.MEASURED if _restates_a_command(member, step) else Stand.CONSTANT
    stands = [_of_source(source, step, 0) for source in sources_of(member.value)]
    for stand in (Stand.NOT_UNDERSTOOD, Stand.MEASURED):
        if stand in stands:
            return stand
    return Stand.CONSTANT if stands else Stand.NOT_UNDERSTOOD


def _of_source(source: str, step: ReleaseStep, depth: int) -> Stand:
    """Return what stands behind ``$NAME``, ``$(…)``, an expression of GitHub's, or of jq or Python."""
    if depth > 6:
        return Stand.NOT_UNDERSTOOD
    if _STATUS.search(source) or (source.startswith("${{") and _OF_STEPS.search(source)):
        return Stand.MEASURED
    if source.startswith("${{"):
        return Stand.NOT_UNDERSTOOD
    if source.startswith("$("):
        return Stand.MEASURED if asks_a_command(source) else Stand.NOT_UNDERSTOOD
    named = _NAME.match(source)
    if named is None:
        return Stand.MEASURED
    given = [each for each in step.watched.was if each.name == named[1]]
    if not given:
        # What is read from a file may have been written there.
        read = any(
            each.program in ("read", "mapfile", "readarray")
            and named[1] in each.tail
            and before.piped_to[-1:] == (each.program,)
            for before, each in pairwise(step.watched.ran)
        )
        return Stand.MEASURED if read else Stand.NOT_UNDERSTOOD
    if any(measures(each.guards, step) for each in given):
        return Stand.MEASURED
    inner = [_of_value(each.value, named[1], step, depth) for each in given]
    return next((each for each in (Stand.NOT_UNDERSTOOD, Stand.MEASURED) if each in inner), Stand.CONSTANT)


def _of_value(value: str, name: str, step: ReleaseStep, depth: int) -> Stand:
    if "$" not in value:
        return Stand.CONSTANT
    if value in (f"${name}", f"${{{name}}}"):
        return Stand.NOT_UNDERSTOOD
    return _of_source(value[value.index("$") :], step, depth + 1)


def _restates_a_command(member: VerdictMember, step: ReleaseStep) -> bool:
    """Return whether the verdict stands beside a command that the job ran before: had it failed, nothing were written."""
    commands = [value for name, value in member.beside if _COMMAND.search(name) and isinstance(value, str)]
    for command in commands:
        words = command.split()
        for earlier in step.job.steps:
            if (
                earlier.place > step.place
                or len(words) < 2
                or earlier.written.continue_on_error not in (False, "false")
            ):
                continue
            if any(list(ran.words[: len(words)]) == words and not ran.guards for ran in earlier.watched.ran):
                return True
    return False


# What is kept


@dataclass(frozen=True, slots=True)
class _Uploads:
    """The paths that the release's steps upload."""

    paths: tuple[str, ...]
    legible: bool

    @classmethod
    def of(cls, release: Release) -> _Uploads:
        paths: list[str] = []
        for job in release.jobs:
            for step in job.steps:
                if action_kind(step.written.uses) is StepKind.UPLOAD_ARTIFACT:
                    paths += step.use.lines("path")
                for ran in step.watched.ran:
                    if ran.program == "aws" and "s3" in ran.tail:
                        named = [word for word in ran.tail if "://" not in word and not word.startswith("-")]
                        paths += [
                            path_in(ran.folder, word) or word
                            for word in named
                            if word not in ("s3", "cp", "sync", "mv")
                        ]
        return cls(tuple(paths), all("$" not in path for path in paths))

    def names(self, name: str) -> bool:
        """Return whether a file is among what is uploaded."""
        return any(_under(name, path) for path in self.paths)

    def may_hold(self, name: str) -> bool:
        """Return whether a file may be among what is uploaded."""
        return not self.legible or self.names(name)


def _under(name: str, path: str) -> bool:
    base = (path_in("", path) if "*" not in path else path.removeprefix("./")) or ""
    if path.startswith("!"):
        return False
    return base in ("", name) or name.startswith(f"{base}/") or fnmatchcase(name, base)
