"""``planescope explain --cause`` prints records of the catalogue, and no explanation shows a bare slug as its sentence."""

from __future__ import annotations

import io
import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

from diagnosis.causes import Cause, Integrity, sentence_of, tell_apart_of
from diagnosis.failures import Explanation
from diagnosis.gates import Plane
from diagnosis.verdicts.gate_verdict import Finding
from tui.cli.main import planescope
from tui.cli.reports.causes import show_causes
from tui.cli.reports.explanation import show


def run(*arguments: str) -> Result:
    return CliRunner().invoke(planescope, ["explain", *arguments])


def squeezed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("cause", Cause)
def test_one_record_as_text(cause: Cause) -> None:
    result = run("--cause", cause)
    assert result.exit_code == 0
    words = squeezed(result.stdout)
    for part in (cause.value, cause.sentence, cause.tell_apart, cause.next_step, cause.owner.value):
        assert part in words
    assert (cause.reference or cause.record.no_reference) in words


@pytest.mark.parametrize("cause", Cause)
def test_one_record_as_json(cause: Cause) -> None:
    result = run("--cause", cause, "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["schema"] == "planescope.causes/1"
    (record,) = document["causes"]
    assert record["cause"] == cause
    assert (record["sentence"], record["tell_apart"], record["next_step"]) == (
        cause.sentence,
        cause.tell_apart,
        cause.next_step,
    )
    assert (record["plane"], record["owner"], record["reference"]) == (cause.plane, cause.owner, cause.reference)


def test_without_a_slug_all_of_them() -> None:
    document = json.loads(run("--cause", "--json").stdout)
    assert [record["cause"] for record in document["causes"]] == [*map(str, Cause)]
    assert [record["slug"] for record in document["integrity"]] == [*map(str, Integrity)]
    text = run("--cause").stdout
    assert all(f"\n{member}  " in text for member in (*Cause, *Integrity))


def test_an_integrity_finding_has_a_record_too() -> None:
    result = run("--cause", "gate-demoted")
    assert result.exit_code == 0
    assert Integrity.GATE_DEMOTED.sentence in result.stdout


def test_an_unknown_slug_names_the_nearest() -> None:
    result = run("--cause", "push-scop")
    assert result.exit_code == 2
    assert "No cause is called 'push-scop'. Did you mean push-scope" in result.stderr
    assert result.stdout == ""


def test_an_unlike_slug_names_the_way_to_all() -> None:
    result = run("--cause", "\x1b[31mzzz")
    assert result.exit_code == 2
    assert "Did you mean" not in result.stderr
    assert "`planescope explain --cause` prints all of them." in result.stderr
    assert "\x1b" not in result.stderr


@pytest.mark.parametrize("more", [["build.log"], ["--jsonl"], ["-"]])
def test_records_and_a_log_exclude_each_other(more: list[str]) -> None:
    result = run("--cause", "push-scope", *more)
    assert result.exit_code == 2
    assert "--cause reads no log" in result.stderr


@pytest.mark.parametrize("width", [80, 160])
def test_an_address_is_never_broken(width: int) -> None:
    for cause in Cause:
        if cause.reference:
            assert cause.reference in shown(lambda console, cause=cause: show_causes([cause], [], console), width)


@pytest.mark.parametrize("cause", Cause)
def test_an_explanation_says_what_its_cause_means(cause: Cause) -> None:
    finding = Finding(cause.plane, cause.record.checkpoint, cause, sentence=cause.sentence, tell_apart=cause.tell_apart)
    text = explained(finding)
    assert cause.sentence in text
    assert cause.next_step in text
    assert "The cause is" not in text


def test_several_possible_causes_are_listed_each_with_its_own_sentence() -> None:
    result = CliRunner().invoke(
        planescope, ["explain"], input="Error: Not authorized to perform sts:AssumeRoleWithWebIdentity\n"
    )
    words = squeezed(result.stdout)
    listed = (
        Cause.SUBJECT_NOT_ADMITTED,
        Cause.SUBJECT_SHAPE,
        Cause.SUBJECT_IMMUTABLE_FORM,
        Cause.CONDITION_OPERATOR,
        Cause.PRINCIPAL_WRONG,
        Cause.ROLE_ABSENT,
        Cause.AUDIENCE_NOT_ADMITTED,
    )
    assert all(f"{cause} {cause.sentence}" in words for cause in listed)
    assert f"tell apart {Cause.SUBJECT_NOT_ADMITTED.tell_apart}" in words


@pytest.mark.parametrize("first", Cause)
def test_any_pair_of_candidates_has_words(first: Cause) -> None:
    second = Cause.TRANSIENT if first is not Cause.TRANSIENT else Cause.NETWORK
    finding = Finding(
        Plane.OTHER,
        None,
        None,
        (first, second),
        sentence=sentence_of(Plane.OTHER, None, None, (first, second)),
        tell_apart=tell_apart_of(None, (first, second)),
    )
    text = explained(finding)
    assert first.sentence in text
    assert second.sentence in text


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("Error: RegionDisabledException", Cause.REGION_DISABLED),
        ("Error: PackedPolicyTooLarge", Cause.SESSION_POLICY_TOO_LARGE),
    ],
)
def test_causes_that_had_no_words_have_them(line: str, cause: Cause) -> None:
    result = CliRunner().invoke(planescope, ["explain", "--json"], input=line + "\n")
    document = json.loads(result.stdout)
    assert (document["cause"], document["sentence"]) == (cause, cause.sentence)
    assert document["tell_apart"] == cause.tell_apart


def shown(draw: Callable[[Console], None], width: int) -> str:
    file = io.StringIO()
    draw(Console(file=file, width=width, markup=False, highlight=False))
    return file.getvalue()


def explained(finding: Finding) -> str:
    explanation = Explanation(finding, (finding,))
    return squeezed(shown(lambda console: show(explanation, console), 200))
