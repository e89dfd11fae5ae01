"""Say whether a packet is signed, over what, and with which key: that alone tells who vouches for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from tui.packet.files import ENVELOPE, PAGES, STATEMENT
from tui.packet.signing import EnvelopeFault, fits, named_in
from tui.packet.statement import STATEMENT_TYPE
from tui.packet.sums import sum_of
from tui.packet.verify.lying import shown
from tui.packet.verify.report import Line, Question, Sign

UNSIGNED = "Unsigned: whoever had the folder could have rewritten it, sums and all."
UNCHECKED = "Until then it is as good as unsigned: whoever had the folder could have rewritten it, sums and all."


def uncovered(statement: str, files: Mapping[str, bytes]) -> list[str]:
    """Return which pages a statement does not cover as they lie here, as sentences: what a signature over it says nothing of."""
    try:
        document = json.loads(statement)
        subjects = document["subject"] if document["_type"] == STATEMENT_TYPE else []
        covered = [(each["name"], each["digest"]["sha256"]) for each in subjects]
    except (ValueError, TypeError, KeyError, RecursionError):
        return [f"{STATEMENT} is no in-toto Statement."]
    names = [name for name, _ in covered]
    return [
        f"{STATEMENT} does not cover {name} as it lies here."
        for name in PAGES
        if names.count(name) != 1 or name not in files or (name, sum_of(files[name])) not in covered
    ]


def signature_lines(files: Mapping[str, bytes], key_file: Path | None) -> list[Line]:
    """Say who signed the packet, as far as that can be told; ``key_file`` is the public key that it should be."""

    def line(sign: Sign, sentence: str) -> list[Line]:
        return [Line(Question.SIGNATURE, sign, sentence)]

    if ENVELOPE not in files:
        asked = " A signature by that key was asked for." if key_file else ""
        return line(Sign.BROKEN if key_file else Sign.NOTE, f"{UNSIGNED}{asked}")
    envelope = files[ENVELOPE].decode("utf-8", errors="replace")
    try:
        named = named_in(envelope, files.get(STATEMENT, b""))
        if key_file is None:
            told = f"A signature lies here, by a key that it names {shown(named)}, and was not checked: give --key. {UNCHECKED}"
            return line(Sign.NOTE, told)
        fingerprint, signed = fits(envelope, key_file)
    except EnvelopeFault as fault:
        return line(Sign.BROKEN, f"{ENVELOPE} {fault}.")
    if signed:
        return line(
            Sign.HOLDS, f"Signed by the key in {key_file} (sha256:{fingerprint}). Whose key that is, you must know."
        )
    return line(Sign.BROKEN, f"The signature is not one by the key in {key_file} (sha256:{fingerprint}).")
