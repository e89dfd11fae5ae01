"""The key that signs a packet, and its passphrase, which never stands on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tui.backend import BackendProblem
from tui.packet.contents import Sign
from tui.packet.files import PacketProblem

PASSPHRASE_VARIABLE = "PLANESCOPE_PASSPHRASE"  # noqa: S105 - its name
SIGN_HELP = "Sign it with this private key (PEM: Ed25519, ECDSA P-256, RSA)."
_LONGEST = 4_000


def sign_with(key_file: Path | None, passphrase_file: Path | None) -> Sign | None:
    """Return what signs a packet with the key of a file; None without one. Raises BackendProblem."""
    if key_file is None:
        if passphrase_file is not None:
            raise BackendProblem("--passphrase-file means nothing without --sign.", "Name the key, or leave it out.")
        return None
    from tui.packet.signing import signer_of

    def passphrase() -> bytes | None:
        return _passphrase(passphrase_file)

    try:
        return signer_of(key_file, passphrase)
    except PacketProblem as problem:
        raise BackendProblem(str(problem)) from None


def _passphrase(file: Path | None) -> bytes | None:
    """Return the passphrase of a file, of the environment, or as it is typed; None where nobody can be asked."""
    if file is not None:
        try:
            with file.open("rb") as opened:
                return opened.read(_LONGEST).split(b"\n")[0].removesuffix(b"\r")
        except OSError as error:
            raise BackendProblem(f"The passphrase file {file} cannot be read: {error.strerror or error}.") from None
    given = os.environ.get(PASSPHRASE_VARIABLE)
    if given:
        return os.fsencode(given)  # bytes that are no UTF-8 came as lone surrogates
    if not sys.stdin.isatty():
        return None
    return str(click.prompt("Passphrase of the key", hide_input=True, err=True)).encode()
