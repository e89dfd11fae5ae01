"""The files that make a packet, and the problem that one may have."""

from __future__ import annotations

from diagnosis.documents.exit_code import ExitCode

JSON_PAGE = "packet.json"
PAGES = ("packet.html", JSON_PAGE, "packet.md")
"""What people and programs read; the others are made of the JSON."""
STATEMENT = "statement.json"
"""What the pages are: an in-toto Statement over them."""
MANIFEST = "MANIFEST.sha256"
"""The sums of the pages and of the statement; the sum of this file is the packet's root hash."""
ENVELOPE = "statement.dsse.json"
"""The statement, signed; only in a packet that was signed."""
SUMMED = tuple(sorted((*PAGES, STATEMENT)))
"""The files that the manifest lists, in its order."""
EVERY_FILE = (*SUMMED, ENVELOPE, MANIFEST)
"""In the order in which they are written: the manifest, which makes them a packet, comes last."""
OLDER_SUMS = "SHA256SUMS"
"""What a packet of schema ``planescope.packet/1`` had in place of the manifest."""
EVER_WRITTEN = (*EVERY_FILE[:-1], OLDER_SUMS, MANIFEST)
"""The names that a packet of any version has, those that make it one last."""


class PacketProblem(Exception):  # noqa: N818 - it names what the user has
    """The packet cannot be written or is none; the text is one sentence that names the way out, with its exit code."""

    def __init__(self, sentence: str, exit_code: ExitCode = ExitCode.USAGE) -> None:
        super().__init__(sentence)
        self.exit_code = exit_code
