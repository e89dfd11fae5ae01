"""The attempts beside each other: whether they are of one workflow and of one commit."""

from __future__ import annotations

from itertools import pairwise

from diagnosis.closure.catalogue import SAME_COMMIT, SAME_WORKFLOW
from diagnosis.closure.changed_files import touching
from diagnosis.closure.judged_chain import Chain
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.github_context import CommitsBetween, Relation
from diagnosis.facts.reading import Known
from diagnosis.facts.workflow import Workflow
from diagnosis.verdicts.closure import RuleVerdict

MOST_FILES = 300
"""GitHub names no more files between two commits."""
_SHOWN = 6


def same_workflow(chain: Chain) -> RuleVerdict:
    """Judge whether all attempts are of one workflow file."""
    # GitHub may add the ref that a file was read at: `release.yml@refs/heads/main`.
    paths = {replay.attempt.workflow_path.partition("@")[0] for replay in chain.replays}
    if len(paths) > 1:
        return SAME_WORKFLOW.fails(f"{len(paths)} workflows are mixed in this chain.")
    if not paths:
        return SAME_WORKFLOW.unknown("No attempts were read.")
    return SAME_WORKFLOW.passes(f"Every attempt is of {paths.pop()}.")


def same_commit(chain: Chain) -> RuleVerdict:
    """Judge whether the code stayed the same from the first failure to the success, or changed in prose alone."""
    commits = list(dict.fromkeys(replay.attempt.head_sha for replay in chain.replays))
    if not commits:
        return SAME_COMMIT.unknown("No attempts were read.")
    if len(commits) == 1:
        return SAME_COMMIT.passes(f"Every attempt ran on commit {commits[0][:7]}.")
    told: list[str] = []
    proof: list[Evidence] = []
    attempts = [replay.attempt for replay in chain.replays]
    for before, after in pairwise(attempts):
        if before.head_sha == after.head_sha:
            continue
        pair = f"from {before.head_sha[:7]} to {after.head_sha[:7]}"
        read = next(
            (each for each in chain.facts.commits if (each.base, each.head) == (before.head_sha, after.head_sha)), None
        )
        if read is None:
            return SAME_COMMIT.unknown(f"The commit changed {pair}; which files differ was not read.", proof)
        if not isinstance(read.found, Known):
            why = getattr(read.found, "why", "GitHub knows no such commit").rstrip(".")
            return SAME_COMMIT.unknown(f"The commit changed {pair}; which files differ is not known ({why}).", proof)
        between = read.found.value
        proof.append(_evidence(pair, between))
        doubt = _doubt(between, chain)
        if doubt:
            return SAME_COMMIT.unknown(f"The commit changed {pair}: {doubt}", proof)
        told.append(f"{pair} ({_listed(between.files)})")
    return SAME_COMMIT.passes(
        f"The commit changed {', '.join(told)}: pages that the release does not read." if told else "One commit.", proof
    )


def _doubt(between: CommitsBetween, chain: Chain) -> str:
    """Return why the difference may touch the release; empty where it cannot."""
    if between.relation is Relation.IDENTICAL:
        return ""
    if between.relation is not Relation.AHEAD:
        return "the one does not follow the other, so not every difference is named."
    if len(between.files) >= MOST_FILES or not between.files:
        return "GitHub does not name every file that differs."
    if not isinstance(chain.workflow, Workflow):
        return f"{_listed(between.files)} differ, and the workflow file that would tell what it reads was not read."
    run = chain.judged_run
    read = run.attempt.files if run is not None else ()
    texts = {each.path: each.text.value for each in read if isinstance(each.text, Known)}
    file = touching(between.files, chain.workflow, texts)
    return f"{file} differs, which may touch the release ({_listed(between.files)})." if file else ""


def _evidence(pair: str, between: CommitsBetween) -> Evidence:
    return Evidence(EvidenceKind.RUN, f"files that differ {pair}: {_listed(between.files)}", between.html_url or None)


def _listed(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - _SHOWN} more" if len(files) > _SHOWN else ""
    return (", ".join(files[:_SHOWN]) or "none named") + more
