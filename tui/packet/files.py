"""The files that make a packet, and the problem that one may have."""

from __future__ import annotations

from diagnosis.documents.exit_code import ExitCode

SUMS = "SHA256SUMS"
PAGES = ("packet.html", "packet.json", "packet.md")
"""The files that ``SHA256SUMS`` lists, in its order."""
EVERY_FILE = (*PAGES, SUMS)


class PacketProblem(Exception):  # noqa: N818 - it names what the user has
    """The packet cannot be written or is none; the text is one sentence that names the way out, with its exit code."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
