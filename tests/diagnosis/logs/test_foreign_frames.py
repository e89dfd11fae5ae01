"""Prefixes, indents and heads of pastes from elsewhere, each beside the line that only looks like one."""

from __future__ import annotations

import pytest
from log_lines import read_lines

from diagnosis.failures import decide, explain_text
from diagnosis.gates import Checkpoint, Plane
from diagnosis.logs.log_text import LineKind

USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
DENIED = f"User: {USER} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/cart"
PUSH = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH)
ROLE = (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)
OTHER = (Plane.OTHER, None)


def place(text: str) -> tuple[Plane, Checkpoint | None]:
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding.plane, finding.checkpoint


@pytest.mark.parametrize(
    "before", ["Ship it / push (arm64)   ", "Ship it | ", "1204:", "1204-", "7_push.txt:", "7_push.txt:1204:"]
)
def test_a_name_or_a_number_before_the_runners_time(before: str) -> None:
    (line,) = read_lines(f"{before}2026-03-02T09:15:00.1234567Z ##[error]denied: {DENIED}")
    assert (line.kind, line.at, line.text) == (LineKind.ERROR, "2026-03-02T09:15:00.1234567Z", f"denied: {DENIED}")


@pytest.mark.parametrize(
    "text",
    [
        "api-1  | 2026-03-02T09:15:00.123456789Z ##[error]no",
        'time="x 2026-03-02T09:15:00.1234567Z ##[error]no',
    ],
)
def test_the_time_of_an_application_is_its_own(text: str) -> None:
    (line,) = read_lines(text)
    assert (line.kind, line.at, line.text) == (LineKind.OUTPUT, None, text)


@pytest.mark.parametrize(
    "clock",
    [
        "lun. 2 mars 2026 09:15:00 CET ",
        "02/Mar/2026 09:15:00,123 ",
        "Mar 02 09:15:00 PM: ",
    ],
)
def test_a_time_as_people_write_it(clock: str) -> None:
    summary = "\n".join(clock + line for line in ("  1 failing", "     AccessDenied: " + DENIED))
    assert place(clock + "denied: " + DENIED) == PUSH
    assert place(summary) == OTHER


@pytest.mark.parametrize("level", ["WARN", "ERROR", "INFO ", "[ERROR]"])
def test_a_level_after_the_time_stays(level: str) -> None:
    (line,) = read_lines(f"2026-03-02 09:15:00,123 {level} orders: {DENIED}")
    assert line.text.startswith("2026-03-02")


@pytest.mark.parametrize("indent", ["    ", "\t", "  "])
def test_a_whole_paste_that_is_indented(indent: str) -> None:
    said = '✘ execute "svc deploy": push image: denied: ' + DENIED
    assert place(f"{indent}{said}\n{indent}  status code: 403") == PUSH
    assert place(f"{indent}12 | x = 1\n{indent}13 | denied: {DENIED}") == OTHER


def test_a_cross_before_what_copilot_was_at_and_before_a_test() -> None:
    said = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/EnvManager"
    after = (
        "\n[Container] 2026/03/02 09:15:00.123456 Command did not exit successfully ./copilot env upgrade exit status 1"
    )
    assert place(f"✘ get template version of environment prod: get summary: AccessDenied: {said}{after}") == ROLE
    assert place(f"✘ tells the user that access is denied: AccessDenied: {said}{after}") == OTHER
    assert place(f"  ✘ get a role: AccessDenied: {said}{after}\nnpm test failed") == OTHER


def test_what_follows_the_shell_in_a_copied_head() -> None:
    head = "Run ./push.sh\n  ./push.sh\n  shell: /usr/bin/bash -e {0}\n  env:\n    AWS_REGION: eu-west-1\n"
    assert place(f"{head}  denied: {DENIED}\nError: Process completed with exit code 1.") == PUSH
    echoed = f"Run cat <<EOF\n  cat <<EOF\n  denied: {DENIED}\n  EOF\n  shell: /usr/bin/bash -e {{0}}\n"
    assert place(f"{echoed}Error: Process completed with exit code 1.") == OTHER
    assert place(f"{head}    NOTE: denied: {DENIED}\nError: Process completed with exit code 1.") == OTHER


@pytest.mark.parametrize("beside", ["Mon, 02 Mar 2026 09:15:00 GMT", "17"])
def test_what_the_page_shows_beside_a_line_ends_no_head(beside: str) -> None:
    echoed = [
        "Run cat <<EOF",
        "  cat <<EOF",
        f"  denied: {DENIED}",
        "  EOF",
        "Error: Process completed with exit code 1.",
    ]
    assert place("\n".join(f"{beside}\n{line}" for line in echoed)) == OTHER
    printed = ["Run ./push.sh", "  ./push.sh", f"denied: {DENIED}", "Error: Process completed with exit code 1."]
    assert place("\n".join(f"{beside}\n{line}" for line in printed)) == PUSH


def test_links_to_the_lines_of_a_step_are_no_text() -> None:
    link = "(https://github.com/acme/cart/actions/runs/1/job/2#step:5:{})"
    said = DENIED.replace("ecr:eu-west-1:111122223333", f"ecr:eu-west-1:1111[2222]{link.format(9)}3333")
    text = f"[]{link.format(3)}Run ./push.sh\n[]{link.format(4)}  ./push.sh\n[]{link.format(9)}denied: {said}"
    assert place(text) == PUSH
    assert [line.text for line in read_lines(text)][2] == f"denied: {DENIED}"
    assert (
        place(f"[]{link.format(3)}Run cat <<EOF\n[]{link.format(4)}  denied: {DENIED}\n[]{link.format(5)}Error: no")
        == OTHER
    )
