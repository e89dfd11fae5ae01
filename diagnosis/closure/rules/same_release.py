"""The attempts beside each other: whether they are of one workflow."""

from __future__ import annotations

from diagnosis.closure.catalogue import SAME_WORKFLOW
from diagnosis.closure.judged_chain import Chain
from diagnosis.verdicts.closure import RuleVerdict


def same_workflow(chain: Chain) -> RuleVerdict:
    """Judge whether all attempts are of one workflow file."""
    paths = {replay.attempt.workflow_path for replay in chain.replays}
    commits = {replay.attempt.head_sha for replay in chain.replays}
    if len(paths) > 1:
        return SAME_WORKFLOW.fails(f"{len(paths)} workflows are mixed in this chain.")
    if not paths:
        return SAME_WORKFLOW.unknown("No attempts were read.")
    if len(commits) > 1:
        return SAME_WORKFLOW.passes(f"One workflow file; {len(commits)} commits, so the code changed between attempts.")
    return SAME_WORKFLOW.passes("One workflow file at one commit.")
