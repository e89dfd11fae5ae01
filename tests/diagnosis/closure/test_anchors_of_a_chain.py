"""How far each anchor of a chain was checked: what was read is verified, what was only named stated, the rest unverifiable."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from compliant_chain import ComplyingRelease

from diagnosis.closure.evidence.anchors import anchors_of
from diagnosis.diagnose import conclude
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import ClosureFacts, EvidenceFile, EvidenceRoot
from diagnosis.facts.evidence import Origin
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.verdicts.anchor import AnchorKind, AnchorState

VERIFIED, STATED, NOT = AnchorState.VERIFIED, AnchorState.STATED, AnchorState.UNVERIFIABLE
BASE = ComplyingRelease()
IMAGE = (AnchorKind.IMAGE_TAG, AnchorKind.IMAGE_DIGEST)
FILE, LOG = AnchorKind.EVIDENCE_FILE, AnchorKind.DECISION_LOG


def states(release: ComplyingRelease, *kinds: AnchorKind) -> set[AnchorState]:
    """The states of a release's anchors of these kinds."""
    return {each.state for each in release.diagnosis().anchors if each.kind in kinds}


def test_an_image_is_verified_by_the_registry_alone() -> None:
    assert states(BASE, *IMAGE) == {VERIFIED}
    for reading in (Absent("image"), Unreadable("image", "denied", "grant it")):
        assert states(replace(BASE, account=replace(BASE.account, image=reading)), *IMAGE) == {NOT}
    other = replace(BASE.account, image=Known(replace(BASE.account.image.value, digest="sha256:" + "0" * 64)))  # type: ignore[union-attr]
    assert states(replace(BASE, account=other), AnchorKind.IMAGE_DIGEST) == {NOT}
    replays = BASE.diagnosis().replays
    for account, case in ((None, BASE.case), (None, Case())):
        asked = conclude(replays, account, case, made_at=BASE.made_at).anchors
        assert {each.state for each in asked if each.kind in IMAGE} == {STATED}
    # A case alone names it where no log does.
    quiet = [replace(each, facts=replace(each.facts, tag=None, digest=None)) for each in replays]
    named = anchors_of(quiet, None, replace(BASE.case, digest=None), ClosureFacts())
    assert [(each.kind, each.state) for each in named if each.kind in IMAGE] == [(AnchorKind.IMAGE_TAG, STATED)]


def test_a_file_is_verified_where_it_was_read_the_same_everywhere() -> None:
    assert states(BASE, FILE) == {VERIFIED}
    assert states(replace(BASE, kept=BASE.receipt + " "), FILE) == {NOT}
    assert states(replace(BASE, case=replace(BASE.case, evidence_artifacts=("lost.json",))), FILE) == {NOT}
    replays = BASE.diagnosis().replays

    def told(*files: EvidenceFile, named: str = "kept.json") -> list[tuple[AnchorState, str]]:
        facts = ClosureFacts(durable_evidence=Known(EvidenceRoot("s3://kept/", files)))
        found = anchors_of(replays, None, replace(BASE.case, evidence_artifacts=(named,)), facts)
        return [(each.state, each.sha256) for each in found if each.kind is FILE]

    digest = hashlib.sha256(b"{}").hexdigest()
    known = EvidenceFile("kept.json", 2, None, Known(digest), Known("{}"))
    denied = Unreadable("kept.json", "denied", "grant it")
    assert told(known) == [(VERIFIED, digest)]
    assert told(replace(known, sha256=denied, text=denied)) == [(NOT, "")]
    assert told(named="nowhere.json") == [(NOT, "")]
    unread = [replace(each, attempt=replace(each.attempt, artifacts=denied)) for each in replays]
    found = anchors_of(unread, None, BASE.case, ClosureFacts())
    assert {each.state for each in found if each.kind is FILE} == {STATED}


def test_what_was_named_and_not_read_is_told_from_what_was_looked_for_in_vain() -> None:
    replays = BASE.diagnosis().replays
    denied = Unreadable("the decision log", "denied", "grant it", "s3:GetObject")
    never = Unreadable("the decision log", "it was not read", "read it")
    for reading, state in ((Absent("such file"), NOT), (denied, NOT), (never, STATED)):
        found = anchors_of(replays, None, BASE.case, ClosureFacts(decision_log=reading))
        (log,) = [each for each in found if each.kind is LOG]
        assert log.state is state, log.reason
        assert "s3:GetObject" in log.reason or reading is not denied
    assert states(replace(BASE, case=replace(BASE.case, decision_log_entry="## Another")), LOG) == {NOT}
    assert states(replace(BASE, case=replace(BASE.case, decision_log=None)), LOG) == set()


def test_a_run_whose_record_is_made_up_is_only_stated() -> None:
    replays = BASE.diagnosis().replays
    made_up = [replace(each, attempt=replace(each.attempt, origin=Origin.RECONSTRUCTED)) for each in replays]
    found = anchors_of(made_up, None, Case(), ClosureFacts())
    assert {each.state for each in found if each.kind is AnchorKind.RUN} == {STATED}
    assert anchors_of((), None, BASE.case, ClosureFacts()) == ()
