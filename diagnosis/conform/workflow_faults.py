"""Find what is wrong with a release's workflow by itself: long-lived keys, a gate that can be demoted, what is not pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.closure.steps.demotion.lost_failures import judge_lost_failures
from diagnosis.closure.steps.demotion.switched_off import judge_switched_off
from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.conform.pins import unpinned
from diagnosis.conform.releases import NextRun, Release, has_token
from diagnosis.conform.told_places import place_told
from diagnosis.facts.evidence import Evidence
from diagnosis.facts.reading import Known
from diagnosis.facts.uses import is_own
from diagnosis.facts.workflow import Workflow
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.gates import Verdict
from diagnosis.steps.match import default_name
from diagnosis.steps.resolved_workflow import resolved_workflow
from diagnosis.verdicts.conform_rule import ConformRule

_LACKING = "Keep the action's file where the step looks for it, in a form that can be read."
_IN_REPOSITORY = re.compile(r"/blob/[^/]*/(?P<path>[^#]+)")


def workflow_faults(release: Release) -> Iterator[Finding]:
    """Yield the faults of the files that a release runs."""
    yield from _keys(release)
    yield from _demotions(release, judge_lost_failures(release.replay, release.jobs))
    yield from _demotions(release, judge_switched_off(release.replay, release.jobs))
    if release.workflow is not None:
        yield from unpinned(release.run.attempt, release.workflow, release.releasing)
        yield from _lacking_actions(release, release.workflow)


def pins_of_token(run: NextRun) -> Iterator[Finding]:
    """Yield what is not pinned in the jobs of a workflow that is no release, where they may ask for GitHub's token all the same.

    By it they present the repository's own subject, and a role does not tell one workflow from another.
    """
    file = run.attempt.workflow_file
    written = file.value.parsed if isinstance(file, Known) else None
    if not isinstance(written, Workflow) or not any(has_token(written, job) for job in written.jobs):
        return
    resolved = resolved_workflow(run.attempt)
    if isinstance(resolved, Workflow):
        found = unpinned(run.attempt, resolved, frozenset())
        yield from (each for each in found if each.level is Level.ERROR)


def _lacking_actions(release: Release, workflow: Workflow) -> Iterator[Finding]:
    """Yield the steps that use an action of the repository whose file is not there, or cannot be read."""
    rule = ConformRule.NOT_READ
    for job in workflow.jobs:
        if job.id not in release.releasing and not has_token(workflow, job):
            continue
        for step in job.all_steps:
            if step.unread and is_own(step.uses):
                said = f"Job {job.id} uses the action {step.uses}, and what it does is not known: {step.unread}."
                place = release.place_of(job.id, " ".join((step.name or default_name(step)).split()))
                yield Finding(rule, Level.UNKNOWN, place, said, _LACKING)


def _keys(release: Release) -> Iterator[Finding]:
    rule = ConformRule.STATIC_KEYS
    proof = judge_long_lived_keys(release.replay)
    if proof.verdict is Verdict.FAIL:
        for evidence in proof.evidence or (None,):
            what = f": {evidence.text}" if evidence is not None else ""
            said = f"A long-lived access key of AWS reaches the release{what}."
            yield Finding(rule, Level.ERROR, _place(release, evidence), said, rule.record.correction)
    yield from _unclear(
        release, ConformRule.STATIC_KEYS, proof, "That no long-lived key reaches the release is not proved"
    )


def _demotions(release: Release, proof: StepProof) -> Iterator[Finding]:
    rule = ConformRule.GATE_DEMOTED
    for found in proof.findings:
        evidence = found.evidence[0] if found.evidence else None
        yield Finding(rule, Level.ERROR, _place(release, evidence, found.reason), found.reason, rule.record.correction)
    yield from _unclear(release, rule, proof, "That no failure of a gate is lost is not proved")


def _unclear(release: Release, rule: ConformRule, proof: StepProof, said: str) -> Iterator[Finding]:
    for clause in proof.not_understood:
        if clause == release.jobs.unread:
            continue  # no job is known: why is told by itself
        own = next((each for each in proof.evidence if each.text and each.text[:80] in clause), None)
        yield Finding(rule, Level.UNKNOWN, _place(release, own, clause), f"{said}: {clause}.", rule.record.correction)


def _place(release: Release, evidence: Evidence | None, said: str = "") -> Place:
    """Return where evidence stands: the path in an address on GitHub, else the address that is a path, else the workflow.

    Evidence without a line, of a called workflow, stands where the step or job is of which it is ``said``.
    """
    if evidence is None or evidence.line is None:
        told = place_told(release, said) or (place_told(release, evidence.text) if evidence is not None else None)
        if told is not None:
            return told
    address = (evidence.address or "") if evidence is not None else ""
    found = _IN_REPOSITORY.search(address)
    path = found["path"] if found else address if address and "://" not in address else release.run.path
    return Place(path, evidence.line if evidence is not None else None)
