"""The one form of zip file that a packet has: its files one after the other, uncompressed, without times, owners or comments.

The form has no freedom: the same files make the same bytes. So a reader needs no cleverness: what it found is put together
again, and where that gives other bytes, something is hidden in the archive or it was packed by something else. Nothing is
unpacked to the disk, and since nothing is compressed, nothing can grow.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Collection, Mapping

LARGEST_ARCHIVE = 64_000_000
"""Bytes; more is no archive of a packet."""
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_ZIP64 = (b"PK\x06\x06", b"PK\x06\x07")
_LOCAL_FIELDS = struct.Struct("<4s5H3I2H")
"""Signature; version, flags, method, time, date; CRC, packed size, size; length of the name, length of the extra field."""
_CENTRAL_FIELDS = struct.Struct("<4s6H3I5H2I")
_END_FIELDS = struct.Struct("<4s4H2IH")
_VERSION = 20
_DAY = 0x21
"""The first of January 1980, the earliest that a zip can say."""
_MADE_ON_UNIX = 3 << 8
_MODE = 0o100600
_LINK, _KIND = 0o120000, 0o170000
_ENCRYPTED, _SIZE_AFTERWARDS = 0x0001, 0x0008
_WHOLE = 0xFFFFFFFF


class ArchiveFault(Exception):  # noqa: N818 - it says what is wrong with a file
    """Why a zip is not the one that a packet makes: the end of a sentence that begins with its name."""


def packed(files: Mapping[str, bytes]) -> bytes:
    """Return the archive of these files, in their order. Their names are ASCII."""
    body, directory = bytearray(), bytearray()
    for name, content in files.items():
        coded = name.encode("ascii")
        shared = (0, 0, 0, _DAY, zlib.crc32(content), len(content), len(content), len(coded), 0)
        directory += _CENTRAL_FIELDS.pack(
            _CENTRAL, _MADE_ON_UNIX | _VERSION, _VERSION, *shared, 0, 0, 0, _MODE << 16, len(body)
        )
        directory += coded
        body += _LOCAL_FIELDS.pack(_LOCAL, _VERSION, *shared) + coded + content
    end = _END_FIELDS.pack(_END, 0, 0, len(files), len(files), len(directory), len(body), 0)
    return bytes(body + directory) + end


def unpacked(archive: bytes, names: Collection[str]) -> dict[str, bytes]:
    """Return the files of an archive that :func:`packed` made, of these names only. Raises ArchiveFault for any other."""
    files: dict[str, bytes] = {}
    place = 0
    while archive[place : place + 4] == _LOCAL:
        place = _take(archive, place, names, files)
    if not files:
        raise ArchiveFault("holds something before its first file" if _LOCAL in archive else "is no zip file")
    if packed(files) != archive:
        raise ArchiveFault(_what_differs(archive, place, files))
    return files


def _take(archive: bytes, place: int, names: Collection[str], files: dict[str, bytes]) -> int:
    """Take the file at this place, and return where the next one would begin."""
    header = archive[place : place + _LOCAL_FIELDS.size]
    if len(header) < _LOCAL_FIELDS.size:
        raise ArchiveFault("is cut short")
    flags, method, size, whole, name_length, extra_length = _local(header)
    begin = place + _LOCAL_FIELDS.size + name_length + extra_length
    name = archive[place + _LOCAL_FIELDS.size : begin - extra_length].decode("ascii", "backslashreplace")
    if flags & _ENCRYPTED:
        raise ArchiveFault("holds an encrypted file")
    if name not in names:
        raise ArchiveFault(_not_a_name(name))
    if name in files:
        raise ArchiveFault(f"holds {name} twice")
    if method:
        raise ArchiveFault("is compressed; planescope writes no such archive. Unpack it and check the folder")
    if flags & _SIZE_AFTERWARDS or extra_length or size != whole or size == _WHOLE:
        raise ArchiveFault(f"states the size of {name} in more than one way")
    if begin + size > len(archive):
        raise ArchiveFault(f"ends before {name} does")
    files[name] = archive[begin : begin + size]
    return begin + size


def _local(header: bytes) -> tuple[int, int, int, int, int, int]:
    """Return what counts of a file's header: flags, method, packed size, size, and the lengths of name and extra field."""
    fields: tuple[int, ...] = _LOCAL_FIELDS.unpack(header)[1:]
    return fields[1], fields[2], fields[6], fields[7], fields[8], fields[9]


def _not_a_name(name: str) -> str:
    if name.startswith(("/", "\\")) or name[1:2] == ":" or ".." in name.replace("\\", "/").split("/"):
        return "holds a file whose name leads out of the folder"
    return "holds a file that is no part of a packet"


def _what_differs(archive: bytes, place: int, files: Mapping[str, bytes]) -> str:
    """Say what stands in the archive besides the files; the plainest words for it that are true."""
    end = archive.rfind(_END)
    if end < 0 or len(archive) < end + _END_FIELDS.size:
        return "is cut short: its directory has no end"
    if any(mark in archive[place:] for mark in _ZIP64):
        return "has a second directory, for large archives, which no packet needs"
    comment = _END_FIELDS.unpack_from(archive, end)[-1]
    if comment or len(archive) > end + _END_FIELDS.size:
        return "has a comment or something else after its end"
    listed = _listed(archive, place)
    if archive[place : place + 4] != _CENTRAL:
        return "holds something between its files and its directory"
    if [name for name, _ in listed] != list(files):
        return "lists other files in its directory than it holds: some readers would show what others do not"
    if any(mode & _KIND == _LINK for _, mode in listed):
        return "holds a link"
    return "is not the archive that planescope makes of these files. Unpack it and check the folder"


def _listed(archive: bytes, place: int) -> list[tuple[str, int]]:
    """Return name and mode of each entry of the directory."""
    found: list[tuple[str, int]] = []
    while archive[place : place + 4] == _CENTRAL and len(archive) >= place + _CENTRAL_FIELDS.size:
        fields = _CENTRAL_FIELDS.unpack_from(archive, place)
        name_length, extra_length, comment_length = fields[10:13]
        begin = place + _CENTRAL_FIELDS.size
        found.append((archive[begin : begin + name_length].decode("ascii", "backslashreplace"), fields[15] >> 16))
        place = begin + name_length + extra_length + comment_length
    return found
