"""Whether credentials are named at all is told by variables and files alone: what is certainly missing, and no more."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from probes.aws.session.configured import names_credentials, profile_names

SSO = """[default]
region = eu-west-2
[profile day]
sso_session = corp
[profile old]
sso_start_url = https://example.org/start
[sso-session corp]
sso_start_url = https://example.org/start
"""


@pytest.fixture
def environ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("HOME", str(tmp_path))
    return {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}


def signed_in(key: str, **values: object) -> None:
    folder = Path("~/.aws/sso/cache").expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()}.json").write_text(json.dumps(values))


def test_nothing_names_nothing(environ: dict[str, str]) -> None:
    assert not names_credentials(None, environ)
    assert not names_credentials("day", environ)
    assert not names_credentials(None, {**environ, "AWS_PROFILE": "day", "AWS_REGION": "eu-west-2"})


@pytest.mark.parametrize(
    "variable", ["AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI"]
)
def test_a_variable_names_them_where_no_profile_is_asked_for(variable: str, environ: dict[str, str]) -> None:
    assert names_credentials(None, {**environ, variable: "x"})
    assert not names_credentials("day", {**environ, variable: "x"})


@pytest.mark.parametrize(
    "line", ["aws_access_key_id = AKIA", "role_arn = arn", "credential_process = x", "login_session = arn"]
)
def test_the_profile_that_would_be_used_names_them(line: str, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"[default]\nregion = eu-west-2\n[profile day]\n{line}\n")
    assert not names_credentials(None, environ)
    assert names_credentials("day", environ)
    assert names_credentials(None, {**environ, "AWS_PROFILE": "day"})
    (tmp_path / "credentials").write_text(f"[default]\n{line}\n")
    assert names_credentials(None, environ)


def test_a_profile_is_found_however_its_section_is_written(environ: dict[str, str], tmp_path: Path) -> None:
    sections = (
        "profile  spaced",
        'profile "by day"',
        "profile 'by night'",
        'profile un"ended',
        "profile",
        "services s3",
        "plain",
    )
    (tmp_path / "config").write_text("".join(f"[{each}]\nrole_arn = arn\n" for each in sections))
    (tmp_path / "credentials").write_text("[plain as it is]\nrole_arn = arn\n")
    found = ("spaced", "by day", "by night", "plain as it is")
    assert profile_names(environ) == found
    assert all(names_credentials(name, environ) for name in found)
    assert not names_credentials("plain", environ)


def test_a_sign_in_counts_until_it_is_over(environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text(SSO)
    later, before = (f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (1, -1))
    assert not names_credentials("day", environ)
    for key, profile in (("corp", "day"), ("https://example.org/start", "old")):
        signed_in(key, expiresAt=later)
        assert names_credentials(profile, environ)
        signed_in(key, expiresAt=before)
        assert not names_credentials(profile, environ)
        signed_in(key, expiresAt=before, refreshToken="x")
        assert names_credentials(profile, environ)
        signed_in(key, expiresAt="when the cows come home")
        assert names_credentials(profile, environ), "what is not understood is left to AWS"


@pytest.mark.parametrize("text", ["[default\nbroken", "\0", "x = y", "[default]\n" * 3])
def test_a_file_that_is_none_names_nothing(text: str, environ: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "config").write_text(text)
    assert not names_credentials(None, environ)
    os.mkfifo(tmp_path / "credentials")  # nobody writes into it: to open it would wait for ever
    assert not names_credentials(None, environ)
    assert not names_credentials(None, {**environ, "AWS_CONFIG_FILE": "\0"})


def test_it_imports_no_botocore() -> None:
    import subprocess

    script = "import sys, probes.aws.session.configured; print('botocore' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
