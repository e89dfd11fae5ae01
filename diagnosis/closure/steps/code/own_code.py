"""Tell whether a ref, a commit, a repository or an address names the code of the run itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum

from diagnosis.facts.runs import Attempt

_SHA = re.compile(r"[0-9a-f]{7,40}")
_HOST = re.compile(
    r"^(?:(?:git\+)?(?:https?|ssh|git)://)?(?:[^@/\s]+@)?(?:www\.)?(?P<host>[\w.-]+\.[a-z]+|\$\{?\w+\}?)[/:](?P<path>.+)$"
)
_HERE = frozenset({"HEAD", "@", "HEAD~0", "HEAD^0", "@{0}", "HEAD@{0}"})


class Whose(Enum):
    """Whose code something is."""

    OWN = "own"
    OTHER = "other"
    UNKNOWN = "unknown"
    """It is not legible, or its form is not understood."""


def whose_ref(ref: str, attempt: Attempt, values: Mapping[str, str]) -> Whose:
    """Return whether a ref, as filled in, is that of the run: its commit, its branch or tag, in whichever spelling."""
    text = ref.strip().strip("'\"")
    if text in _HERE:
        return Whose.OWN
    if text in ("GITHUB_SHA", "GITHUB_REF", "GITHUB_REF_NAME"):
        return Whose.OTHER
    bare = re.sub(r"^(?:refs/)?(?:remotes/)?(?:origin/)?(?:refs/)?(?:heads/|tags/)?", "", text)
    own = {attempt.head_sha, attempt.ref, attempt.head_branch or "", values.get("github.sha", "")}
    own |= {values.get("github.ref", ""), values.get("github.ref_name", "")}
    own |= {re.sub(r"^refs/(?:heads|tags)/", "", each) for each in own}
    own.discard("")
    if text in own or bare in own:
        return Whose.OWN
    if _SHA.fullmatch(text) and attempt.head_sha.startswith(text):
        return Whose.OWN
    if "$" in text or "***" in text:
        inner = re.sub(r"[\s${}]", "", text)
        if inner in ("github.sha", "github.ref", "github.ref_name", "GITHUB_SHA", "GITHUB_REF", "GITHUB_REF_NAME"):
            return Whose.OWN
        return Whose.UNKNOWN
    return Whose.OTHER


def whose_repository(name: str, attempt: Attempt) -> Whose:
    """Return whether ``owner/name``, or the address of a repository, is the run's own."""
    text = name.strip().strip("'\"").removesuffix("/").removesuffix(".git")
    full = attempt.repository.full_name.lower()
    inner = re.sub(r"[\s${}]", "", text).lower()
    if inner.endswith(("github.repository", "github_repository")) or text.lower() == full:
        return Whose.OWN
    found = _HOST.match(text)
    path = (found["path"] if found else text).removesuffix(".git").lower()
    if path == full and (not found or found["host"] in ("github.com", "ssh.github.com") or "$" in found["host"]):
        return Whose.OWN
    if "$" in text or "***" in text:
        return Whose.UNKNOWN
    return Whose.OTHER


def is_remote(address: str) -> bool:
    """Return whether a build context or source is fetched from elsewhere, and is no folder of the workspace."""
    text = address.strip().strip("'\"")
    return bool(re.match(r"(?:git\+)?(?:https?|git|ssh)://|git@|github\.com/|[\w.-]+@[\w.-]+:", text))
