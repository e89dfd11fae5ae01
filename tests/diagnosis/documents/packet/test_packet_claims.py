"""No sentence of a packet claims a success, a push, a mending or a closure that its facts do not hold."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path as FilePath

import pytest
from click.testing import CliRunner
from compliant_chain import ComplyingRelease
from deploying_release import released
from hypothesis import given, settings
from hypothesis import strategies as st
from made_attempts import made_attempt
from thoroughness import THOROUGH, examples

from diagnosis.documents.audience import Audience
from diagnosis.documents.packet import Packet, packet
from diagnosis.facts.case import Case
from diagnosis.gates import GATES, Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.closure import Closure, ClosureStatus, RuleVerdict
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.gate_verdict import Finding, GateVerdict
from diagnosis.verdicts.release import Need
from diagnosis.verdicts.replay import Replay
from diagnosis.verdicts.run_end import End
from diagnosis.verdicts.stop import Reason, Stop
from tui.bootstrap import embedded_backend
from tui.cli.main import planescope
from tui.packet.from_json import packet_of
from tui.packet.pages import pages_of

PUSH = Need("ecr:PutImage", "*", Checkpoint.REGISTRY_PUSH, "the push")
VERDICTS = st.sampled_from(list(Verdict))


@pytest.fixture(scope="module")
def compliant() -> Diagnosis:
    return ComplyingRelease().diagnosis()


def sentences(made: Packet) -> Iterator[str]:
    """Every sentence that the packet itself makes; not the reasons that it hands on."""
    yield from (made.readings.correct, made.readings.incorrect, *made.non_claims, made.aws_specific)
    yield from (attempt.reason.partition(".")[0] for attempt in made.attempts if attempt.end is End.SUCCESS)
    if made.interview is not None:
        yield from (made.interview.one_line, *made.interview.bullets, made.interview.bullets_note)
        yield from (words for topic, words in made.interview.telling if topic != "Closure and anchors")


def check(made: Packet) -> None:
    """Hold every sentence against the facts."""
    text = " ".join(sentences(made))
    last = made.attempts[-1] if made.attempts else None
    succeeded = [attempt for attempt in made.attempts if attempt.conclusion == "success"]
    planes = {gate.plane for each in made.attempts for gate, verdict in each.verdicts if verdict is Verdict.FAIL}
    closed = made.closure is not None and made.closure.status is ClosureStatus.CLOSED
    if not any(attempt.published for attempt in made.attempts):
        assert not re.search(r"(?i)\bpublish|\bpushed its", text), text
    if last is None or not last.published:
        assert "published" not in made.readings.correct
    if not succeeded:
        assert not re.search(r"(?i)\bsucce|\bgreen\b", text), text
    if not closed or last not in succeeded:
        assert not re.search(r"(?i)\bmended|is proved|\bhardened|proved closure", text), text
        assert made.interview is None or not any("closure" in bullet for bullet in made.interview.bullets)
    if planes != {Plane.AUTHENTICATION, Plane.AUTHORIZATION}:
        assert "Two control planes" not in text
        assert made.interview is None or len(made.interview.bullets) < 2
    for plane in (Plane.AUTHENTICATION, Plane.AUTHORIZATION):
        assert plane in planes or not re.search(rf"\b{plane.label} at ", made.readings.correct)
    if made.closure is None:
        assert "not judged" in made.readings.correct
    elif not closed:
        assert re.search(r"not closure|not acceptable|is open|not judged", made.readings.correct), made.readings.correct


@st.composite
def diagnoses(draw: st.DrawFn) -> Diagnosis:
    """Any chain with any judgement of it, also one that contradicts it."""
    replays = []
    for number in range(1, draw(st.integers(0, 3)) + 1):
        conclusion = draw(st.sampled_from(["success", "failure", "failure", "cancelled", None]))
        attempt = made_attempt(
            number,
            conclusion=conclusion,
            status=draw(st.sampled_from(["completed", "completed", "in_progress"]))
            if conclusion is None
            else "completed",
            workflow_path=draw(st.sampled_from([".github/workflows/a.yml", ".github/workflows/a.yml", "b.yml"])),
        )
        gates = tuple(GateVerdict(gate, draw(VERDICTS), "Why.") for gate in GATES)
        failed = next((each.gate for each in gates if each.verdict is Verdict.FAIL), None)
        place = {Gate.OIDC_TRUST: Checkpoint.OIDC_TRUST, None: None}.get(failed, Checkpoint.REGISTRY_AUTH)
        finding = Finding(Plane.OTHER if failed is None else failed.plane, place, None)
        reason = draw(st.sampled_from(list(Reason)))
        stops = (Stop(reason, "failure", "job", "step", finding),) if conclusion == "failure" else ()
        needs = (PUSH,) if draw(st.booleans()) else ()
        replays.append(Replay(attempt, gates, None, needs=needs, stops=stops))
    rules = tuple(
        RuleVerdict(slug, title, draw(VERDICTS), "Because.", breach=draw(st.booleans()))
        for slug, title in (("positive-path", "The path"), ("no-override", "No override"), ("own-boundary", "Boundary"))
    )
    status = draw(st.sampled_from([*ClosureStatus, None]))
    closure = Closure(status, "So it is.", rules, next_steps=("Do it.",)) if status else None
    subject = replays[-1] if replays else None
    paths = (Path("Grant it", (), ()),) if draw(st.booleans()) else ()
    return Diagnosis("any", tuple(replays), subject, None, paths=paths, closure=closure)


@settings(max_examples=examples(1500), deadline=None)
@given(diagnosis=diagnoses(), audience=st.sampled_from(list(Audience)))
def test_no_sentence_claims_what_the_facts_do_not_hold(diagnosis: Diagnosis, audience: Audience) -> None:
    check(packet(diagnosis, Case(), audience=audience))


def test_each_state_of_a_chain_is_read_in_its_own_way(compliant: Diagnosis) -> None:
    assert compliant.closure is not None
    readings = {}
    for status in (*ClosureStatus, None):
        closure = replace(compliant.closure, status=status) if status else None
        readings[status] = packet(replace(compliant, closure=closure), Case()).readings
    assert len({reading.correct for reading in readings.values()}) == len(readings)
    for cut in ((), compliant.replays[:1], compliant.replays[:2], compliant.replays[1:], compliant.replays[2:]):
        part = replace(compliant, replays=tuple(cut), subject=cut[-1] if cut else None)
        for status, audience in itertools.product((*ClosureStatus, None), Audience):
            closure = replace(compliant.closure, status=status) if status else None
            check(packet(replace(part, closure=closure), Case(), audience=audience))


def test_a_closed_chain_is_told_whole_and_gives_two_bullets(compliant: Diagnosis) -> None:
    made = packet(compliant, Case(), audience=Audience.INTERVIEWER)
    check(made)
    assert made.status == "closed"
    assert "Run 903 of the same workflow then published its image" in made.readings.correct
    assert "mended within bounds" in made.readings.correct
    assert made.interview is not None
    assert len(made.interview.bullets) == 2
    assert "fail-closed" in made.interview.bullets[0]
    assert made.interview.portfolio == "https://github.com/acme/shop/actions/runs/903"
    assert [topic for topic, _ in made.interview.telling] == [
        "The two-plane problem", "Chronology", "What was done", "Closure and anchors", "What is not claimed",
    ]  # fmt: skip
    assert any("authentication failure" in hook.question and hook.links for hook in made.interview.hooks)
    assert packet(compliant, Case()).interview is None


def test_the_incident_is_told_to_whoever_is_chosen_on_the_command_line(tmp_path: FilePath) -> None:
    there = tmp_path / "packet"
    command = ["packet", "export", "--demo", "3", "--for", "interviewer", "-o", str(there)]
    assert CliRunner().invoke(planescope, command).exit_code == 0
    made = packet_of((there / "packet.json").read_text())
    check(made)
    assert made.audience is Audience.INTERVIEWER
    assert "then published its image. That is not closure: " in made.readings.correct
    assert made.readings.correct.endswith("closed for refs/heads/dev, not proven for refs/heads/migrate-dev.")
    assert made.interview is not None
    assert len(made.interview.bullets) == 1
    page = (there / "packet.html").read_text()
    assert page.index('id="interview"') < page.index('id="timeline"') < page.index('id="closure"')


@pytest.mark.skipif(not THOROUGH, reason="the command line tells the last stage in the quick run")
@pytest.mark.parametrize(("incident", "stages"), [("release", "123"), ("services", "136")])
def test_the_incidents_are_told_as_they_were(incident: str, stages: str) -> None:
    backend = embedded_backend("1", incident)
    try:
        for stage in stages:
            backend.move_to(int(stage) - 1)
            found = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
            for audience in Audience:
                made = packet(found, backend.case, audience=audience)
                check(made)
                last = (incident, stage) == ("release", "3")
                assert ("then published its image" in made.readings.correct) is made.attempts[-1].published
                assert any(entry.published for entry in made.attempts) is (
                    last or (incident, stage) == ("services", "6")
                )
                if not any(entry.published for entry in made.attempts):
                    assert all("published its" not in page for page in pages_of(made).values())
                if made.interview is not None:
                    assert len(made.interview.bullets) == 1
                    assert "Nothing can be said of the outcome" in made.interview.bullets_note
    finally:
        backend.close()


def test_a_release_that_was_never_refused_is_not_told_as_one_that_was() -> None:
    made = packet(released(script=False, granted=True).diagnosis(), Case(), audience=Audience.INTERVIEWER)
    check(made)
    assert made.interview is not None
    assert made.interview.bullets == ()
