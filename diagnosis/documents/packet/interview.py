"""What may be said of a chain in an interview and in a CV: the order of telling, what may be asked, and no more than is proved."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.documents.packet.content import AttemptEntry, Facts, Hook, Interview, RemediationSource
from diagnosis.documents.packet.readings import NON_CLAIMS, lacking
from diagnosis.documents.packet.story import (
    chronology,
    closing,
    ending,
    failed_planes,
    failures,
    in_a_sentence,
    is_whole,
    opening,
    rule_named,
    run_words,
)
from diagnosis.gates import Plane, Verdict
from diagnosis.verdicts.anchor import AnchorKind
from diagnosis.verdicts.closure import ClosureStatus

_ASKED = (
    ("own-boundary", "How do you know that each failure stopped at its own gate?"),
    ("fail-closed", "Did anything get out of a run that was refused?"),
    ("same-workflow", "Was it the same workflow all the way?"),
    ("same-commit", "Was it the same code all the way?"),
    ("same-subject", "Does the last run prove the identity that was refused?"),
    ("fix-in-plane", "Did each fix touch only the plane that had failed?"),
    ("scope-bounded", "Did the fix grant more than was needed?"),
    ("no-undocumented-widening", "Was anything opened for a while and closed again?"),
    ("no-static-credentials", "Was there a long-lived key to fall back on?"),
    ("short-lived-session", "Whose credentials were in use?"),
    ("no-override", "Could a gate's failure have been overridden?"),
    ("no-side-channel", "Could the image have come in another way?"),
    ("evidence-measured", "Does the evidence measure anything, or does it only assert?"),
)
"""Rules of closure as a reader would ask for them."""

TWO_PLANES = (
    "A release has to be let in (authentication: OIDC trust, role assumption) and then has to be allowed what it does "
    "(authorization: registry, services, least privilege); either stops it alone."
)
_CONTROL = (
    "Separated authentication (OIDC trust, role assumption) from authorization (registry, least privilege) as fail-closed "
    "gates of a GitHub Actions release to AWS, with short-lived credentials only."
)

_SHOWN = (
    AnchorKind.DECISION_LOG,
    AnchorKind.LOCAL_EVIDENCE,
    AnchorKind.DURABLE_EVIDENCE,
    AnchorKind.IMAGE_TAG,
    AnchorKind.IMAGE_DIGEST,
)


def interview_of(facts: Facts) -> Interview:
    """Return what may be said of these facts."""
    bullets, note = _bullets(facts)
    end = closing(facts)
    last = facts.attempts[-1] if facts.attempts else None
    return Interview(
        one_line=_one_line(facts),
        telling=tuple(_telling(facts)),
        hooks=tuple(_hooks(facts)),
        bullets=bullets,
        bullets_note=note,
        portfolio=end.url if end else last.url if last else "",
    )


def _one_line(facts: Facts) -> str:
    if is_whole(facts):
        return (
            "I hardened how CI gets into AWS: who may enter and what it may do are two gates, each failed for a reason of its "
            "own, each was mended within bounds, and the same workflow then published."
        )
    if not failed_planes(facts):
        return f"I examined a release to AWS gate by gate. {opening(facts)}"
    planes = " and ".join(plane.label for plane in failed_planes(facts))
    tail = "" if facts.status == ClosureStatus.CLOSED.value else f" The chain is {facts.status} so far."
    return f"I told apart why a release to AWS failed ({planes}), from the record of its own runs.{tail}"


def _telling(facts: Facts) -> Iterator[tuple[str, str]]:
    """Yield the topics in the order in which the story is told."""
    yield (
        "The two-plane problem",
        f"{TWO_PLANES} {opening(facts)}",
    )
    yield "Chronology", " ".join(chronology(facts)) or "No run was read."
    yield "What was done", " ".join(_done(attempt) for attempt in _red(facts)) or "No failure is on record."
    anchors = "; ".join(
        f"{anchor.kind.value.replace('-', ' ')} {anchor.value} ({anchor.state.value})"
        for anchor in facts.anchors
        if anchor.kind in _SHOWN
    )
    sentence = facts.closure.sentence if facts.closure else "It was not judged."
    shown = f" Anchors: {anchors}." if anchors else ""
    yield "Closure and anchors", f"{ending(facts)} Closure: {facts.status}. {sentence}{shown}".strip()
    yield "What is not claimed", " ".join(NON_CLAIMS)


def _red(facts: Facts) -> tuple[AttemptEntry, ...]:
    return tuple(dict.fromkeys(attempt for attempt, _ in failures(facts)))


def _done(attempt: AttemptEntry) -> str:
    remediation = attempt.remediation
    if remediation.source is RemediationSource.NOT_ON_RECORD:
        return f"After {run_words(attempt)}: nothing is on record."
    return f"After {run_words(attempt)} ({remediation.source.value}): {remediation.text.rstrip('.')}."


def _hooks(facts: Facts) -> Iterator[Hook]:
    for attempt, gate in failures(facts):
        proof = attempt.proof.text if attempt.proof else "no line of it is legible"
        address = attempt.proof.address if attempt.proof else ""
        plane = "an authentication" if gate.plane is Plane.AUTHENTICATION else "an authorization"
        yield Hook(
            f"Why was {run_words(attempt)} {plane} failure?",
            f"{attempt.reason} The line says: {proof}",
            tuple(dict.fromkeys(filter(None, (attempt.url, address)))),
        )
    for slug, question in _ASKED:
        rule = rule_named(facts, slug)
        if rule is not None:
            passed = {Verdict.PASS: "passes", Verdict.FAIL: "fails"}.get(rule.verdict, "lacks proof")
            links = dict.fromkeys(proof.address for proof in rule.evidence if proof.address)
            yield Hook(question, f"The rule {passed}. {rule.reason}", tuple(links))


def _bullets(facts: Facts) -> tuple[tuple[str, ...], str]:
    """Return what a CV may say, and what it may not."""
    if is_whole(facts):
        places = " and ".join(dict.fromkeys(in_a_sentence(gate) for _, gate in failures(facts)))
        outcome = (
            f"Brought a release that had failed at {places} to proved closure: one bounded change for each failure, the same "
            "workflow rerun, the image tied to its run by tag and digest."
        )
        return (_CONTROL, outcome), "Both speak of this release workflow alone."
    places = " and ".join(
        f"{plane.label} ({', '.join(dict.fromkeys(in_a_sentence(gate) for _, gate in failures(facts) if gate.plane is plane))})"
        for plane in failed_planes(facts)
    )
    if not places:
        return (), f"There is none yet: {_why_not(facts)}."
    told = (
        f"Located failures of a GitHub Actions release to AWS by plane and gate, {places}, from the record of its runs."
    )
    return (told,), f"Nothing can be said of the outcome yet: {_why_not(facts)}."


def _why_not(facts: Facts) -> str:
    if not failed_planes(facts):
        return "no failure at a gate is on record that could have been resolved"
    if facts.closure is None:
        return "closure was not judged"
    if closing(facts) is None:
        return f"the chain is {facts.status}"
    if facts.closure.status is ClosureStatus.CLOSED:
        return "only one of the two planes has a failure on record, or no push is shown"
    return f"the chain is {facts.status}, and {lacking(facts)}"
