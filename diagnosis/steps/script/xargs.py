"""Say which commands ``xargs`` runs, from its options and its input."""

from __future__ import annotations

_COUNTS = frozenset({"-n", "-L", "--max-args"})
_VALUED = _COUNTS | {"-P", "-d", "-s", "-a", "--max-procs", "--delimiter"}


def commands_of_xargs(words: tuple[str, ...], stdin: str | None) -> list[tuple[str, ...]] | None:
    """Return the commands in order; None where no program is named: then the input is printed as it is.

    ``words``: from ``xargs`` on. ``stdin``: its input; where nobody can tell it, one command stands for all.
    """
    rest = list(words[1:])
    marker, several = "", True
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word in ("-I", "--replace", "-i"):
            marker = rest.pop(0) if rest and word == "-I" else "{}"
        elif word.startswith("-I"):
            marker = word[2:]
        elif word in _VALUED and rest:
            count = rest.pop(0)
            several = several and not (word in _COUNTS and count == "1")
        elif word in ("-n1", "-L1", "--max-args=1"):
            several = False
    if not rest:
        return None
    known = stdin if stdin is not None and "$" not in stdin else None
    lines = ["$xargs"] if known is None else known.split("\n") if marker else known.split()
    if marker:
        return [tuple(word.replace(marker, line) for word in rest) for line in lines if line.strip()]
    return [(*rest, *lines)] if several else [(*rest, line) for line in lines]
