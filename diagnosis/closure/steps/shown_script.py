"""Tell whether the script that a log shows is the one that the workflow file has."""

from __future__ import annotations


def shows(shown: str, written: str) -> bool:
    """Return whether a log's script is the one that the file has, whatever GitHub's expressions in it were filled in with."""
    pieces = [_plain(piece.partition("}}")[2] if at else piece) for at, piece in enumerate(written.split("${{"))]
    text, place = _plain(shown), 0
    for at, piece in enumerate(pieces):
        found = text.find(piece, place)
        if found < 0 or (at == 0 and found):
            return False
        place = found + len(piece)
    return place == len(text) or (len(pieces) > 1 and text.endswith(pieces[-1]))


def _plain(text: str) -> str:
    """Return a script without the blanks that a log does not keep."""
    return "\n".join(line.rstrip() for line in text.strip().split("\n"))
