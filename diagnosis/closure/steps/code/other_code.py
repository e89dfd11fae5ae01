"""Judge whether the code that the closing run built is that of its commit: nothing brings other code in before the publication."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from diagnosis.causes import Integrity
from diagnosis.closure.steps.code.code_move import CodeMove
from diagnosis.closure.steps.code.downloads import UNPACKS, fetched, from_bucket, from_machine
from diagnosis.closure.steps.code.gh_commands import read_gh
from diagnosis.closure.steps.code.git_commands import GitReader
from diagnosis.closure.steps.code.image_sources import COPIERS, PRODUCERS, contexts_of, copied_image, unpacked_image
from diagnosis.closure.steps.code.own_code import Whose, is_remote, whose_ref, whose_repository
from diagnosis.closure.steps.release_steps import Release, ReleaseStep, read_release
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.closure.steps.watched_script import Ran
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.runs import Attempt
from diagnosis.gates import Verdict
from diagnosis.steps.variables import is_legible
from diagnosis.verdicts.closure import IntegrityFinding
from diagnosis.verdicts.replay import Replay

_FETCHERS = frozenset({"curl", "wget", "aria2c", "http", "https", "xh"})
_OTHER_SYSTEMS = frozenset(
    {"hg", "svn", "bzr", "fossil", "p4", "cvs", "darcs", "jj", "degit", "tiged", "giget", "hub", "glab"}
)
_ASKS_A_PULL_REQUEST = re.compile(r"pull_request|head_ref|workflow_run|client_payload|issue|comment", re.IGNORECASE)


@dataclass(slots=True)
class _Found:
    other: list[tuple[str, Evidence]] = field(default_factory=list)
    unclear: list[tuple[str, Evidence | None]] = field(default_factory=list)

    def note(self, whose: Whose, clause: str, evidence: Evidence) -> None:
        if whose is Whose.OTHER and all(each != clause for each, _ in self.other):
            self.other.append((clause, evidence))
        elif whose is Whose.UNKNOWN and all(each != clause for each, _ in self.unclear):
            self.unclear.append((clause, evidence))


def judge_other_code(closing: Replay, release: Release | None = None) -> StepProof:
    """Judge one run: ``pass`` only where every step up to the last push was understood and none brings other code in."""
    release = release or read_release(closing)
    if release.workflow is None:
        return StepProof(Verdict.UNKNOWN, "The workflow file at the run's commit was not read.")
    found = _Found()
    found.unclear += [(clause, None) for clause in (*release.not_read, *release.unwritten)]
    looked = 0
    for job in release.jobs:
        if not (job.publishes or job.hands_on):
            continue
        git = GitReader(closing.attempt, job.read.values)
        for step in job.steps:
            if step.place <= job.last_publication:
                looked += 1
                _look(step, closing.attempt, git, found)
    if found.other:
        findings = tuple(_finding(clause, evidence) for clause, evidence in found.other)
        return StepProof(Verdict.FAIL, findings[0].reason, tuple(each for _, each in found.other), findings)
    if found.unclear:
        clauses = tuple(clause for clause, _ in found.unclear)
        more = f" ({len(clauses) - 1} more)" if clauses[1:] else ""
        reason = f"That the code is that of the run's commit is not proved: {clauses[0]}{more}."
        shown = tuple(evidence for _, evidence in found.unclear if evidence is not None)
        return StepProof(Verdict.UNKNOWN, reason, shown, not_understood=clauses)
    if not release.jobs or not looked:
        return StepProof(Verdict.UNKNOWN, "No job that releases was recognised in the workflow.")
    reason = f"Nothing before the publication brings other code in than that of commit {closing.attempt.head_sha[:12]}."
    first = next(step for job in release.jobs for step in job.steps)
    return StepProof(Verdict.PASS, reason, (first.evidence(f"{looked} steps of the release"),))


def _finding(clause: str, evidence: Evidence) -> IntegrityFinding:
    reason = f"The job {clause}, not the ref in its subject: the admitted ref need not be the code that runs."
    return IntegrityFinding(Integrity.REF_LAUNDERING, reason, (evidence,))


def _look(step: ReleaseStep, attempt: Attempt, git: GitReader, found: _Found) -> None:
    if step.unread:
        clause = f"the local action of step {step.name} was not read: {step.unread}"
        found.note(Whose.UNKNOWN, clause, step.evidence(step.name))
    if step.written.uses:
        _action(step, attempt, found)
    if step.script:
        _script(step, attempt, git, found)


# Actions


def _action(step: ReleaseStep, attempt: Attempt, found: _Found) -> None:
    use = step.use
    name = use.repository
    if "checkout" in name.partition("/")[2] or "checkout" in use.name:
        _checkout(step, attempt, found)
    elif "download-artifact" in name or name == "actions/download-artifact":
        _artifact(step, attempt, found)
    elif name in ("docker/build-push-action", "depot/build-push-action", "redhat-actions/buildah-build"):
        for key in ("context", "build-contexts"):
            for each in use.lines(key):
                address = each.partition("=")[2] if key == "build-contexts" else each
                _context(address, step, attempt, found)
    elif name in ("docker/bake-action", "depot/bake-action"):
        for each in (*use.lines("source"), *use.lines("files"), *use.lines("set")):
            _context(each.partition("=")[2] or each, step, attempt, found)
    elif step.foreign:
        clause = f"step {step.name} uses an action that is not read ({step.written.uses})"
        found.note(Whose.UNKNOWN, clause, step.evidence(step.written.uses or ""))


def _checkout(step: ReleaseStep, attempt: Attempt, found: _Found) -> None:
    use = step.use
    own = step.written
    repository = use.text("repository", "repo")
    if repository:
        whose = whose_repository(repository, attempt)
        if whose is not Whose.OWN:
            written = own.input("repository") or repository
            clause = f"checks out the repository `{written}`"
            found.note(Whose.OTHER, clause, step.evidence(f"repository: {written}"))
            return
    for key in ("ref", "branch", "commit", "tag"):
        wanted = use.text(key)
        written = (own.input(key) or "").strip()
        if not written:
            continue
        if not wanted and not _ASKS_A_PULL_REQUEST.search(written):
            continue
        whose = whose_ref(wanted, attempt, step.values) if wanted else Whose.OTHER
        if whose is not Whose.OWN:
            # What whoever starts the run may choose is another ref as well.
            found.note(Whose.OTHER, f"checks out `{written}`", step.evidence(f"{key}: {written}"))
    if use.repository != "actions/checkout" and step.foreign:
        clause = f"step {step.name} uses an action that is not read ({own.uses})"
        found.note(Whose.UNKNOWN, clause, step.evidence(own.uses or ""))


def _artifact(step: ReleaseStep, attempt: Attempt, found: _Found) -> None:
    use = step.use
    run = use.text("run-id", "run_id")
    of_run = not run or run == str(attempt.run_id) or "github.run_id" in run
    repository = use.text("repository", "repo")
    of_repository = not repository or whose_repository(repository, attempt) is Whose.OWN
    if use.repository == "actions/download-artifact" and of_run and of_repository:
        return
    if use.repository != "actions/download-artifact" and run and of_run and of_repository:
        return
    clause = (
        "takes an artifact of another run" if of_repository else f"takes an artifact of the repository `{repository}`"
    )
    whose = Whose.UNKNOWN if run and not is_legible(run) and of_repository else Whose.OTHER
    found.note(whose, clause, step.evidence(f"{use.uses} {run}".strip()))


def _context(address: str, step: ReleaseStep, attempt: Attempt, found: _Found) -> None:
    """Judge where a build takes its files from."""
    text = address.strip().strip("'\"")
    if not text or "defaultContext" in text or text.startswith(("docker-image://", "target:", "oci-layout://")):
        return
    if text == "-":
        clause = f"what step {step.name} builds is piped in"
        if not any(ran.piped_to and ran.program in PRODUCERS for ran in step.watched.ran):
            found.note(Whose.UNKNOWN, clause, step.evidence(clause))
        return
    if not is_remote(text):
        if text.startswith("$") and not text.startswith(
            ("${{ github.workspace", "${{github.workspace", "$GITHUB_WORKSPACE")
        ):
            clause = f"where step {step.name} builds from is not legible"
            found.note(Whose.UNKNOWN, clause, step.evidence(text))
        return
    where, _, fragment = text.partition("#")
    whose = whose_repository(where, attempt)
    ref = fragment.partition(":")[0]
    if whose is Whose.OWN:
        whose = whose_ref(ref, attempt, step.values) if ref else Whose.OTHER
    found.note(whose, f"builds from `{text}`", step.evidence(text))


# Scripts


def _script(step: ReleaseStep, attempt: Attempt, git: GitReader, found: _Found) -> None:
    seen = step.watched
    for ran in seen.ran:
        for move in _moves(ran, step, attempt, git, found):
            clause = f"brings code in by `{move.what}`"
            if move.whose is Whose.UNKNOWN:
                verb = "publishes" if move.what.startswith("a copy of") else "runs"
                clause = f"step {step.name} {verb} {move.what}"
            found.note(move.whose, clause, step.evidence(ran.shown))
    for wrote in seen.wrote:
        if wrote.ran is not None and wrote.ran.program == "git" and not wrote.target.startswith("/dev/"):
            move = git.shown(wrote.ran.tail)
            found.note(move.whose, f"brings a file in by `{move.what}`", step.evidence(wrote.ran.shown))
    if not seen.read:
        found.note(
            Whose.UNKNOWN, f"the script of step {step.name} is in a language that is not read", step.evidence(step.name)
        )
        return
    for operation in seen.opaque:
        what = operation.gap.what if operation.gap is not None else "a command"
        if what.startswith(("git ", "gh ", "curl", "wget")):
            continue
        found.note(Whose.UNKNOWN, f"step {step.name} runs {what}, which is not read", step.evidence(what))


def _moves(ran: Ran, step: ReleaseStep, attempt: Attempt, git: GitReader, found: _Found) -> Iterator[CodeMove]:
    if ran.program == "git":
        elsewhere = [name for name, _ in ran.own if name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_CONFIG_COUNT")]
        yield git.read(("--git-dir", ".", *ran.tail) if elsewhere else ran.tail)
        if set(ran.piped_to) & UNPACKS:
            yield git.shown(ran.tail)
    elif ran.program == "gh":
        yield read_gh(ran.tail, attempt, git)
    elif ran.program in _FETCHERS:
        yield from fetched(ran, attempt, step)
    elif ran.program == "aws":
        yield from from_bucket(ran)
    elif ran.program in ("rsync", "scp", "sftp"):
        yield from from_machine(ran)
    elif ran.program in _OTHER_SYSTEMS:
        if not ran.tail or ran.tail[0] not in (
            "log",
            "info",
            "status",
            "--version",
            "auth",
            "id",
            "release",
            "mr",
            "ci",
        ):
            yield CodeMove(Whose.OTHER, ran.shown)
    elif ran.program in ("docker", "podman", "buildah", "nerdctl", "depot", "executor", "kaniko"):
        for address in contexts_of(ran):
            _context(address, step, attempt, found)
    if any(word.startswith("<(") and _FETCHERS & set(word[2:].split()) for word in ran.tail):
        yield CodeMove(Whose.UNKNOWN, ran.shown)
    if source := unpacked_image(ran, step):
        yield CodeMove(Whose.UNKNOWN, f"{ran.program} {ran.tail[0]} {source}")
    if ran.program in COPIERS and (source := copied_image(ran, step)):
        yield CodeMove(Whose.UNKNOWN, f"a copy of the image {source}")
