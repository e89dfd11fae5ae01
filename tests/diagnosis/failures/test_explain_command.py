"""``planescope explain``: text, JSON, rows; every input gets an answer and an exit code."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner, Result
from log_frames import action, raw, script

from tui.cli.commands.explain import LONGEST_ROW, SCHEMA, explain_command
from tui.cli.main import planescope

NO_ROLE = "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
DENIAL = (
    "denied: User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform: ecr:PutImage on resource: "
    "arn:aws:ecr:eu-west-1:111122223333:repository/payments because no identity-based policy allows the ecr:PutImage action"
)


def run(*arguments: str, given: str | bytes | None = None) -> Result:
    return CliRunner().invoke(explain_command, list(arguments), input=given)


def test_text_for_people() -> None:
    result = run(given=f"Assuming role with OIDC\n{NO_ROLE}\nnext\n")
    assert result.exit_code == 1
    for words in (
        "Role assumption",
        "subject-not-admitted",
        "sts:AssumeRoleWithWebIdentity",
        "trust policy",
        "tell apart",
    ):
        assert words in result.stdout
    assert f">       2  {NO_ROLE}" in result.stdout
    assert "        1  Assuming role with OIDC" in result.stdout
    assert "        3  next" in result.stdout


SERVICE_DENIAL = (
    "An error occurred (AccessDeniedException) when calling the UpdateService operation: User: "
    "arn:aws:sts::111122223333:assumed-role/release/GitHubActions is not authorized to perform: ecs:UpdateService on "
    "resource: arn:aws:ecs:eu-west-1:111122223333:service/main/api because no identity-based policy allows the "
    "ecs:UpdateService action"
)


def test_a_denial_of_another_service_is_told_with_its_gate_its_owner_and_the_next_step() -> None:
    result = run(given=f"{SERVICE_DENIAL}\n")
    text = " ".join(result.stdout.split())
    assert result.exit_code == 1
    for words in (
        "authorization: Service authorization failed, at service-authorization",
        "AWS refused ecs:UpdateService on arn:aws:ecs:eu-west-1:111122223333:service/main/api: no identity-based policy",
        "next step Have exactly this action allowed on this resource",
        "owner cloud security / IAM",
    ):
        assert words in text
    document = json.loads(run("--json", given=SERVICE_DENIAL).stdout)
    assert (document["gate"], document["checkpoint"]) == ("service-authorization", "service-authorization")
    assert (document["cause"], document["action"]) == ("service-action", "ecs:UpdateService")
    row = json.loads(run("--jsonl", given=json.dumps({"id": 1, "excerpt": SERVICE_DENIAL})).stdout)
    assert (row["plane"], row["gate"], row["action"]) == ("authz", "service-authorization", "ecs:UpdateService")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (SERVICE_DENIAL, 1),
        (
            SERVICE_DENIAL.replace(
                "sts::111122223333:assumed-role/release/GitHubActions", "iam::111122223333:user/jane"
            ),
            5,
        ),
        ("not authorized to perform: ecs:UpdateService on resource: * with an explicit deny in a session policy", 3),
    ],
)
def test_whose_denial_it_is_decides_the_exit_code(text: str, code: int) -> None:
    assert run(given=text).exit_code == code


def test_a_file(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text(raw([DENIAL]), encoding="utf-8")
    result = run(str(log))
    assert result.exit_code == 1
    assert "push-scope" in result.stdout
    assert result.stderr == ""


def test_json_has_the_documented_shape() -> None:
    result = run("--json", given=f"{DENIAL}\n")
    document = json.loads(result.stdout)
    assert result.exit_code == 1
    assert document["schema"] == SCHEMA
    assert document["plane"] == "authz"
    assert document["gate"] == "registry-authorization"
    assert document["checkpoint"] == "registry-push"
    assert document["action"] == "ecr:PutImage"
    assert document["evidence"]["line"] == 1
    assert [one["cause"] for one in document["failures"]] == ["push-scope"]
    assert document["ended_well"] is False


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (DENIAL, 1, "authorization"),
        ("Error: The security token included in the request is invalid.", 1, "no gate is named"),
        ("tag invalid: The image tag '1' already exists and the repository is immutable.", 1, "tag-immutable"),
        ("Error: AADSTS700213: no", 5, "the run failed for another reason"),
        ("Error: Process completed with exit code 1.", 3, "No gate is named"),
        ("all is well\n", 3, "No failure was recognised"),
    ],
)
def test_exit_codes(text: str, code: int, words: str) -> None:
    result = run(given=text)
    assert result.exit_code == code
    assert words in result.stdout


@pytest.mark.parametrize(
    "text", [DENIAL, "nothing of note", "Error: name unknown: The repository does not exist", f"{DENIAL}\nError: x"]
)
def test_the_json_keeps_to_its_published_schema(text: str) -> None:
    schema = json.loads(CliRunner().invoke(planescope, ["schema", "explanation"]).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(run("--json", given=f"{text}\n").stdout), schema)


def test_a_log_that_ends_well() -> None:
    text = raw([*action("a/b@v1"), *script(["make"], "built"), "Post job cleanup.", "Cleaning up orphan processes"])
    result = run(given=text)
    assert result.exit_code == 0
    assert "ends well" in result.stdout


def test_everything_else_that_was_seen_is_listed() -> None:
    text = f"{DENIAL}\nError: Cannot perform an interactive login from a non TTY device\n"
    assert "line 2" in run(given=text).stdout


def test_foreign_text_is_no_markup() -> None:
    result = run(given=f"[red]{DENIAL}[/red] [link=x]\n")
    assert result.exit_code == 1
    assert "[red]denied" in result.stdout


def test_secrets_are_not_shown() -> None:
    secret = "ghp_" + "Ab0" * 12
    for arguments in ((), ("--json",)):
        assert secret not in run(*arguments, given=f"token {secret}\n{DENIAL} {secret}\n").output


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "nothing in it"),
        (b"\xef\xbb\xbf", "nothing in it"),
        (b" \n\n", "nothing in it"),
        (bytes(range(256)) * 40, "binary data"),
        (b"\x00\x01\x02\x03" * 2000, "binary data"),
        (b"PK\x03\x04" + b"\x14\x00" * 50, "zip archive"),
        (gzip.compress(b"denied: no"), "gzip"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "picture"),
    ],
    ids=["empty", "mark", "blank", "all bytes", "zeros", "zip", "gzip", "picture"],
)
def test_what_is_no_log_is_said_plainly(data: bytes, words: str) -> None:
    result = run(given=data)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.output


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_other_encodings_are_read(encoding: str) -> None:
    result = run(given=f"{DENIAL}\n".encode(encoding))
    assert result.exit_code == 1
    assert "ecr:PutImage" in result.stdout


def test_a_wrong_encoding_is_said_and_read_all_the_same() -> None:
    result = run(given=f"café\n{DENIAL}\n".encode("latin-1"))
    assert result.exit_code == 1
    assert "not all of it is UTF-8" in result.stderr


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    for name in (str(tmp_path / "absent"), str(tmp_path)):
        result = run(name)
        assert result.exit_code == 2
        assert "cannot read" in result.stderr


def test_json_and_rows_exclude_each_other() -> None:
    assert run("--json", "--jsonl", given="").exit_code == 2


def rows(*given: object) -> tuple[int, list[dict[str, Any]]]:
    lines = [one if isinstance(one, str) else json.dumps(one) for one in given]
    result = run("--jsonl", given="\n".join(lines) + "\n")
    return result.exit_code, [json.loads(line) for line in result.stdout.splitlines()]


def test_rows() -> None:
    code, answers = rows({"id": "a", "excerpt": DENIAL}, {"id": 7, "excerpt": "toomanyrequests: no", "more": 1})
    assert code == 0
    assert answers == [
        {
            "id": "a",
            "plane": "authz",
            "gate": "registry-authorization",
            "checkpoint": "registry-push",
            "cause": "push-scope",
            "action": "ecr:PutImage",
            "candidates": [],
        },
        {
            "id": 7,
            "plane": "other",
            "gate": None,
            "checkpoint": None,
            "cause": "rate-limit",
            "action": None,
            "candidates": [],
        },
    ]


def test_a_row_that_cannot_be_read_stops_no_other() -> None:
    code, answers = rows(
        "{", {"id": "a"}, ["x"], {"excerpt": "x"}, {"id": "b", "excerpt": 3}, {"id": "c", "excerpt": ""}
    )
    assert code == 2
    assert [one["id"] for one in answers] == [None, "a", None, None, "b", "c"]
    assert ["error" in one for one in answers] == [True, True, True, True, True, False]
    assert answers[0]["error"].startswith("line 1: ")


def test_rows_that_are_no_text_or_too_long() -> None:
    good = json.dumps({"id": "z", "excerpt": DENIAL}).encode()
    deep = b"[" * 100_000
    result = run("--jsonl", given=b"\n".join([b"\xff\xfe{}", deep, b"x" * (LONGEST_ROW + 10), good]))
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert result.exit_code == 2
    assert [one["id"] for one in answers] == [None, None, None, "z"]
    assert "longer than" in answers[2]["error"]


def test_empty_lines_between_rows_are_no_rows() -> None:
    result = run("--jsonl", given="\n\n" + json.dumps({"id": "a", "excerpt": "x"}) + "\n\n")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == 1


def test_a_byte_order_mark_before_the_rows() -> None:
    result = run("--jsonl", given=b"\xef\xbb\xbf" + json.dumps({"id": "a", "excerpt": DENIAL}).encode())
    assert result.exit_code == 0


def test_no_character_of_a_pasted_event_steers_the_terminal() -> None:
    event = (
        '{"eventSource":"ecs.amazonaws.com","eventName":"UpdateService","errorCode":"ServerException",'
        '"errorMessage":"a\x1b]0;title\x07 b\u202ec","userIdentity":{"arn":"x\x1b[2Jy"}}'
    )
    shown = run(given=event).stdout
    assert "ServerException" in shown
    assert all(character.isprintable() or character == "\n" for character in shown)


def test_a_tab_in_a_line_stays_a_gap() -> None:
    shown = run(given="a\tb: no space left on device\n").stdout
    assert "b: no space left on device" in shown
    assert "\ufffd" not in shown


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--json", "--jsonl"), "exclude each other"),
        (("--cause=scp", "--jsonl"), "reads no log"),
        (("a.log", "--cause=scp"), "reads no log"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...], why: str) -> None:
    result = run(*arguments, given="")
    assert result.exit_code == 2
    assert why in result.stderr


def test_of_many_failures_a_few_are_listed_and_the_rest_is_counted() -> None:
    denials = "\n".join(DENIAL.replace("payments", f"payments-{number}") for number in range(12))
    assert "and 3 more" in run(given=denials).stdout


def test_a_row_that_is_longer_than_any_excerpt_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli.commands.explain.LONGEST_ROW", 100)
    rows = [json.dumps({"id": "long", "excerpt": "x" * 500}), json.dumps({"id": "next", "excerpt": "a"})]
    first, second = run("--jsonl", given="\n".join(rows) + "\n").stdout.splitlines()
    assert "longer than 100 bytes" in first
    assert json.loads(second)["id"] == "next"
