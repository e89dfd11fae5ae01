"""What is said of one attempt and what proves it: in a title, by the speaker, and as lines with their addresses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from diagnosis.documents.packet.content import AnchorEntry, AttemptEntry
from diagnosis.documents.packet.story import in_a_sentence, run_words
from diagnosis.documents.walkthrough.steps import Proof
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.anchor import AnchorKind, AnchorState
from diagnosis.verdicts.run_end import End

_LONGEST_SAID = 280
"""Characters of what was done that a speaker says; all of it stands below."""
_ORDER = (
    AnchorKind.IMAGE_TAG,
    AnchorKind.IMAGE_DIGEST,
    AnchorKind.RUN,
    AnchorKind.DECISION_LOG,
    AnchorKind.DURABLE_EVIDENCE,
    AnchorKind.LOCAL_EVIDENCE,
    AnchorKind.EVIDENCE_FILE,
)
"""Of the anchors in one state, those that tell most first."""


def at_gates(attempt: AttemptEntry, verdict: Verdict) -> tuple[Gate, ...]:
    """Return the gates of an attempt at which this is the verdict."""
    return tuple(gate for gate, each in attempt.verdicts if each is verdict)


def came_to(attempt: AttemptEntry) -> str:
    """Return what became of an attempt in a few words, for a title."""
    refused = at_gates(attempt, Verdict.FAIL)
    if attempt.end is End.RUNNING:
        return "not ended"
    if attempt.end is End.SUCCESS:
        # GitHub calls a run a success too whose failing step was allowed to fail.
        return f"success, though {' and '.join(map(in_a_sentence, refused))} failed" if refused else "success"
    if refused:
        return f"{' and '.join(map(in_a_sentence, refused))} failed"
    return "why it failed is not known" if attempt.end is End.UNKNOWN else "stopped at no gate"


def spoken(attempt: AttemptEntry, sentence: str) -> str:
    """Return how an attempt is told: how it ended, then why, neither of them twice."""
    reason, refused = attempt.reason, at_gates(attempt, Verdict.FAIL)
    if len(refused) == 1 and attempt.end is End.GATE:
        return f"{sentence.removesuffix('.')}, in the {refused[0].plane.label} plane. {reason.partition('): ')[2] or reason}"
    if not refused and attempt.end in (End.ANOTHER, End.UNKNOWN):
        name = run_words(attempt)
        return f"{name[:1].upper()}{name[1:]}: {reason[:1].lower()}{reason[1:]}"
    return sentence if reason.rstrip(".").lower() in sentence.lower() else f"{sentence} {reason}"


def said(text: str) -> str:
    """Return what was done without its source, which stands in brackets at the end, cut where it is too long to be said."""
    words = (text.rpartition(" (")[0] if text.endswith(")") else text).strip() or text
    words = words.removesuffix(".")
    if len(words) <= _LONGEST_SAID:
        return words
    return f"{words[:_LONGEST_SAID].rpartition(' ')[0] or words[:_LONGEST_SAID]} …"


def _telling_first(anchor: AnchorEntry) -> tuple[int, int]:
    return tuple(AnchorState).index(anchor.state), _ORDER.index(anchor.kind) if anchor.kind in _ORDER else len(_ORDER)


def anchored(anchors: Sequence[AnchorEntry], runs: Mapping[str, str]) -> tuple[Proof, ...]:
    """Return the anchors as they are listed, those that tell most first; ``runs``: the names of runs by their addresses."""
    return tuple(_anchored(anchor, runs) for anchor in sorted(anchors, key=_telling_first))


def _anchored(anchor: AnchorEntry, runs: Mapping[str, str]) -> Proof:
    name = runs.get(anchor.value) or anchor.kind.value.replace("-", " ").capitalize()
    text = name if anchor.value == anchor.url else f"{name}: {anchor.value}"
    return Proof(text, anchor.url, anchor.state.value)


def proof_of(attempt: AttemptEntry) -> tuple[Proof, ...]:
    """Return the line that proves what became of an attempt, and its page."""
    proof = attempt.proof
    own = Proof(f"{run_words(attempt)[:1].upper()}{run_words(attempt)[1:]}, as GitHub keeps it", attempt.url)
    if proof is None:
        return (own,)
    return (Proof(proof.text, proof.address, proof.origin.value), *((own,) if proof.address != attempt.url else ()))
