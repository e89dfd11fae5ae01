"""All files of a packet, as bytes: the same for the same packet, whenever and wherever they are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diagnosis.documents.packet import Packet
from tui import __version__
from tui.packet.files import ENVELOPE, MANIFEST, STATEMENT
from tui.packet.pages import pages_of
from tui.packet.statement import statement_page
from tui.packet.sums import manifest_of, root_hash

Sign = Callable[[bytes], str]
"""Make the signed envelope of a statement."""


@dataclass(frozen=True, slots=True)
class Contents:
    """The files by name, in the order in which they are written, and the root hash."""

    files: dict[str, bytes]

    @property
    def root(self) -> str:
        """The sum that stands for all files but the signature."""
        return root_hash(self.files[MANIFEST])


TOOL = f"planescope {__version__}"
"""What makes a packet, as it stands in it."""


def contents_of(packet: Packet, sign: Sign | None = None) -> Contents:
    """Return the files of a packet, with a signature where it can be signed."""
    pages = {name: text.encode() for name, text in pages_of(packet).items()}
    statement = statement_page(packet, pages).encode()
    summed = dict(sorted({**pages, STATEMENT: statement}.items()))
    envelope = {ENVELOPE: sign(statement).encode()} if sign is not None else {}
    return Contents({**summed, **envelope, MANIFEST: manifest_of(summed).encode()})
