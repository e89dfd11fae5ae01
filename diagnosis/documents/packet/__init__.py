"""Make the evidence packet as values: what a stranger can check, how it is to be read, and what is not claimed.

:func:`packet` makes one of a diagnosis; :class:`Packet` is its schema. Links to the runs, the proving lines, what was
done, the account of today and the recommended path, closure rule by rule, the anchors, and digests of what was left out.
"""

from diagnosis.documents.packet.content import SCHEMA, Facts, Packet, Withheld
from diagnosis.documents.packet.making import completed, packet

__all__ = ["SCHEMA", "Facts", "Packet", "Withheld", "completed", "packet"]
