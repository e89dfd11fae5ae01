"""A signature is what tells a packet from a forged one; without it a check says that it cannot tell."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from compliant_chain import ComplyingRelease
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from thoroughness import THOROUGH, some

from diagnosis.documents.packet import Packet, completed, packet
from diagnosis.documents.packet.content import ExceptionEntry, StatedKind
from diagnosis.facts.case import Case
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import ClosureStatus
from diagnosis.verdicts.run_end import End
from tui.cli.main import planescope
from tui.cli.options.packet_key import sign_with
from tui.packet.contents import TOOL, contents_of
from tui.packet.files import ENVELOPE, MANIFEST, STATEMENT, SUMMED, PacketProblem
from tui.packet.from_json import NotAPacketError, packet_of
from tui.packet.pages import json_page, pages_of
from tui.packet.signing import signer_of
from tui.packet.statement import statement_page
from tui.packet.sums import manifest_of
from tui.packet.verify.consistency import contradictions
from tui.packet.verify.report import Question, Sign
from tui.packet.verify.signature import UNSIGNED, signature_lines
from tui.packet.verify.verify import verify
from tui.packet.write import Form, write

MADE = packet(ComplyingRelease().diagnosis(), Case(), tool=TOOL)
PASSPHRASE = b"correct horse"


def key_files(folder: Path, key: Any, passphrase: bytes | None = None) -> tuple[Path, Path]:
    """A private key and its public one, as PEM files."""
    private, public = folder / "key.pem", folder / "key.pub"
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


@pytest.fixture
def signed(tmp_path: Path) -> tuple[Path, Path]:
    """A signed packet and the public key."""
    private, public = key_files(tmp_path, ed25519.Ed25519PrivateKey.generate())
    write(MADE, tmp_path / "packet", Form(sign=signer_of(private, lambda: None)))
    return tmp_path / "packet", public


def said(place: Path, key: Path | None = None) -> tuple[Sign, str]:
    """What a check says of the signature."""
    (line,) = [line for line in verify(place, key=key).lines if line.question is Question.SIGNATURE]
    return line.sign, line.sentence


def put(folder: Path, files: dict[str, bytes]) -> None:
    for name, body in files.items():
        (folder / name).write_bytes(body)


def summed(folder: Path) -> None:
    files = {name: (folder / name).read_bytes() for name in SUMMED}
    (folder / MANIFEST).write_text(manifest_of(files))


@pytest.mark.parametrize(
    ("make", "passphrase"),
    [
        (ed25519.Ed25519PrivateKey.generate, None),
        (lambda: ec.generate_private_key(ec.SECP256R1()), PASSPHRASE),
        (lambda: rsa.generate_private_key(65537, 2048), None),
    ],
    ids=["ed25519", "P-256, with a passphrase", "RSA"],
)
def test_each_kind_of_key_signs_and_only_its_own_signature_fits(
    make: Callable[[], Any], passphrase: bytes | None, tmp_path: Path
) -> None:
    private, public = key_files(tmp_path, make(), passphrase)
    place = tmp_path / "packet.zip"
    write(MADE, place, Form(zipped=True, sign=signer_of(private, lambda: passphrase)))
    assert verify(place, key=public).verdict == "agrees"
    sign, sentence = said(place, public)
    assert (sign, "Signed by the key in" in sentence) == (Sign.HOLDS, True)
    sign, sentence = said(place)
    assert sign is Sign.NOTE
    assert "was not checked" in sentence
    assert "as good as unsigned" in sentence
    (tmp_path / "other").mkdir()
    _, other = key_files(tmp_path / "other", ed25519.Ed25519PrivateKey.generate())
    assert said(place, other)[0] is Sign.BROKEN
    write(MADE, tmp_path / "unsigned")
    assert said(tmp_path / "unsigned", public)[0] is Sign.BROKEN
    assert said(tmp_path / "unsigned")[0] is Sign.NOTE


def test_what_is_no_key_is_a_sentence_that_holds_nothing_of_it(tmp_path: Path) -> None:
    private, public = key_files(tmp_path, ed25519.Ed25519PrivateKey.generate(), PASSPHRASE)
    small, curve = tmp_path / "small", tmp_path / "curve"
    weak = rsa.generate_private_key(65537, 1024)  # noqa: S505 - it must be refused
    for folder, key in ((small, weak), (curve, ec.generate_private_key(ec.SECP384R1()))):
        folder.mkdir()
        key_files(folder, key)
    (tmp_path / "junk").write_text("-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    for path, given in (
        (private, None), (private, b"wrong"), (public, None), (small / "key.pem", None), (curve / "key.pem", None),
        (tmp_path / "junk", None), (tmp_path / "absent", None), (tmp_path, None),
    ):  # fmt: skip
        with pytest.raises(PacketProblem) as told:
            signer_of(path, lambda given=given: given)  # type: ignore[misc]
        assert "c2VjcmV0" not in str(told.value)
        assert "BEGIN" not in str(told.value)
    write(MADE, tmp_path / "packet", Form(sign=signer_of(private, lambda: PASSPHRASE)))
    for path in (private, small / "key.pub", tmp_path / "junk", tmp_path / "absent"):
        with pytest.raises(PacketProblem):
            verify(tmp_path / "packet", key=path)


def test_the_command_line_signs_and_the_passphrase_comes_by_file_or_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    private, public = key_files(tmp_path, ed25519.Ed25519PrivateKey.generate(), PASSPHRASE)
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\r\nnothing")
    made = ["packet", "export", "--demo", "1", "--sign", str(private), "--force", "-o", str(tmp_path / "packet")]
    run = CliRunner().invoke
    result = run(planescope, made)
    assert (result.exit_code, "has a passphrase" in result.stderr) == (2, True)
    assert not (tmp_path / "packet").exists()
    result = run(planescope, [*made, "--passphrase-file", str(tmp_path / "passphrase")])
    assert result.exit_code == 0
    monkeypatch.setenv("PLANESCOPE_PASSPHRASE", PASSPHRASE.decode())
    assert sign_with(private, None) is not None
    assert PASSPHRASE.decode() not in result.output
    result = run(planescope, ["packet", "verify", str(tmp_path / "packet"), "--key", str(public)])
    assert (result.exit_code, "is what that key signed" in result.output) == (0, True)
    secret = private.read_bytes().splitlines()[1]
    assert all(
        secret not in path.read_bytes() and PASSPHRASE not in path.read_bytes()
        for path in (tmp_path / "packet").iterdir()
    )
    result = run(planescope, ["packet", "export", "--demo", "1", "--passphrase-file", str(tmp_path / "passphrase")])
    assert (result.exit_code, "nothing without --sign" in result.stderr) == (2, True)


def test_every_change_of_the_envelope_and_of_what_it_covers_is_found(signed: tuple[Path, Path]) -> None:
    folder, public = signed
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    envelope = files[ENVELOPE]
    chosen = range(len(envelope)) if THOROUGH else random.Random(9).sample(range(len(envelope)), 25)  # noqa: S311 - no secret
    for position in chosen:
        turned = bytearray(envelope)
        turned[position] ^= 1
        (line,) = signature_lines({**files, ENVELOPE: bytes(turned)}, public)
        assert line.sign is Sign.BROKEN, position
    document = json.loads(envelope)
    for odd in ("[]", "{}", "nonsense", "[" * 100_000, json.dumps(document), json.dumps(document | {"more": 1}, indent=2),
                json.dumps(document | {"signatures": []}, indent=2), json.dumps(document | {"payload": 5}, indent=2),
                json.dumps(document | {"signatures": document["signatures"] * 2}, indent=2) + "\n",
                json.dumps(document | {"payloadType": "text/plain"}, indent=2) + "\n"):  # fmt: skip
        (line,) = signature_lines({**files, ENVELOPE: odd.encode()}, None)
        assert line.sign is Sign.BROKEN, odd[:80]
    # What another schema says cannot be compared; that its pages are not those that were signed can be told all the same.
    text = (folder / "packet.json").read_text().replace("planescope.packet/2", "planescope.packet/77", 1)
    (folder / "packet.json").write_text(text)
    summed(folder)
    assert verify(folder, key=public).verdict == "broken"
    assert any("does not cover packet.json" in each for each in verify(folder, key=public).broken)


def leaves(value: Any, trail: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if members is None:
        yield trail
        return
    for name, member in members:
        yield from leaves(member, (*trail, name))


def changed(value: Any) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    other = {"pass": "fail", "fail": "pass", "closed": "open", "success": "failure", "failure": "success", None: "x"}
    return other.get(value, f"{value}x" if isinstance(value, str) else None)


def remade(document: dict[str, Any]) -> dict[str, bytes]:
    """All that whoever forges can make anew: pages, statement and sums."""
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    try:
        forged: Packet | None = packet_of(text)
    except NotAPacketError:
        forged = None
    pages = {name: page.encode() for name, page in pages_of(forged or MADE).items()} | {"packet.json": text.encode()}
    statement = statement_page(forged or MADE, pages).encode()
    files = {**pages, STATEMENT: statement}
    return {**files, MANIFEST: manifest_of(files).encode()}


def test_any_fact_that_is_changed_with_every_sum_made_anew_is_found_by_the_signature_and_never_vouched_for(
    signed: tuple[Path, Path],
) -> None:
    folder, public = signed
    assert verify(folder, key=public).verdict == "agrees"
    assert MADE.status == "closed"
    whole = json.loads(json_page(MADE))
    places = [place for place in leaves(whole) if place != ("schema",)]
    envelope = (folder / ENVELOPE).read_bytes()
    for place in some(random.Random(11).sample(places, 300), 75):  # noqa: S311 - no secret
        document = json.loads(json_page(MADE))
        owner = document
        for part in place[:-1]:
            owner = owner[part]
        owner[place[-1]] = changed(owner[place[-1]])
        put(folder, remade(document))
        (folder / ENVELOPE).write_bytes(envelope)
        assert verify(folder, key=public).verdict == "broken", place
        (folder / ENVELOPE).unlink()
        found = verify(folder)
        assert any(line.sentence == UNSIGNED for line in found.lines), place
        assert all("signed by" not in line.sentence.lower() for line in found.lines)


def forgeries() -> Iterator[tuple[str, Packet]]:
    """Packets that are whole and rendered as they should be, in which one fact speaks against another."""
    closure = MADE.closure
    assert closure is not None
    last, first = MADE.attempts[-1], MADE.attempts[0]
    broken = replace(closure.rules[0], verdict=Verdict.FAIL, next_step="x")

    def attempt(entry: Any, **more: Any) -> tuple[Any, ...]:
        return tuple(replace(each, **more) if each is entry else each for each in MADE.attempts)

    yield "a rule that fails", replace(MADE, closure=replace(closure, rules=(broken, *closure.rules[1:])))
    yield "a rule left out", replace(MADE, closure=replace(closure, rules=closure.rules[1:]))
    yield (
        "another rule's words",
        replace(MADE, closure=replace(closure, rules=(replace(closure.rules[0], title="Fine"), *closure.rules[1:]))),
    )
    for status in (ClosureStatus.OPEN, ClosureStatus.UNPROVEN, ClosureStatus.NON_COMPLIANT):
        yield status.value, replace(MADE, closure=replace(closure, status=status))
    yield "another sentence", replace(MADE, closure=replace(closure, sentence="All is well."))
    yield "a step of nothing", replace(MADE, closure=replace(closure, next_steps=("x",)))
    yield "the last run red", replace(MADE, attempts=attempt(last, conclusion="failure", end=End.GATE, published=False))
    yield "red and published", replace(MADE, attempts=attempt(first, published=True))
    yield "end and conclusion", replace(MADE, attempts=attempt(first, conclusion="success"))
    yield "another run's address", replace(MADE, attempts=attempt(first, url=last.url))
    yield "another repository", replace(MADE, repository="octo-org/another")
    yield "another workflow", replace(MADE, attempts=attempt(first, workflow=".github/workflows/other.yml"))
    passed = tuple((gate, Verdict.PASS) for gate, _ in first.verdicts)
    unread = tuple((gate, Verdict.UNKNOWN) for gate, _ in last.verdicts)
    yield "a push that no gate shows", replace(MADE, closure=None, attempts=attempt(last, verdicts=unread))
    yield "no failure", replace(MADE, attempts=attempt(first, verdicts=passed))
    yield from (
        (f"{member}: {value}", replace(MADE, **{member: value}))
        for member, value in (
            ("attempts", MADE.attempts[::-1]),
            ("attempts", (*MADE.attempts, last)),
            ("attempts", attempt(first, started_at=None)),
            ("attempts", attempt(first, url="")),
            ("attempts", attempt(first, url=first.url.replace("https://", "https://not-"))),
            ("attempts", attempt(last, proof=replace(last.proof, address="https://octo.example/proof"))),
            ("workflow", ".github/workflows/other.yml"),
            ("judged_run", 1),
            ("attempts", attempt(first, url=f"{first.url}/attempts/{'9' * 5000}")),
            ("outcome", ""),
            ("now", ()),
            ("now", (replace(MADE.now[0], verdict=Verdict.FAIL), *MADE.now[1:])),
            ("outcome", MADE.outcome.replace("succeeded", "failed")),
            ("outcome", f"Least privilege fails today{MADE.outcome[MADE.outcome.index(';') :]}"),
            ("other_red_runs", MADE.other_red_runs[1:]),
            ("withheld", (*MADE.withheld, MADE.withheld[0])),
            ("withheld", (replace(MADE.withheld[0], sha256="0"),)),
            ("anchors", tuple(replace(each, sha256="none") for each in MADE.anchors)),
            ("anchors", tuple(replace(each, url="https://octo.example/") for each in MADE.anchors)),
            ("exceptions", (ExceptionEntry(StatedKind.ESCALATION, "s3:*", "", "2026-03-31"),)),
        )
    )
    yield "a session of no run", replace(MADE, sessions=tuple(replace(each, run=1) for each in MADE.sessions))


def test_what_can_be_derived_is_derived_again(tmp_path: Path) -> None:
    assert contradictions(MADE) == []
    for what, forged in forgeries():
        assert contradictions(completed(forged)), what
    put(tmp_path, contents_of(completed(forged)).files)
    lines = [line for line in verify(tmp_path).lines if line.sign is Sign.BROKEN]
    assert {line.question for line in lines} == {Question.CONSISTENCY}


def test_a_signer_signs_once(tmp_path: Path) -> None:
    sign = signer_of(key_files(tmp_path, ed25519.Ed25519PrivateKey.generate())[0], lambda: None)
    assert sign(b"{}")
    with pytest.raises(IndexError):
        sign(b"{}")
