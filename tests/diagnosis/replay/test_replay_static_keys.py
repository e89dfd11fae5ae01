"""Static access keys are no federated identity, however green the run."""

from __future__ import annotations

from dataclasses import replace

from replay_builders import AWS_ENV, CHECKOUT, CONFIGURE, HOST, IMAGE, LOGIN, PUSH, RELEASE, ROLE, Spec, recorded

from diagnosis.gates import Gate, Owner, Verdict
from diagnosis.replay.attempt import replay

STATIC_ENV = {name: value for name, value in AWS_ENV.items() if name != "AWS_SESSION_TOKEN"}
KEYS = {"aws-access-key-id": "***", "aws-secret-access-key": "***", "aws-region": "eu-central-1"}


def test_keys_in_the_inputs_fail_the_first_gate_with_the_line_that_shows_them() -> None:
    configure = replace(CONFIGURE, inputs=KEYS, output=["Proceeding with IAM user credentials"])
    result = replay(recorded(CHECKOUT, configure, LOGIN, PUSH))
    gate = result.at(Gate.OIDC_TRUST)
    assert (gate.verdict, gate.cause) == (Verdict.FAIL, "static-credentials")
    assert gate.evidence[0].text.strip().startswith("aws-access-key-id")
    assert gate.owner is Owner.RELEASE_ENGINEERING
    assert result.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.BLOCKED
    assert result.stopped_by is None


def test_keys_that_assume_a_role_are_static_all_the_same() -> None:
    configure = replace(
        CONFIGURE,
        inputs={**KEYS, "role-to-assume": ROLE},
        output=[
            "Assuming role with user credentials",
            "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions",
        ],
    )
    assert replay(recorded(CHECKOUT, configure, LOGIN, PUSH)).at(Gate.OIDC_TRUST).cause == "static-credentials"


def test_keys_in_the_environment_before_any_role_are_static() -> None:
    login = replace(LOGIN, env=STATIC_ENV)
    gate = replay(recorded(CHECKOUT, login, replace(PUSH, env=STATIC_ENV))).at(Gate.OIDC_TRUST)
    assert gate.cause == "static-credentials"
    assert "AWS_ACCESS_KEY_ID" in gate.evidence[0].text


def test_the_keys_of_the_roles_own_session_are_not_static() -> None:
    assert replay(recorded(*RELEASE)).at(Gate.OIDC_TRUST).verdict is Verdict.PASS


def test_the_key_as_user_name_of_a_docker_login_is_static() -> None:
    login = Spec(
        uses="docker/login-action@v3",
        inputs={"registry": HOST, "username": "***", "password": "***", "ecr": "auto"},
        written_inputs={
            "registry": HOST,
            "username": "${{ secrets.AWS_ACCESS_KEY_ID }}",
            "password": "${{ secrets.X }}",
        },
        output=["Logging into 111122223333.dkr.ecr.eu-central-1.amazonaws.com...", "Login Succeeded!"],
    )
    push = Spec(run=f"docker push {IMAGE}:1", output=[])
    assert replay(recorded(CHECKOUT, login, push)).at(Gate.OIDC_TRUST).cause == "static-credentials"


def test_a_script_that_merely_names_the_variables_uses_no_keys() -> None:
    guard = Spec(
        run='if [[ -n "${AWS_ACCESS_KEY_ID:-}" ]]; then\n  echo "static credentials are forbidden"\n  exit 1\nfi'
    )
    assert replay(recorded(CHECKOUT, guard, *RELEASE[1:])).at(Gate.OIDC_TRUST).verdict is Verdict.PASS


def test_an_instance_profile_is_no_proof_of_a_token() -> None:
    configure = replace(
        CONFIGURE,
        output=[
            "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission?",
            "Authenticated as assumedRoleId AROAEXAMPLEEXAMPLE123:GitHubActions",
        ],
    )
    gate = replay(recorded(CHECKOUT, configure, LOGIN, PUSH)).at(Gate.OIDC_TRUST)
    assert gate.verdict is Verdict.UNKNOWN
    assert "own credentials" in gate.reason
