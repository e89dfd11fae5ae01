"""Read a file's text from what GitHub's contents API answers, whatever stands at the path: a file, a folder, a link.

https://docs.github.com/rest/repos/contents: files up to 1 MB come in base64, larger ones without content, folders as lists.
"""

from __future__ import annotations

import base64
import binascii

from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.json_members import JsonMembers
from diagnosis.logs.scrubbed_values import scrub_text
from probes.github.http.client import Client
from probes.github.http.endpoints import address_part
from probes.github.http.errors import NotFound, NotRecorded, ReadFailure
from probes.github.read.workflow_text import FileAt, contents_path

_BY_HAND = "read the file in the repository"
_BREAKS = str.maketrans("", "", "\r\n")


def read_text(client: Client, place: FileAt, *, most: int, readable: bool) -> Reading[str]:
    """Return a file's text, secrets replaced; never half of one.

    ``most`` is the largest file in bytes. ``readable`` says that the token is known to see the repository at this commit:
    then a file that is not found is ``Absent``, otherwise it may be hidden.
    """
    return text_of(client, place, read_bytes(client, place, most=most, readable=readable))


def read_bytes(client: Client, place: FileAt, *, most: int, readable: bool, blobs: bool = False) -> Reading[bytes]:
    """Return a file's bytes, as :func:`read_text` does; with ``blobs`` those of more than 1 MB too, by another request."""
    what = _named(place)
    try:
        answer = client.object_or_list(contents_path(place), {"ref": place.commit})
        if isinstance(answer, tuple):
            return Unreadable(what, "a folder stands there", _BY_HAND, lasting=True)
        members = JsonMembers(answer)
        blob, size = members.maybe_text("sha"), members.maybe_integer("size")
        if blobs and members.maybe_text("encoding") == "none" and blob and size is not None and size <= most:
            held = client.object(f"/repos/{place.repository}/git/blobs/{address_part(blob)}")
            members = JsonMembers({**held, "type": "file"})
    except NotFound as failure:
        return Absent(what) if readable and not isinstance(failure, NotRecorded) else failure.reading(what)
    except ReadFailure as failure:
        return failure.reading(what)
    return _bytes(members, what, most)


def text_of(client: Client, place: FileAt, body: Reading[bytes]) -> Reading[str]:
    """Return the text that a file's bytes are, secrets replaced."""
    if not isinstance(body, Known):
        return body
    try:
        text = body.value.decode("utf-8")
    except UnicodeDecodeError:
        return Unreadable(_named(place), "it is no text in UTF-8", _BY_HAND, lasting=True)
    if "\0" in text:
        return Unreadable(_named(place), "it is no text", _BY_HAND, lasting=True)
    return Known(clean_text(client, text))


def _named(place: FileAt) -> str:
    return f"{place.path} of {place.repository} at {place.commit[:12]}"


def clean_text(client: Client, text: str) -> str:
    """Return a file's text as it enters: without its byte order mark, secrets replaced."""
    return scrub_text(client.without_token(text.removeprefix("\ufeff")))


def too_large(most: int) -> str:
    """Say that a file is longer than is read."""
    return f"it is larger than {most // 1024} KB"


def _bytes(answer: JsonMembers, what: str, most: int) -> Reading[bytes]:
    def lasting(why: str) -> Unreadable:
        return Unreadable(what, why, _BY_HAND, lasting=True)

    kind, size = answer.maybe_text("type") or "file", answer.maybe_integer("size")
    if kind != "file":
        named = {"symlink": "a symbolic link", "submodule": "a submodule", "dir": "a folder"}.get(kind)
        return lasting(f"{named or 'something else than a file'} stands there")
    if size is not None and size > most:
        return lasting(too_large(most))
    content = answer.value.get("content")  # that of an empty file is empty, and no less there
    if answer.maybe_text("encoding") != "base64" or not isinstance(content, str):
        return lasting("GitHub gives files of more than 1 MB in another way")
    try:
        body = base64.b64decode(content.translate(_BREAKS), validate=True)
    except (binascii.Error, ValueError):
        return Unreadable(what, "GitHub's answer does not hold the file in base64", "try again")
    if len(body) > most:
        return lasting(too_large(most))
    if size is not None and size != len(body):
        return Unreadable(what, "GitHub's answer does not hold the whole file", "try again")
    return Known(body)
