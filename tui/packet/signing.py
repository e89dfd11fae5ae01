"""Sign a packet's statement with a key of the user's, and tell whether such a signature fits a public key.

The form is DSSE, an envelope that signing tools know; securesystemslib writes and reads it. A key is read from a PEM file:
Ed25519, ECDSA on P-256, or RSA of at least 2048 bits (PSS). Its name in the envelope is its fingerprint: the SHA-256 of the
public key's DER form. Neither key nor passphrase is written anywhere, and none is in a message.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from diagnosis.policy.language.strict_json import json_text
from tui.packet.contents import Sign
from tui.packet.files import PacketProblem
from tui.packet.statement import PAYLOAD_TYPE

if TYPE_CHECKING:
    from securesystemslib.signer import SSlibKey

_LARGEST_KEY = 64_000
_LEAST_RSA_BITS = 2048
_KINDS = "a key in PEM: Ed25519, ECDSA on P-256, or RSA of at least 2048 bits"


class EnvelopeFault(Exception):  # noqa: N818 - it says what is wrong with a file
    """Why an envelope says nothing: the end of a sentence that begins with its name."""


def signer_of(key_file: Path, passphrase: Callable[[], bytes | None]) -> Sign:
    """Return what signs one statement with the key of a file; ``passphrase`` is asked for one if the key has one.

    The key is read now, so that a wrong one is told before anything is done, and forgotten with the first signature. Raises
    PacketProblem.
    """
    keys = [_private_key(key_file, passphrase)]
    name = _fingerprint_of(keys[0].public_key(), key_file)

    def sign(statement: bytes) -> str:
        from securesystemslib.dsse import Envelope
        from securesystemslib.signer import CryptoSigner, SSlibKey

        key = keys.pop()
        envelope = Envelope(statement, PAYLOAD_TYPE, {})
        envelope.sign(CryptoSigner(key, SSlibKey.from_crypto(key.public_key(), name)))
        return _page(envelope.to_dict())

    return sign


def named_in(envelope: str, statement: bytes) -> str:
    """Return the name of the key that an envelope says it is signed with. Raises EnvelopeFault for one of another statement."""
    parsed = _parsed(envelope)
    if parsed.payload != statement:
        raise EnvelopeFault("is signed over another statement than the one that lies here")
    (name,) = parsed.signatures
    return str(name)


def fits(envelope: str, key_file: Path) -> tuple[str, bool]:
    """Return a public key's fingerprint, and whether the envelope is signed with it. Raises PacketProblem for what is no key."""
    from securesystemslib.exceptions import VerificationError

    key = _public_key(key_file)
    try:
        _parsed(envelope).verify([key], 1)
    except VerificationError:
        return str(key.keyid), False
    return str(key.keyid), True


def _page(envelope: dict[str, Any]) -> str:
    return json_text(envelope, indent=2) + "\n"


def _parsed(text: str) -> Any:
    """Return the envelope, if it is written as :func:`signer_of` writes it. Raises EnvelopeFault."""
    from securesystemslib.dsse import Envelope

    try:
        envelope = Envelope.from_dict(json.loads(text))
        exact = _page(envelope.to_dict()) == text and len(envelope.signatures) == 1
    except Exception as error:  # whatever foreign JSON makes of the library
        raise EnvelopeFault("is no signed envelope") from error
    if not exact or envelope.payload_type != PAYLOAD_TYPE:
        raise EnvelopeFault("is not an envelope of one signature as planescope writes it")
    return envelope


def _private_key(path: Path, passphrase: Callable[[], bytes | None]) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    pem = _read(path)
    try:
        try:
            return load_pem_private_key(pem, None)
        except TypeError:
            return load_pem_private_key(pem, passphrase())
    except TypeError:
        why = "has a passphrase, and none was given. Give --passphrase-file, or set PLANESCOPE_PASSPHRASE"
    except (ValueError, UnsupportedAlgorithm):
        why = f"is not {_KINDS}, or the passphrase is another one"
    raise PacketProblem(f"The key file {path} {why}.")


def _public_key(path: Path) -> SSlibKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key
    from securesystemslib.signer import SSlibKey

    pem = _read(path)
    if b"PRIVATE KEY" in pem:
        raise PacketProblem(f"{path} holds a private key: give the public one, and keep this one to yourself.")
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise PacketProblem(f"The key file {path} is not the public part of {_KINDS}.") from None
    return SSlibKey.from_crypto(key, _fingerprint_of(key, path))


def _fingerprint_of(key: Any, path: Path) -> str:
    """Return the fingerprint of a public key. Raises PacketProblem for one of another kind."""
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    known = (
        isinstance(key, Ed25519PublicKey)
        or (isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1))
        or (isinstance(key, RSAPublicKey) and key.key_size >= _LEAST_RSA_BITS)
    )
    if not known:
        raise PacketProblem(f"The key file {path} is not {_KINDS}.")
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            body = file.read(_LARGEST_KEY + 1)
    except OSError as error:
        raise PacketProblem(f"The key file {path} cannot be read: {error.strerror or error}.") from None
    if len(body) > _LARGEST_KEY:
        raise PacketProblem(f"The key file {path} is not {_KINDS}.")
    return body
