"""Whose AWS identity it is, how to sign in with what is configured, and who takes AWS's place."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_aws import ARN, REFUSED, configure, sts

from probes.aws.session.profile import ProfileFacts
from probes.ledger import Ledger
from tui.backends.readiness.aws import _sign_in, look_at_aws
from tui.readiness.check import Check, State, What

KEYS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
SSO = """[profile day]
sso_session = s
sso_account_id = 123456789012
sso_role_name = reader
[sso-session s]
sso_region = eu-west-2
sso_start_url = https://example.org/start
"""


def looked(profile: str | None = None) -> dict[What, Check]:
    found: dict[What, Check] = {}
    look_at_aws(profile, None, What.AWS, Ledger(), lambda check: found.update({check.what: check}))
    return found


def test_the_identity_is_told_with_its_profile_and_region_and_one_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with sts() as server:
        configure(monkeypatch, tmp_path, "", AWS_ENDPOINT_URL=server.url, AWS_DEFAULT_REGION="eu-west-2", **KEYS)
        found = looked()
        assert [asked.body.partition(b"&")[0] for asked in server.asked] == [b"Action=GetCallerIdentity"]
        assert found[What.AWS] == Check(What.AWS, State.READY, f"{ARN}; by botocore's own chain, region eu-west-2.")
        assert found[What.ENDPOINTS].state is State.NOTE
        assert server.url in found[What.ENDPOINTS].sentence
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in repr(found)


@pytest.mark.parametrize(
    ("config", "profile", "command", "words"),
    [
        ("", None, "aws configure sso", "No AWS credentials"),
        (SSO, "day", "aws sso login --profile day", "sign-in session"),
        (SSO, None, "export AWS_PROFILE=day", "No AWS credentials"),
        (SSO, "night", "aws configure list-profiles", "'night' is not in the AWS configuration"),
        ("[default\nbroken", None, "aws configure sso", "could not be read"),
        ("[profile x;reboot]\nregion = eu-west-2\n", None, "aws configure sso", "No AWS credentials"),
        ("[profile x;reboot]\nsso_start_url = https://example.org\n", "x;reboot", "aws sso login", "x;reboot"),
    ],
)
def test_the_way_to_sign_in_is_that_of_what_is_configured(
    config: str, profile: str | None, command: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configure(monkeypatch, tmp_path, config)
    found = looked(profile)[What.AWS]
    assert (found.state, int(found.code)) == (State.MISSING, 4)
    assert found.commands[0] == command
    assert words in found.sentence
    assert found.way_out


def test_a_session_that_has_expired_is_a_sign_in_away_and_its_text_is_not_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with sts(REFUSED, "403 Forbidden") as server:
        configure(
            monkeypatch, tmp_path, "", AWS_ENDPOINT_URL=server.url, AWS_SESSION_TOKEN="FwoGZXIvYXdzEXAMPLETOKEN", **KEYS
        )
        found = looked()
    assert (found[What.AWS].state, int(found[What.AWS].code)) == (State.MISSING, 4)
    assert "expired" in found[What.AWS].sentence
    assert "EXAMPLETOKEN" not in repr(found)


def test_a_server_that_is_not_there_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, tmp_path, "", AWS_ENDPOINT_URL="http://me:secret-word@127.0.0.1:9", **KEYS)
    found = looked()
    assert (found[What.AWS].state, int(found[What.AWS].code)) == (State.UNKNOWN, 3)
    assert "http://127.0.0.1:9" in found[What.ENDPOINTS].sentence
    assert "secret-word" not in repr(found)


def test_endpoints_of_the_configuration_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = """[default]
services = mine
endpoint_url = https://aws.example.org/
[services mine]
iam =
  endpoint_url = http://127.0.0.1:5001/x
"""
    configure(monkeypatch, tmp_path, text, AWS_ENDPOINT_URL_ECR="http://127.0.0.1:5002")
    told = looked()[What.ENDPOINTS].sentence
    for part in (
        "AWS_ENDPOINT_URL_ECR http://127.0.0.1:5002",
        "endpoint_url https://aws.example.org",
        "of iam http://127.0.0.1:5001",
    ):
        assert part in told
    monkeypatch.setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")
    assert looked()[What.ENDPOINTS].state is State.READY


@given(st.text(max_size=20), st.lists(st.text(max_size=20), max_size=3), st.booleans(), st.booleans())
def test_no_name_of_a_profile_puts_a_second_word_into_a_command(
    name: str, others: list[str], chosen: bool, signs_in: bool
) -> None:
    _, way_out, commands = _sign_in(ProfileFacts(name, chosen, True, signs_in, tuple(others)), "No.", "sign in")
    assert way_out
    assert commands
    for command in commands:
        words = shlex.split(command)
        assert words[0] in ("aws", "export")
        assert command == shlex.join(words)
