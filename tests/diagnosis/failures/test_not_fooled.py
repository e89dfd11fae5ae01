"""Logs that lie about their cause, whole and in their real frames."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest
from log_frames import action, gh, raw, script, web
from log_lines import read_lines

from diagnosis.failures import decide, explain, explain_text, find_failures
from diagnosis.gates import Checkpoint, Plane
from diagnosis.verdicts.gate_verdict import Finding

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
ROLE = "arn:aws:iam::111122223333:role/ci-release"
NO_ROLE = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
LOGIN_DENIED = f"User: {USER} is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the ecr:GetAuthorizationToken action"
PUSH_DENIED = f"denied: User: {USER} is not authorized to perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/payments because no identity-based policy allows the ecr:PutImage action"


def both_ways(text: str) -> Finding:
    """The streamed answer and the one from all lines must be the same."""
    streamed = explain_text(text)
    assert decide(read_lines(text)) == streamed
    return streamed


def place(text: str) -> tuple[Plane, Checkpoint | None, str | None]:
    finding = both_ways(text)
    return finding.plane, finding.checkpoint, finding.cause


OTHER_UNKNOWN = (Plane.OTHER, None, None)


def test_an_echoed_script_has_no_errors() -> None:
    text = raw(
        script(
            ['if ! docker push "$IMAGE"; then', f'  echo "{PUSH_DENIED}"', "  exit 1", "fi", "make package"],
            "make: *** [Makefile:3: package] Error 2",
            error=2,
        )
    )
    assert place(text) == OTHER_UNKNOWN


def test_a_multi_line_input_is_quoted_text_whatever_it_says() -> None:
    head = raw(["##[group]Run acme/run-remote@v2", "with:", "  script: set -e"])
    quoted = f"  ##[error]{NO_ROLE}\n  {PUSH_DENIED}\n  ##[endgroup]\n  {LOGIN_DENIED}\n"
    rest = raw(["##[endgroup]", "done", *script(["false"], error=1)]).removeprefix("\ufeff")
    assert place(head + quoted + rest) == OTHER_UNKNOWN


def test_a_trace_of_commands_is_no_output() -> None:
    text = raw(script(["set -x", "./release.sh"], f"+ echo '{LOGIN_DENIED}'", f"++ grep '{PUSH_DENIED}' log", error=1))
    assert place(text) == OTHER_UNKNOWN


def test_environment_of_later_steps_is_no_output() -> None:
    text = raw(
        [
            "##[group]Run ./report.sh",
            "shell: /usr/bin/bash -e {0}",
            "env:",
            f"  LAST_ERROR: {PUSH_DENIED}",
            "##[endgroup]",
            "##[error]Process completed with exit code 3.",
        ]
    )
    assert place(text) == OTHER_UNKNOWN


def test_colours_hide_nothing() -> None:
    text = raw(
        script(
            ["terraform apply"],
            "\x1b[31m╷\x1b[0m\x1b[0m",
            f"\x1b[31m│\x1b[0m \x1b[0m\x1b[1m\x1b[31mError: \x1b[0m{LOGIN_DENIED}",
            error=1,
        )
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, "get-authorization-token")


def test_an_applications_log_is_no_tools_answer() -> None:
    text = raw(
        script(
            ["docker compose up --exit-code-from api"],
            f'api-1  | {{"level":"error","msg":"{PUSH_DENIED}"}}',
            "api-1  | AccessDenied: not authorized to perform: ecr:PutImage",
            "api-1 exited with code 1",
            error=1,
        )
    )
    assert place(text) == OTHER_UNKNOWN


@pytest.mark.parametrize(
    "line",
    [
        f"2026-03-02 09:15:00,123 ERROR [main] c.acme.Uploader - {PUSH_DENIED}",
        f'time="2026-03-02T09:15:00Z" level=error msg="{LOGIN_DENIED}"',
        f'{{"timestamp":"2026-03-02T09:15:00Z","severity":"ERROR","message":"{NO_ROLE}"}}',
        f"INFO: expecting '{PUSH_DENIED}'",
        f"  ✓ answers with {PUSH_DENIED} (12 ms)",
    ],
)
def test_an_applications_line_before_a_plain_exit_code_names_no_gate(line: str) -> None:
    assert place(raw(script(["./smoke.sh"], line, error=1))) == OTHER_UNKNOWN


def test_an_applications_line_is_believed_where_nothing_else_is_there() -> None:
    text = f'{{"level":"ERROR","message":"STS refused: {NO_ROLE}"}}'
    assert place(text)[:2] == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)


def test_tests_that_print_denials_fail_as_tests() -> None:
    text = raw(
        script(
            ["./run-checks"],
            f"botocore.exceptions.ClientError: An error occurred (AccessDeniedException) when calling the PutImage operation: {PUSH_DENIED}",
            "FAILED tests/test_publish.py::test_denied_push",
            "=================== 1 failed, 41 passed in 3.20s ===================",
            error=1,
        )
    )
    assert place(text) == (Plane.OTHER, None, "test-failure")


def test_a_step_that_runs_tests_speaks_of_its_tests() -> None:
    text = raw(script(["npm test -- --ci"], f"Error: {LOGIN_DENIED}", error=1))
    assert place(text) == OTHER_UNKNOWN


def told_both(text: str, gate_line: int, later_line: int, later: str) -> None:
    """Assert that the refused role is the answer and that the later failure is told, each with its line."""
    finding = explain_text(text)
    assert (finding.plane, finding.checkpoint) == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)
    assert finding.evidence is not None
    assert finding.evidence.line == gate_line
    assert f"A later step failed too, at line {later_line}: {later}" in finding.sentence
    assert "continue-on-error" in finding.sentence


def test_a_refused_role_is_told_with_the_step_that_failed_after_it() -> None:
    """The text cannot tell ``continue-on-error`` from a later step under ``always()``: neither failure may hide the other."""
    text = raw(
        [
            *action("aws-actions/configure-aws-credentials@v4", [f"role-to-assume: {ROLE}"], f"##[error]{NO_ROLE}"),
            *script(["cargo build --release"], "error[E0308]: mismatched types", error=101),
        ]
    )
    lines = text.splitlines()
    told_both(
        text,
        line_of(lines, "##[error]" + NO_ROLE),
        line_of(lines, "exit code 101"),
        "Process completed with exit code 101.",
    )


def test_an_error_that_nobody_knows_is_told_beside_the_refused_role() -> None:
    text = raw(
        [
            *action("aws-actions/configure-aws-credentials@v4", [f"role-to-assume: {ROLE}"], f"##[error]{NO_ROLE}"),
            *action("acme/deploy@v3", ["target: moon"], "##[error]The moon is out of reach"),
        ]
    )
    lines = text.splitlines()
    told_both(text, line_of(lines, NO_ROLE), line_of(lines, "The moon is out of reach"), "The moon is out of reach.")


def test_the_same_in_a_copy_of_the_web_page() -> None:
    text = web("aws-actions/configure-aws-credentials@v4", [f"  role-to-assume: {ROLE}"], f"Error: {NO_ROLE}")
    text += web("acme/deploy@v3", ["  target: moon"], "Error: The moon is out of reach")
    lines = text.splitlines()
    told_both(
        text, line_of(lines, NO_ROLE), line_of(lines, "The moon is out of reach"), "Error: The moon is out of reach."
    )


def line_of(lines: list[str], words: str) -> int:
    return next(number for number, line in enumerate(lines, start=1) if words in line)


def test_a_job_that_ends_well_was_stopped_by_nothing() -> None:
    text = raw(
        [
            *script([f"docker pull {HOST}/cache:1 || true"], PUSH_DENIED, "1: digest: sha256:0a size: 1"),
            "Post job cleanup.",
            "Cleaning up orphan processes",
        ]
    )
    explanation = explain(text)
    assert explanation.ended_well
    assert explanation.finding.checkpoint is None
    assert [finding.checkpoint for finding in explanation.failures] == [Checkpoint.REGISTRY_PUSH]


def test_a_consequence_leads_back_to_its_root() -> None:
    text = raw(
        [
            *action("aws-actions/amazon-ecr-login@v2", ["mask-password: true"], f"##[error]{LOGIN_DENIED}"),
            *script(
                [f"docker push {HOST}/payments:1"],
                f'Head "https://{HOST}/v2/payments/manifests/1": no basic auth credentials',
                error=1,
            ),
        ]
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_AUTH, "get-authorization-token")


def test_the_root_comes_before_what_follows_in_the_same_step() -> None:
    text = raw(
        script(
            [f"aws ecr get-login-password | docker login --username AWS --password-stdin {HOST}"],
            f"An error occurred (AccessDeniedException) when calling the GetAuthorizationToken operation: {LOGIN_DENIED}",
            "Error: Cannot perform an interactive login from a non TTY device",
            error=1,
        )
    )
    finding = both_ways(text)
    assert (finding.checkpoint, finding.cause) == (Checkpoint.REGISTRY_AUTH, "get-authorization-token")
    assert len(find_failures(read_lines(text))) == 3


def test_steps_that_run_whatever_happened_do_not_explain_the_run() -> None:
    text = raw(
        [
            *action(
                "aws-actions/configure-aws-credentials@v4",
                [f"role-to-assume: {ROLE}"],
                "Assuming role with OIDC",
                f"##[error]{NO_ROLE}",
            ),
            *action(
                "actions/upload-artifact@v4",
                ["path: dist"],
                "##[error]No files were found with the provided path: dist",
            ),
        ]
    )
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, None)


def test_clean_up_decides_nothing() -> None:
    text = raw(
        [
            *script(["make"], "make: *** [all] Error 1", error=2),
            "Post job cleanup.",
            f"##[error]{LOGIN_DENIED}",
            "Cleaning up orphan processes",
        ]
    )
    assert place(text) == OTHER_UNKNOWN


def test_a_retry_that_went_through_is_forgotten() -> None:
    text = raw(
        [
            *action(
                "aws-actions/configure-aws-credentials@v5",
                [f"role-to-assume: {ROLE}"],
                "Assuming role with OIDC",
                f"Retry AssumeRole: attempt 1 of 12 failed: {NO_ROLE}. Retrying after 120ms.",
                "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions",
            ),
            *script(["./deploy.sh"], "deploy.sh: line 3: kubectl: command not found", error=127),
        ]
    )
    assert place(text) == (Plane.OTHER, None, "tool-missing")


def test_retries_that_all_fail_are_one_failure() -> None:
    tries = [f"Retry AssumeRole: attempt {n} of 12 failed: {NO_ROLE}. Retrying after {n}00ms." for n in range(1, 12)]
    text = raw(
        action("aws-actions/configure-aws-credentials@v5", [f"role-to-assume: {ROLE}"], *tries, f"##[error]{NO_ROLE}")
    )
    assert place(text)[:2] == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)
    assert len(find_failures(read_lines(text))) == 1


def test_a_cache_that_cannot_be_read_does_not_stop_a_build() -> None:
    text = raw(
        action(
            "docker/build-push-action@v6",
            ["push: true", f"tags: {HOST}/payments:1"],
            f"#7 importing cache manifest from {HOST}/cache:main",
            f"#7 ERROR: failed to configure registry cache importer: unexpected status from HEAD request to https://{HOST}/v2/cache/manifests/main: 403 Forbidden",
            "#12 [build 4/6] RUN npm ci",
            '#12 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
            'ERROR: failed to build: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
            '##[error]buildx failed with: ERROR: failed to build: failed to solve: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
        )
    )
    assert place(text) == (Plane.OTHER, None, "build-failure")


def test_a_probe_is_not_the_failure() -> None:
    text = raw(
        script(
            ["aws ecr describe-repositories || aws ecr create-repository"],
            "An error occurred (RepositoryNotFoundException) when calling the DescribeRepositories operation: The repository with name 'payments' does not exist in the registry with id '111122223333'",
            f"An error occurred (AccessDeniedException) when calling the CreateRepository operation: User: {USER} is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:eu-west-1:111122223333:repository/payments because no identity-based policy allows the ecr:CreateRepository action",
            error=254,
        )
    )
    assert place(text) == (Plane.AUTHORIZATION, None, "registry-administration")


def test_a_tolerated_denial_before_the_real_one() -> None:
    text = raw(
        script(
            ["aws ecr create-repository --repository-name payments || true", f"docker push {HOST}/payments:1"],
            f"An error occurred (AccessDeniedException) when calling the CreateRepository operation: User: {USER} is not authorized to perform: ecr:CreateRepository on resource: arn:aws:ecr:eu-west-1:111122223333:repository/payments",
            f"The push refers to repository [{HOST}/payments]",
            PUSH_DENIED,
            error=1,
        )
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH, "push-scope")


def test_an_existing_repository_is_no_obstacle() -> None:
    text = (
        "An error occurred (RepositoryAlreadyExistsException) when calling the CreateRepository operation: The repository with name 'payments' already exists in the registry with id '111122223333'\n"
        f"The push refers to repository [{HOST}/payments]\n{PUSH_DENIED}\n"
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH, "push-scope")


@pytest.mark.parametrize(
    "title",
    [
        f'HEAD is now at 1a2b3c4 Fix "{PUSH_DENIED}"',
        f"  12 |     raise PermissionError('{PUSH_DENIED}')",
        f"# {LOGIN_DENIED}",
        f"> app@1.0.0 release: {NO_ROLE}",
        f'throw new Error("{NO_ROLE}")',
    ],
)
def test_quoted_words_are_no_failure(title: str) -> None:
    assert place(raw(script(["./build.sh"], title, "##[debug]" + PUSH_DENIED, error=1))) == OTHER_UNKNOWN


def test_a_warning_is_no_stop() -> None:
    text = raw(
        [
            *action("acme/scan@v1", [], f"##[warning]{LOGIN_DENIED}"),
            *script(["make check"], error=2),
        ]
    )
    assert place(text) == OTHER_UNKNOWN


def test_another_steps_registry_does_not_make_a_login_ours() -> None:
    text = raw(
        [
            *action("aws-actions/amazon-ecr-login@v2", [], f"Logging into registry {HOST}"),
            *script(
                ["npm publish"],
                "npm error 403 Forbidden - PUT https://npm.pkg.github.com/@acme%2fapp - permission denied",
                error=1,
            ),
        ]
    )
    assert place(text)[0] is Plane.OTHER


def test_docker_hub_limits_in_a_step_that_pushes_to_ecr() -> None:
    text = raw(
        script(
            [f"docker build -t {HOST}/payments:1 . && docker push {HOST}/payments:1"],
            "ERROR: failed to solve: node:20: failed to resolve source metadata for docker.io/library/node:20: failed to copy: httpReadSeeker: failed open: unexpected status from GET request to https://registry-1.docker.io/v2/library/node/manifests/sha256:0a: 429 Too Many Requests",
            error=1,
        )
    )
    assert place(text)[0] is Plane.OTHER


def test_cdk_proceeds_anyway() -> None:
    text = raw(
        script(
            ["npx cdk deploy"],
            f"current credentials could not be used to assume '{ROLE}', but are for the right account. Proceeding anyway. (AccessDenied: User: {USER} is not authorized to perform: sts:AssumeRole on resource: {ROLE})",
            f"fail: docker push {HOST}/cdk-assets:0a exited with error code 1: {PUSH_DENIED}",
            error=1,
        )
    )
    assert place(text) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH, "push-scope")


def test_gh_output_of_two_steps() -> None:
    pairs = [
        ("Configure", line)
        for line in action(
            "aws-actions/configure-aws-credentials@v4", [f"role-to-assume: {ROLE}"], "Assuming role with OIDC"
        )
    ]
    pairs += [("Login", line) for line in action("aws-actions/amazon-ecr-login@v2", [], f"##[error]{LOGIN_DENIED}")]
    pairs += [("Post Login", "Post job cleanup."), ("Post Login", "##[error]Could not logout of registry")]
    finding = both_ways(gh(pairs))
    assert finding.checkpoint is Checkpoint.REGISTRY_AUTH
    assert finding.evidence is not None
    assert finding.evidence.text == LOGIN_DENIED


def test_a_copy_of_the_web_page() -> None:
    text = web(
        "aws-actions/configure-aws-credentials@v4",
        ["with:", f"  role-to-assume: {ROLE}", f"  note: {PUSH_DENIED}"],
        "Assuming role with OIDC",
        f"Error: {NO_ROLE}",
    )
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, None)


@pytest.mark.parametrize(
    "frame",
    [
        "[Container] 2026/03/02 09:15:00.123456 {}",
        "2026-03-02T09:15:00.1234567Z {}",
        "#14 3.456 {}",
        "fail: {}",
        "  Warning  Failed  3s (x2 over 17s)  kubelet  Failed to pull image: {}",
        "12:00:01 PM | CREATE_FAILED        | AWS::ECS::Service    | Api  {}",
        "ShopStack | 3/8 | 12:00:01 | CREATE_FAILED | AWS::Lambda::Function | Api {}",
        "│ Error: {}",
        "err: {}",
    ],
)
def test_frames_of_other_tools(frame: str) -> None:
    assert place(frame.format(PUSH_DENIED)) == (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH, "push-scope")


@pytest.mark.parametrize(
    "text",
    [
        "denied: User:\narn:aws:sts::111122223333:assumed-role/ci/x is not authorized to perform:\necr:PutImage on resource:\narn:aws:ecr:eu-west-1:111122223333:repository/payments\nbecause no identity-based policy allows the ecr:PutImage action",
        "exited with error code 1: denied: User: arn:aws:sts::111122223333:assumed-role/ci/x is not authorized \nto perform: ecr:PutImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/payments \nbecause no identity-based policy allows the ecr:PutImage action",
    ],
)
def test_a_sentence_broken_over_lines(text: str) -> None:
    finding = both_ways(text)
    assert (finding.checkpoint, finding.cause, finding.action) == (
        Checkpoint.REGISTRY_PUSH,
        "push-scope",
        "ecr:PutImage",
    )
    assert finding.principal == "arn:aws:sts::111122223333:assumed-role/ci/x"
    assert finding.resource == "arn:aws:ecr:eu-west-1:111122223333:repository/payments"


def test_a_cancelled_job_after_a_success_is_cancelled() -> None:
    text = raw([*script(["sleep 9999"], "waiting"), "##[error]The operation was canceled."])
    assert place(text) == (Plane.OTHER, None, "cancelled")


def test_a_job_that_ends_well_shows_no_failure() -> None:
    text = raw(
        [
            *action(
                "aws-actions/configure-aws-credentials@v4",
                [f"role-to-assume: {ROLE}"],
                "Assuming role with OIDC",
                "Authenticated as assumedRoleId AROAEXAMPLE:GitHubActions",
            ),
            *script(["docker push"], "1: digest: sha256:0a size: 1"),
            "Post job cleanup.",
            "Cleaning up orphan processes",
        ]
    )
    explanation = explain(text)
    assert not explanation.found
    assert explanation.ended_well


def test_evidence_shows_the_line_and_two_around_it() -> None:
    text = raw(["one", "two", "three", f"##[error]{NO_ROLE}", "five", "six", "seven"])
    evidence = both_ways(text).evidence
    assert evidence is not None
    assert (evidence.line, evidence.before, evidence.after) == (4, ("two", "three"), ("five", "six"))
    assert evidence.text == NO_ROLE
