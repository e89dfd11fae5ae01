"""Find what is wrong with a release's workflow by itself: long-lived keys, a gate that can be demoted, what is not pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.closure.steps.demotion.lost_failures import judge_lost_failures
from diagnosis.closure.steps.demotion.switched_off import judge_switched_off
from diagnosis.closure.steps.keys.long_lived_keys import judge_long_lived_keys
from diagnosis.closure.steps.step_proof import StepProof
from diagnosis.conform.pins import unpinned
from diagnosis.conform.releases import Release
from diagnosis.facts.evidence import Evidence
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.gates import Verdict
from diagnosis.verdicts.conform_rule import ConformRule

_IN_REPOSITORY = re.compile(r"/blob/[^/]*/(?P<path>[^#]+)")


def workflow_faults(release: Release) -> Iterator[Finding]:
    """Yield the faults of the files that a release runs."""
    yield from _keys(release)
    yield from _demotions(release, judge_lost_failures(release.replay, release.jobs))
    yield from _demotions(release, judge_switched_off(release.replay, release.jobs))
    if release.workflow is not None:
        yield from unpinned(release.run.attempt, release.workflow, release.releasing)


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
        yield Finding(rule, Level.ERROR, _place(release, evidence), found.reason, rule.record.correction)
    yield from _unclear(release, rule, proof, "That no failure of a gate is lost is not proved")


def _unclear(release: Release, rule: ConformRule, proof: StepProof, said: str) -> Iterator[Finding]:
    for clause in proof.not_understood:
        own = next((each for each in proof.evidence if each.text and each.text[:80] in clause), None)
        yield Finding(rule, Level.UNKNOWN, _place(release, own), f"{said}: {clause}.", rule.record.correction)


def _place(release: Release, evidence: Evidence | None) -> Place:
    """Return where evidence stands: the path in an address on GitHub, else the address that is a path, else the workflow."""
    address = (evidence.address or "") if evidence is not None else ""
    found = _IN_REPOSITORY.search(address)
    path = found["path"] if found else address if address and "://" not in address else release.run.path
    return Place(path, evidence.line if evidence is not None else None)
