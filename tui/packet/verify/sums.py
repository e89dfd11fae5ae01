"""Compare the files of a packet with its manifest, each exactly once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tui.packet.files import MANIFEST, SUMMED
from tui.packet.sums import sum_of
from tui.packet.verify.lying import shown

_SUM = re.compile(r"([0-9a-f]{64})  (.+)")


def wrong_sums(files: Mapping[str, bytes], manifest: str) -> list[str]:
    """Return what does not fit, as sentences."""
    wrong: list[str] = []
    listed: list[str] = []
    lines = manifest.removesuffix("\n").split("\n")
    for number, line in enumerate(lines[: len(SUMMED) + 1], 1):
        match = _SUM.fullmatch(line)
        if match is None or match[2] not in SUMMED or match[2] in listed:
            named = match[2] if match else line
            wrong.append(f"{MANIFEST} line {number} is not the sum of a file of the packet: {shown(named)}")
            continue
        listed.append(match[2])
        if match[2] in files and sum_of(files[match[2]]) != match[1]:
            wrong.append(f"{match[2]} has another sum than {MANIFEST} says: one of the two was changed.")
    if len(lines) > len(SUMMED):
        wrong.append(f"{MANIFEST} holds more lines than a packet has files.")
    wrong += [f"{name} is missing." for name in SUMMED if name not in files]
    wrong += [f"{MANIFEST} holds no sum of {name}." for name in SUMMED if name not in listed]
    if not wrong and (listed != list(SUMMED) or not manifest.endswith("\n")):
        wrong.append(f"{MANIFEST} is not written as planescope writes it.")
    return wrong
