"""A case file: read whole, or refused with the line and the nearest word that it knows."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.facts.case import AttemptName, Case, StatedChange, StatedEscalation, StatedException, StatedWidening
from probes.case_file import CaseFileError, parse_case, read_case_file

WHOLE = """\
title = "Packaging"
repository = "example/widgets"
workflow = "release.yml"
branch = "main"
runs = [21985402789, 21985472266]
left_out = ["21985472266/1", "21985472300"]
splits = ["21985402789/2"]
role_arn = "arn:aws:iam::123456789012:role/path/release"
region = "eu-west-2"
audience = "sts.amazonaws.com"
environment = "production"
registry_id = "012345678901"
ecr_repository = "team/widgets"
tag = "git-1"
digest = "sha256:%s"
expected_account = "123456789012"
decision_log = "docs/decisions.md"
decision_log_commit = "799d398a7daf"
decision_log_entry = "## 2026-02-13"
evidence_local = "runs/1/"
evidence_root = "s3://evidence/runs/1/"
evidence_artifacts = ["a.json", "b.json"]
repository_uris = ["123456789012.dkr.ecr.eu-west-2.amazonaws.com/team/gadgets", "public.ecr.aws/q1w2e3/api"]
planescope_action = "octo-org/planescope"
notes = ["one"]

[[changes]]
after_run = 21985402789
text = "created the provider"
source = "decision log"
at = "11:37"

[[changes]]
after_run = 21985472266
after_attempt = 2
text = "put the policy"
source = "decision log"
at = 2026-02-13T11:39:30Z

[[exceptions]]
principal = "210987654321"
rationale = "break-glass, ticket 4711"
expires = 2027-03-31

[[escalations]]
grant = "PowerUser"
rationale = "the scoped policy was under review"
expires = 2026-02-20

[[escalations]]
grant = "ecr:*"

[[widenings]]
role = "release"
grants = ["s3:PutObject"]
on = ["arn:aws:s3:::evidence/*"]
rationale = "evidence is kept, ticket 4713"
expires = 2026-06-30

[[widenings]]
admits = ["repo:o/r:ref:refs/heads/main"]
""" % ("a" * 64)


def problem(text: str) -> str:
    with pytest.raises(CaseFileError) as caught:
        parse_case(text, "case.toml")
    message = str(caught.value)
    assert caught.value.exit_code == 2
    assert message.startswith("case.toml")
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('principal = "1"\nrationale = "x"', "has no `expires`"),
        ('principal = "1"\nexpires = 2027-03-31', "has no `rationale`"),
        ('principal = "1"\nrationale = " "\nexpires = 2027-03-31', "`rationale` should be a reason in words"),
        ('principal = "1"\nrationale = "x"\nexpires = "2027-03-31"', "`expires` should be a day without quotes"),
        ('principal = "1"\nrationale = "x"\nexpires = 2027-03-31T10:00:00Z', "`expires` should be a day"),
        ('principal = "1"\nreason = "x"\nexpires = 2027-03-31', "exception 1 has no `rationale`"),
    ],
)
def test_an_exception_needs_a_reason_and_a_day(entry: str, said: str) -> None:
    assert said in problem(f"[[exceptions]]\n{entry}\n")


def test_every_member_of_a_case_can_be_stated() -> None:
    case = parse_case(WHOLE, "case.toml")
    assert case.runs == (21985402789, 21985472266)
    assert case.registry_id == "012345678901"
    assert case.evidence_artifacts == ("a.json", "b.json")
    assert case.changes == (
        StatedChange(21985402789, "created the provider", "decision log", "11:37"),
        StatedChange(21985472266, "put the policy", "decision log", "2026-02-13T11:39:30+00:00", 2),
    )
    assert case.exceptions == (StatedException("210987654321", "break-glass, ticket 4711", date(2027, 3, 31)),)
    assert case.left_out == (AttemptName(21985472266, 1), AttemptName(21985472300))
    bounded, unaccounted = case.escalations
    assert bounded == StatedEscalation("PowerUser", "the scoped policy was under review", date(2026, 2, 20))
    assert bounded.complete
    # It accounts for nothing, and is kept so that closure can say so.
    assert unaccounted == StatedEscalation("ecr:*")
    assert not unaccounted.complete
    meant, unaccounted_too = case.widenings
    assert meant == StatedWidening(
        "release",
        (),
        ("s3:PutObject",),
        ("arn:aws:s3:::evidence/*",),
        "evidence is kept, ticket 4713",
        date(2026, 6, 30),
    )
    assert (meant.in_force(date(2026, 6, 30)), meant.in_force(date(2026, 7, 1))) == (True, False)
    assert not unaccounted_too.complete
    empty = Case()
    # A plan is a file of its own, which the command line names.
    named = [field.name for field in fields(Case) if field.name != "plans"]
    left_out = [name for name in named if getattr(case, name) == getattr(empty, name)]
    assert left_out == [], "a new member of a case must be readable here"


def test_a_key_that_no_case_has_is_told_and_passed_over() -> None:
    told: list[str] = []
    text = (
        'owner = "team-x"\nrepo = "a/b"\ntitle = "t"\n[custom]\nruns = "x"\n[[changes]]\nafter_run = 1\n'
        'text = "t"\nsource = "s"\nreviewed_by = "me"\n'
    )
    assert parse_case(text, "case.toml", told.append) == Case(title="t", changes=(StatedChange(1, "t", "s"),))
    assert told == [
        "case.toml, line 1: a case has no member `owner`; it is passed over.",
        "case.toml, line 2: a case has no member `repo`; it is passed over (did you mean `repository`?).",
        "case.toml, line 4: a case has no member `custom`; it is passed over.",
        "case.toml, line 10: a change has no member `reviewed_by`; it is passed over.",
    ]
    told.clear()
    parse_case("".join(f"{letter * 9} = 1\n" for letter in "abcdefghijklmnopqrstuvwxyz"), "case.toml", told.append)
    assert len(told) == 21
    assert "further keys" in told[-1]


def test_an_empty_file_states_nothing() -> None:
    assert parse_case("", "case.toml") == Case()
    assert parse_case("# nothing yet\n", "case.toml") == Case()


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('title = "a"\nrol_arn = "x"\n', 2, "did you mean `role_arn`?"),
        ('Role-ARN = "x"\n', 1, "did you mean `role_arn`?"),
        ("\n\nrun = [1]\n", 3, "did you mean `runs`?"),
        ('runs = [1]\n[[changes]]\nregion = "eu-west-2"\n', 3, "put it above the first [[changes]]"),
        ('rationale = "x"\n', 1, "it belongs below [[exceptions]] or [[escalations]] or [[widenings]]."),
        ('left_out = ["1/0"]\n', 1, "a list of attempts"),
        ("splits = [1.5]\n", 1, "a list of attempts"),
        ('decision_log_commit = "main"\n', 1, "a commit's id"),
        ('[[escalations]]\nrationale = "x"\n', 1, "escalation 1 has no `grant`; add it."),
        ('[[escalations]]\ngrant = "x"\nexpires = "soon"\n', 3, "a day without quotes"),
        ('[[escalations]]\ngrant = ["x"]\n', 2, "what was granted"),
        ('[[escalations]]\ngrant = "x"\nrationale = 4711\n', 3, "a text in quotes"),
        ('[[changes]]\nafter_run = 1\nafter_attempt = 0\ntext = "t"\nsource = "s"\n', 3, "an attempt's number"),
        ("title = 3\n", 1, "`title` should be a text in quotes, but it is 3"),
        ('runs = ["1"]\n', 1, "a list of run numbers"),
        ("runs = 7\n", 1, "a list of run numbers"),
        ("runs = [true]\n", 1, "a list of run numbers"),
        ('# x\nrole_arn = "release"\n', 2, "a role's ARN"),
        ("expected_account = 123456789012\n", 1, "twelve digits in quotes, but it is 123456789012"),
        ('expected_account = "1234"\n', 1, 'twelve digits in quotes, but it is "1234"'),
        ('repository = "widgets"\n', 1, '"owner/name"'),
        ('digest = "sha256:12"\n', 1, "64 hexadecimal digits"),
        ('evidence_root = "https://x"\n', 1, "an S3 address"),
        ('region = "London"\n', 1, "an AWS region"),
        ('evidence_artifacts = "a.json"\n', 1, "a list of texts"),
        ("[title]\nx = 1\n", 1, "but it is a table"),
        ("title = a\n", 1, "put texts in quotes"),
        ('title = "a\n', 1, "no TOML"),
        ('title = "a"\ntitle = "b"\n', 2, "no TOML"),
        ('title = "a"\n\n[[changes]\n', 3, "no TOML"),
        ('changes = "x"\n', 1, "each begun with [[changes]]"),
        ('[[changes]]\nafter_run = 1\ntext = "t"\nsource = "s"\n\n[[changes]]\nafter_runs = 2\n', 7, "`after_run`?"),
        ('[[changes]]\nafter_run = 1\ntext = "t"\n', 1, "change 1 has no `source`"),
        ('text = "t"\n', 1, "a case has no member `text`"),
        ('[[changes]]\nafter_run = "1"\ntext = "t"\nsource = "s"\n', 2, "a run's number"),
    ],
)
def test_a_typo_is_one_sentence_with_its_line(text: str, line: int, words: str) -> None:
    message = problem(text)
    assert message.startswith(f"case.toml, line {line}: "), message
    assert words in message


def test_changes_that_are_no_tables_are_refused() -> None:
    assert "begin each with [[changes]]" in problem("changes = [1]\n")


def test_foreign_text_stays_on_one_line() -> None:
    assert "\n" not in problem('"run\\ns" = 1\n')
    told: list[str] = []
    parse_case('"a\\nb" = 1\n', "case.toml", told.append)
    assert "\n" not in "".join(told)
    assert len(problem(f'region = "{"x" * 5000}"\n')) < 300


def test_a_file_is_read_with_its_byte_order_mark_and_foreign_line_ends(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_bytes(b'\xef\xbb\xbftitle = "a"\r\nbranch = "b"\r\n')
    assert read_case_file(file) == Case(title="a", branch="b")


def test_a_file_that_cannot_be_read_says_how_to_mend_it(tmp_path: Path) -> None:
    def message(path: Path) -> str:
        with pytest.raises(CaseFileError) as caught:
            read_case_file(path)
        return str(caught.value)

    assert "There is no case file" in message(tmp_path / "none.toml")
    assert "is a folder" in message(tmp_path)
    odd = tmp_path / "odd.toml"
    odd.write_bytes(b'title = "a"\nbranch = "\xff"\n')
    assert "line 2: the text is not UTF-8" in message(odd)
    large = tmp_path / "large.toml"
    large.write_bytes(b"#" * 1_100_000)
    assert "larger than 1 MB" in message(large)
    assert "cannot be read (File name too long)" in message(tmp_path / ("a" * 300))
    deep = tmp_path / "deep.toml"
    deep.write_text(f"a = {'[' * 5000}{']' * 5000}", encoding="utf-8")
    assert "nested too deeply to be a case file" in message(deep)


def outcome(text: str) -> Case | str:
    """The case, or the sentence; anything else is raised."""
    try:
        return parse_case(text, "case.toml")
    except CaseFileError as error:
        return str(error)


@given(st.text(max_size=60) | st.sampled_from(WHOLE.splitlines()).map(lambda line: line.replace('"', "")))
def test_no_text_gives_anything_but_a_case_or_one_sentence(text: str) -> None:
    found = outcome(text)
    assert isinstance(found, Case) or "\n" not in found


@pytest.mark.parametrize("number", ["1" * 5000, "0x" + "f" * 5000, "9" * 19, "-" + "1" * 5000])
@pytest.mark.parametrize("text", ["runs = [{}]", "title = {}", "[[changes]]\nafter_run = {}", "left_out = [{}]"])
def test_a_number_of_thousands_of_digits_is_one_sentence(number: str, text: str) -> None:
    found = outcome(text.format(number))
    assert isinstance(found, str)
    assert "\n" not in found


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in fields(Case)]),
        st.sampled_from(["1", "true", '""', "[]", "[[]]", "{}", "1.5", "07:30:00", '["a"]', "[{a = 1}]", "nan"]),
    )
)
def test_no_kind_of_value_makes_it_raise_anything_else(members: dict[str, str]) -> None:
    text = "".join(f"{name} = {value}\n" for name, value in members.items())
    tomllib.loads(text)
    found = outcome(text)
    assert hash(found) if isinstance(found, Case) else ("line" in found or "tables" in found)
