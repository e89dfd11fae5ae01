"""Every record of the catalogue is whole, and its words are sentences that an engineer can act on."""

from __future__ import annotations

import re

import pytest

from diagnosis.causes import Cause, Integrity, sentence_of, tell_apart_of
from diagnosis.gates import Checkpoint, Plane

SLUGS = tuple(dict.fromkeys((*map(str, Cause), *map(str, Integrity))))
DOCUMENTATION = re.compile(r"https://docs\.(?:aws\.amazon|docker|github)\.com/\S+[a-z0-9]/?")
COMMANDS_THAT_CHANGE = re.compile(r"\baws \w+ (?!describe|get|list)\S+|\bterraform apply|\bgh \w+ (?!view|list)")


@pytest.mark.parametrize("cause", Cause)
def test_a_cause_has_every_word(cause: Cause) -> None:
    for words in (cause.sentence, cause.tell_apart, cause.next_step):
        assert_sentence(words)
    assert not COMMANDS_THAT_CHANGE.search(f"{cause.tell_apart} {cause.next_step}")
    assert cause.plane is not Plane.OTHER or cause.record.checkpoint is None


@pytest.mark.parametrize("finding", Integrity)
def test_an_integrity_finding_has_every_word(finding: Integrity) -> None:
    record = finding.record
    for words in (finding.sentence, record.shows, record.next_step):
        assert_sentence(words)


@pytest.mark.parametrize("member", [*Cause, *Integrity], ids=str)
def test_a_reference_is_documentation_or_the_lack_of_it_is_explained(member: Cause | Integrity) -> None:
    record = member.record
    if record.reference is None:
        assert_sentence(record.no_reference)
    else:
        assert DOCUMENTATION.fullmatch(record.reference)
        assert not record.no_reference


def assert_sentence(words: str) -> None:
    """Begins like a sentence (or with a command to read by), ends like one, and is no slug in a frame."""
    assert re.match(r"[A-Z“]|aws ", words), words
    assert words.endswith("."), words
    assert len(words.split()) >= 3, words
    assert not re.search(r"\bcause is\b", words), words


def test_a_member_is_its_slug() -> None:
    assert Cause.PUSH_SCOPE == "push-scope"
    assert {"push-scope": 1}[Cause.PUSH_SCOPE] == 1
    assert Cause.of("push-scope") is Cause.PUSH_SCOPE
    assert Cause.of("no-such-cause") is None


def test_the_place_tells_plane_and_gate() -> None:
    assert Cause.PUSH_SCOPE.record.checkpoint is Checkpoint.REGISTRY_PUSH
    assert Cause.PUSH_SCOPE.record.gate is Checkpoint.REGISTRY_PUSH.gate
    assert Cause.PUSH_SCOPE.plane is Plane.AUTHORIZATION
    assert (Cause.SCP.plane, Cause.SCP.record.checkpoint, Cause.SCP.record.gate) == (Plane.AUTHORIZATION, None, None)


def test_causes_stand_by_plane_in_the_order_of_the_gates() -> None:
    planes = [cause.plane for cause in Cause]
    assert list(dict.fromkeys(planes)) == list(Plane)
    assert planes == sorted(planes, key=list(Plane).index)
    orders = [cause.record.checkpoint.order for cause in Cause if cause.record.checkpoint]
    assert orders == sorted(orders)


def test_what_holds_for_several_causes_is_said_where_none_is_known() -> None:
    role = sentence_of(
        Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, None, (Cause.SUBJECT_NOT_ADMITTED, Cause.ROLE_ABSENT)
    )
    assert role.startswith("AWS accepted the token and does not give the role.")
    assert "ecr:PutImage" in sentence_of(Plane.AUTHORIZATION, None, None, (Cause.SCP,), "ecr:PutImage")
    assert sentence_of(Plane.OTHER, None, Cause.DISK_FULL) == "The disk is full."
    assert (
        sentence_of(Plane.OTHER, None, None) == "Something failed, and its words tell of no failure that is known here."
    )
    assert tell_apart_of(None, (Cause.BOUNDARY, Cause.SCP)) == Cause.BOUNDARY.tell_apart
    assert tell_apart_of(None) == ""


@pytest.mark.parametrize("plane", Plane)
@pytest.mark.parametrize("checkpoint", [None, *Checkpoint])
def test_every_failure_has_a_sentence(plane: Plane, checkpoint: Checkpoint | None) -> None:
    for cause in (None, *Cause):
        words = sentence_of(plane, checkpoint, cause, tuple(Cause)[:2])
        assert_sentence(words)
        assert all(slug not in words.split() for slug in SLUGS if "-" in slug)
