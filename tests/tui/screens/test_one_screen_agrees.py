"""One screen never contradicts itself: timeline, summary, sections and text report of every world, for every path."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from incident_values import diagnosis_of
from live_worlds import WORLDS, diagnosis_of_world
from permission_faults import FAULTS, shared
from policy_faults import FAULTS as POLICY_FAULTS
from policy_faults import faulty
from red_runs import AT_GATE, GOOD, TESTS, WITHOUT_LOG, cut, world
from rich.console import Console
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, broken
from thoroughness import some
from words_shown import words_of

from diagnosis.causes import Cause
from diagnosis.gates import Checkpoint, Gate, Plane, Verdict
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.cli.reports.diagnosis import show
from tui.widgets.base.blocks import Block
from tui.widgets.detail import section_evidence, section_forecast, section_remediation
from tui.widgets.detail.selection import Selection
from tui.widgets.summary.summary import summary_lines
from tui.widgets.timeline.columns import Cell, Column, columns_of


def words(blocks: list[Block]) -> str:
    return " ".join(words_of(blocks).split())


def summary(diagnosis: Diagnosis, path: int) -> dict[str, str]:
    """What stands behind each label of the summary, its lines joined."""
    told: dict[str, str] = {}
    label = ""
    for line in summary_lines(diagnosis, path, 100, 200):
        label = line.plain[:9].strip() or label
        told[label] = f"{told.get(label, '')} {line.plain[9:].strip()}".strip()
    return told


def report(diagnosis: Diagnosis) -> str:
    written = io.StringIO()
    show(diagnosis, Console(file=written, width=400))
    return " ".join(written.getvalue().split())


def contradictions(diagnosis: Diagnosis) -> Iterator[str]:
    text = report(diagnosis)
    for path in range(max(1, len(diagnosis.paths))):
        columns, told = columns_of(diagnosis, path), summary(diagnosis, path)
        now, after = columns[-2], columns[-1]
        view = Selection(diagnosis, now, Cell(len(columns) - 2, 0, diagnosis.gates), path)
        forecast, remediation = (words(each.blocks_of(view)) for each in (section_forecast, section_remediation))
        yield from _after_fix(after, told["Change"], remediation)
        yield from _now(diagnosis, now, told, forecast)
        refused = words(
            section_evidence.blocks_of(
                replace(view, cell=Cell(len(columns) - 2, len(diagnosis.gates), diagnosis.gates))
            )
        )
        if "rerun would be refused" in refused and "unless" not in refused:
            said = f"{told['Change']} {told['Rerun']}"
            if "new tag" not in said or "gh run rerun" in remediation:
                yield f"a rerun would be refused beside {said!r} and {remediation[-300:]!r}"
        if diagnosis.paths:
            yield from _admits(diagnosis, path, remediation)
            proof = _proof(told["Change"])
            if proof not in text:
                yield f"the text report does not say {proof!r}"
    if "Nothing: every gate passes today." in text and now.outcome.sign not in "✔?":
        yield f"the text report foretells nothing, NOW {now.outcome.word}"


def _proof(change: str) -> str:
    """The proof in the summary, without its sign and what stands behind it."""
    return re.split(r" path \d| {2}| cloud security| platform /| organization adm| registry owner", change[2:])[
        0
    ].strip()


def _after_fix(after: Column, change: str, remediation: str) -> Iterator[str]:
    sign, word = after.outcome.sign, after.outcome.word
    if not after.gates:
        if (word == "none due") != change.startswith("none"):
            yield f"AFTER FIX {word} beside {change!r}"
        if (word == "none due") != ("there is nothing to change" in remediation):
            yield f"AFTER FIX {word} beside {remediation!r}"
        return
    if not change.startswith(f"{sign} "):
        yield f"AFTER FIX {sign} {word} beside {change!r}"
    if (word == "passes") != bool(re.search(r"one more run (with a new tag )?then passes", change)):
        yield f"AFTER FIX {word} beside {change!r}"
    undecided = [each.gate.label for each in after.gates if each.verdict is Verdict.UNKNOWN]
    if "not proved: " in change and any(label not in change for label in undecided):
        yield f"AFTER FIX unknown at {undecided} beside {change!r}"
    for verdict in after.gates:
        label = verdict.gate.label
        if (
            (
                verdict.verdict is Verdict.FAIL
                and verdict.gate is not Gate.LEAST_PRIVILEGE
                and f"stops at {label}" not in change
            )
            and f"and {label}" not in change
            and f"stopped at {label}" not in change
        ):
            yield f"AFTER FIX fail at {label} beside {change!r}"
        if verdict.verdict is not Verdict.PASS and ("all four gates" in change or "all five gates" in change):
            yield f"AFTER FIX {verdict.verdict.value} at {label} beside {change!r}"
    if f"{sign} {_proof(change)}" not in remediation:
        yield f"{change!r} beside {remediation[:200]!r}"


def _now(diagnosis: Diagnosis, now: Column, told: dict[str, str], forecast: str) -> Iterator[str]:
    sign, word = now.outcome.sign, now.outcome.word
    said, rerun = told.get("Now", ""), told["Rerun"]
    if "✔" in said and (sign, word) != ("✔", "passes"):
        yield f"NOW {sign} {word} beside {said!r}"
    if "✔" in rerun and (sign, word) != ("✔", "passes"):
        yield f"NOW {sign} {word} beside {rerun!r}"
    if sign != "✔" and "pass every gate now." in forecast and "But " not in forecast:
        yield f"NOW {sign} {word} beside {forecast[:160]!r}"
    met = any(problem.gate is not Gate.LEAST_PRIVILEGE for problem in diagnosis.forecast)
    if met != (word == "stops") and now.gates:
        yield f"NOW {word} beside a forecast of {[problem.cause.value for problem in diagnosis.forecast]}"
    if (word == "stops") != ("would still meet" in forecast) and diagnosis.live is not None:
        yield f"NOW {word} beside {forecast[:160]!r}"
    if word == "passes" and "not all is proved" in rerun:
        yield f"NOW {word} beside {rerun!r}"
    if word == "stops" and re.search(r"would pass|passes the gates", rerun):
        yield f"NOW {word} beside {rerun!r}"


def _admits(diagnosis: Diagnosis, path: int, remediation: str) -> Iterator[str]:
    still = diagnosis.paths[path].still
    if "nothing beyond the need" in remediation and any(each.gate is Gate.LEAST_PRIVILEGE for each in still):
        yield f"nothing beyond the need above {[each.reason for each in still]}"


def worlds() -> Iterator[tuple[str, Diagnosis]]:
    yield from ((name, diagnosis_of_world(name)) for name in WORLDS if name != "nothing")
    yield from ((f"stage {stage}", diagnosis_of(stage, run)) for stage in (1, 2, 3) for run in range(1, stage + 1))
    yield from ((each.name, broken([each]).diagnosis()) for each in some((*DEFECTS, *ELSEWHERE_DEFECTS), 6))
    yield from ((each.name, shared(each).diagnosis()) for each in some(FAULTS, 10))
    yield from ((str(each), faulty(each).diagnosis()) for each in some(POLICY_FAULTS, 20))
    for jobs in ((GOOD,), (AT_GATE,), (TESTS,), (GOOD, WITHOUT_LOG), (cut("cancelled"),)):
        yield f"red run {len(jobs)}", world(*jobs).diagnosis()
        account = broken([DEFECTS[1]]).account
        yield f"red run {len(jobs)} and a gate", replace(world(*jobs), account=account).diagnosis()
    for defect in some([each for each in DEFECTS if each.part == "trust"], 4):
        made = broken([defect])
        yield (
            f"a pull request, {defect.name}",
            replace(made, attempt=replace(made.attempt, event="pull_request")).diagnosis(),
        )


def test_no_world_is_told_in_two_ways_on_one_screen() -> None:
    found = [f"{name}: {each}" for name, diagnosis in worlds() for each in contradictions(diagnosis)]
    assert not found, "\n".join(found)


QUOTA = Problem(None, Plane.REGISTRY_STATE, Cause.IMAGE_QUOTA, "The repository is full.")
TOO_OPEN = Problem(Checkpoint.LEAST_PRIVILEGE, Plane.AUTHORIZATION, Cause.TRUST_TOO_OPEN, "It admits a fork.")


@pytest.mark.parametrize("still", [(), (QUOTA,), (TOO_OPEN,)], ids=["nothing", "a quota", "a fork"])
@pytest.mark.parametrize("verdicts", [
    "pppp", "pppf", "pppu", "ppfp", "ppup", "fbbb", "uuuu", "pfpu",
])  # fmt: skip
def test_whatever_a_path_leaves_is_told_in_one_way(verdicts: str, still: tuple[Problem, ...]) -> None:
    made = diagnosis_of(1)
    gates = tuple(
        replace(
            gate, verdict={"p": Verdict.PASS, "f": Verdict.FAIL, "u": Verdict.UNKNOWN, "b": Verdict.BLOCKED}[letter]
        )
        for gate, letter in zip(made.paths[0].gates, verdicts, strict=True)
    )
    if still == (TOO_OPEN,) and verdicts[-1] != "f":
        return
    diagnosis = replace(made, paths=(replace(made.paths[0], gates=gates, still=still),))
    assert not list(contradictions(diagnosis))


def test_a_gate_that_refused_the_run_and_is_not_judged_is_nowhere_said_to_pass() -> None:
    made = diagnosis_of(3)
    assert made.live is not None
    assert made.subject is not None
    for place in range(4):
        refused = tuple(
            replace(gate, verdict=Verdict.FAIL) if number == place else gate
            for number, gate in enumerate(made.subject.gates)
        )
        subject = replace(made.subject, gates=refused)
        live = replace(made.live, gates=(*made.live.gates[:place], *made.live.gates[place + 1 :]))
        shown = replace(made, replays=(*made.replays[:-1], subject), subject=subject, live=live)
        assert not list(contradictions(shown)), place


def test_a_row_that_a_path_leaves_failing_is_never_called_unproved() -> None:
    made = diagnosis_of(1)
    gates = (*made.paths[0].gates[:2], replace(made.paths[0].gates[2], verdict=Verdict.FAIL), made.paths[0].gates[3])
    change = summary(replace(made, paths=(replace(made.paths[0], gates=gates),)), 0)["Change"]
    assert change.startswith("✘ opens 3 of 4 gates; one more run still stops at Registry authorization")


def test_the_outcome_cell_of_a_rerun_says_what_its_column_says() -> None:
    for name in WORLDS:
        diagnosis = diagnosis_of_world(name)
        columns = columns_of(diagnosis)
        for place in (len(columns) - 2, len(columns) - 1):
            cell = Cell(place, len(diagnosis.gates), diagnosis.gates)
            text = words(section_evidence.blocks_of(Selection(diagnosis, columns[place], cell)))
            outcome = columns[place].outcome
            assert f"{outcome.sign} {outcome.word}" in text
