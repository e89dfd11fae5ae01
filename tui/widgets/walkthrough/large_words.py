"""A word in large letters, made of block characters, to be read from the back of a room."""

from __future__ import annotations

from itertools import zip_longest

_ROWS = 5
_LETTERS = {
    "A": (" ## ", "#  #", "####", "#  #", "#  #"),
    "B": ("### ", "#  #", "### ", "#  #", "### "),
    "C": (" ###", "#   ", "#   ", "#   ", " ###"),
    "D": ("### ", "#  #", "#  #", "#  #", "### "),
    "E": ("####", "#   ", "### ", "#   ", "####"),
    "F": ("####", "#   ", "### ", "#   ", "#   "),
    "G": (" ###", "#   ", "# ##", "#  #", " ###"),
    "H": ("#  #", "#  #", "####", "#  #", "#  #"),
    "I": ("###", " # ", " # ", " # ", "###"),
    "J": ("  ##", "   #", "   #", "#  #", " ## "),
    "K": ("#  #", "# # ", "##  ", "# # ", "#  #"),
    "L": ("#   ", "#   ", "#   ", "#   ", "####"),
    "M": ("#   #", "## ##", "# # #", "#   #", "#   #"),
    "N": ("#   #", "##  #", "# # #", "#  ##", "#   #"),
    "O": (" ## ", "#  #", "#  #", "#  #", " ## "),
    "P": ("### ", "#  #", "### ", "#   ", "#   "),
    "Q": (" ## ", "#  #", "#  #", "# # ", " # #"),
    "R": ("### ", "#  #", "### ", "# # ", "#  #"),
    "S": (" ###", "#   ", " ## ", "   #", "### "),
    "T": ("###", " # ", " # ", " # ", " # "),
    "U": ("#  #", "#  #", "#  #", "#  #", " ## "),
    "V": ("#   #", "#   #", "#   #", " # # ", "  #  "),
    "W": ("#   #", "#   #", "# # #", "## ##", "#   #"),
    "X": ("#   #", " # # ", "  #  ", " # # ", "#   #"),
    "Y": ("#   #", " # # ", "  #  ", "  #  ", "  #  "),
    "Z": ("####", "  # ", " #  ", "#   ", "####"),
    "-": ("   ", "   ", "###", "   ", "   "),
    " ": ("  ", "  ", "  ", "  ", "  "),
}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def pixels(word: str) -> tuple[str, ...] | None:
    """Return the rows of a word; None where it has a sign for which there is no large letter."""
    letters = [_LETTERS.get(letter) for letter in word.upper().replace("_", " ")]
    if not letters or None in letters:
        return None
    return tuple(" ".join(letter[row] for letter in letters if letter) for row in range(_ROWS))


def arrow(lines: int) -> tuple[str, ...]:
    """Return an arrow in the middle of so many lines."""
    shaft = "━" * (2 * lines - 1) + "▶"
    return tuple(shaft if line == lines // 2 else " " * len(shaft) for line in range(lines))


def half_blocks(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Draw two rows of pixels on one line: three lines for a word."""
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=" " * len(rows[0]))
    return tuple("".join(_HALVES[a == "#", b == "#"] for a, b in zip(one, other, strict=True)) for one, other in pairs)


def whole_blocks(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Draw each pixel two cells wide: five lines for a word."""
    return tuple("".join("██" if pixel == "#" else "  " for pixel in row) for row in rows)
