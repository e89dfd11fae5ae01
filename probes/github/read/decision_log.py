"""Read a decision log as it stands at a commit: its text, its digest, and when a commit last changed it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote, unquote, urlsplit

from diagnosis.facts.closure_facts import DecisionLog
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable, mapped
from diagnosis.facts.runs import Repository
from diagnosis.json_members import JsonMembers
from probes.github.http.client import Client
from probes.github.http.errors import BrokenAnswer, NotFound, ReadFailure
from probes.github.read.answers import members
from probes.github.read.file_text import read_bytes, text_of
from probes.github.read.kept_texts import Blob, KeptTexts
from probes.github.read.workflow_text import FileAt

LARGEST_LOG = 4_000_000
"""Bytes."""
_SHA = re.compile(r"[0-9a-f]{40}")
_BLOB = re.compile(r"/(?P<repository>[^/]+/[^/]+)/(?:blob|raw)/(?P<ref>[^/]+)/(?P<path>.+)")
_PART = re.compile(r"(?!\.{1,2}$)[^/\x00-\x1f\x7f\ud800-\udfff\\]{1,255}")
_LONGEST_PATH = 500


@dataclass(frozen=True, slots=True)
class LogPlace:
    """Where a decision log is said to be."""

    path: str
    ref: str | None
    """A commit, a branch or a tag; None for the default branch's newest."""


def log_place(stated: str, commit: str | None, repository: str, html_url: str) -> LogPlace | None:
    """Return where in the repository a log is that a case names by its path or its address; None where it is not there."""
    ref, path = commit, stated
    if "://" in stated:
        try:
            address = urlsplit(stated)
        except ValueError:
            # What stands for a secret in it looks like the host of an IPv6 address, and is none.
            return None
        found = _BLOB.fullmatch(unquote(address.path))
        if address.scheme != "https" or found is None or address.netloc != urlsplit(html_url).netloc:
            return None
        if found["repository"].lower() != repository.lower():
            return None
        ref, path = commit or found["ref"], found["path"]
    parts = path.split("/")
    sound = len(path) <= _LONGEST_PATH and all(_PART.fullmatch(part) for part in parts)
    return LogPlace(path, ref or None) if sound else None


def read_decision_log(
    client: Client, *, repository: Repository, place: LogPlace, kept: KeptTexts, now: datetime
) -> Reading[DecisionLog]:
    """Return the log at the commit, or at the last commit of the ref that changed it. At most three requests."""
    what = f"the decision log {place.path}"
    ref = place.ref or repository.default_branch or "HEAD"
    listed = True
    changed: tuple[str, datetime | None] | None
    try:
        changed = _last_change(client, repository, place.path, ref)
    except ReadFailure as failure:
        if not isinstance(failure, NotFound) or not _SHA.fullmatch(ref):
            return failure.reading(what)
        # A commit that is named whole needs no list to be found; when it changed the file stays unknown.
        changed, listed = (ref, None), False
    if changed is None:
        return Absent(f"{what} in {repository.full_name} at {ref}")
    sha, committed_at = changed
    # Under the commit that is named, where one is; else under the one that was found, so that it can be named.
    file = FileAt(repository.full_name, place.path, ref if _SHA.fullmatch(ref) else sha)
    digest_name = Blob(f"{file.commit}:{file.path}#sha256")
    known, digests = kept.known([file]), kept.known([digest_name])
    text, digest = known.get(file), digests.get(digest_name)
    if not isinstance(text, Known) or not isinstance(digest, Known):
        body = read_bytes(client, file, most=LARGEST_LOG, readable=listed, blobs=True)
        text = text_of(client, file, body)
        if not isinstance(text, Known):
            return replace(text, what=what) if isinstance(text, Unreadable) else text
        digest = mapped(body, lambda found: hashlib.sha256(found).hexdigest())
        kept.keep({file: text})
        kept.keep({digest_name: digest})
    if not isinstance(digest, Known):
        return Unreadable(what, "it was not hashed", "try again")
    return Known(
        DecisionLog(
            path=file.path,
            commit=file.commit,
            text=text.value,
            sha256=digest.value,
            url=f"{repository.html_url}/blob/{file.commit}/{quote(file.path)}" if repository.html_url else "",
            committed_at=committed_at,
            read_at=now,
        )
    )


def commits_path(repository: str) -> str:
    """Return the address of a repository's commits."""
    return f"/repos/{repository}/commits"


def _last_change(client: Client, repository: Repository, path: str, ref: str) -> tuple[str, datetime | None] | None:
    """Return the last commit up to a ref that changed a file, and its time; None where none did."""
    answer = client.object_or_list(commits_path(repository.full_name), {"sha": ref, "path": path, "per_page": 1})
    if not isinstance(answer, tuple):
        raise BrokenAnswer("GitHub's answer is not the list that was asked for", "try again")
    if not answer:
        return None
    first = members(answer[0])
    sha = first.maybe_text("sha") or ""
    if not _SHA.fullmatch(sha):
        raise BrokenAnswer("GitHub's answer names no commit", "try again")
    committer = _inner(_inner(first, "commit"), "committer")
    found = committer.maybe_moment("date")
    return sha, found.astimezone(UTC) if found else None


def _inner(value: JsonMembers, name: str) -> JsonMembers:
    inner = value.value.get(name)
    return members(inner) if isinstance(inner, dict) else JsonMembers({})
