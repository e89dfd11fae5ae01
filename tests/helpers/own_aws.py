"""An AWS configuration of the test's own, and a server on loopback that answers sts:GetCallerIdentity in AWS's place."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from raw_server import Asked, RawServer, Wire

ARN = "arn:aws:sts::123456789012:assumed-role/release-reader/me"
_ANSWER = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{ARN}</Arn><UserId>AROA:me</UserId><Account>123456789012</Account></GetCallerIdentityResult>
</GetCallerIdentityResponse>""".encode()
REFUSED = b"<ErrorResponse><Error><Code>ExpiredToken</Code><Message>FwoGZXIvYXdzEXAMPLETOKEN</Message></Error></ErrorResponse>"


def configure(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str = "", **variables: str) -> None:
    """Let botocore know this configuration, these variables and nothing of the machine."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    config = folder / "aws-config"
    config.write_text(text)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


def sts(body: bytes = _ANSWER, status: str = "200 OK") -> RawServer:
    """Return the server, to be entered; it answers whatever is asked with the same."""

    def answer(wire: Wire, _asked: Asked) -> None:
        wire.answer(body, status, "content-type: text/xml")

    return RawServer(answer)
