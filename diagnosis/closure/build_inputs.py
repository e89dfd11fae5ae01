"""Tell which folders of its context a Dockerfile takes files from, where every instruction of it is understood."""

from __future__ import annotations

import json
import re

Parts = tuple[str, ...]
"""The parts of a path; the empty tuple is the root of what is spoken of."""

_TAKES_NONE = frozenset(
    {
        *("FROM", "ARG", "ENV", "LABEL", "WORKDIR", "USER", "CMD", "ENTRYPOINT", "EXPOSE", "VOLUME", "STOPSIGNAL"),
        *("HEALTHCHECK", "SHELL", "MAINTAINER"),
    }
)
_APART = frozenset({"type=cache", "type=secret", "type=ssh", "type=tmpfs"})
_MOUNT = re.compile(r"--mount=(\S+)")
_READ_AS_USUAL = re.compile(r"\s*#(?!\s*syntax\s*=(?!\s*docker/dockerfile(?:[:@]|\s*$)))", re.IGNORECASE)
"""A comment, but one that has the file read by another program than docker's own."""
_MOST = 20_000
"""Characters of a Dockerfile that are looked at; a longer one is not understood."""


def taken_from_context(dockerfile: str) -> frozenset[Parts] | None:
    """Return the folders and files that the build copies, from the root of its context; None where that is not understood.

    One that copies nothing is not understood either: what it is made from may hold instructions that copy (``ONBUILD``).
    """
    if len(dockerfile) > _MOST or "<<" in dockerfile:
        return None
    comments = [line for line in dockerfile.splitlines() if line.lstrip().startswith("#")]
    if any("escape" in line.lower() or not _READ_AS_USUAL.match(line) for line in comments):
        # Another sign may continue its lines, or another program read them.
        return None
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    found: set[Parts] = set()
    for line in "\n".join(line.rstrip() for line in lines).replace("\\\n", " ").splitlines():
        verb, _, rest = line.strip().partition(" ")
        sources = _sources(verb.upper(), rest.strip()) if verb else ()
        if sources is None:
            return None
        found.update(sources)
    return frozenset(found) or None


def _sources(verb: str, rest: str) -> tuple[Parts, ...] | None:
    if verb == "FROM" and "onbuild" in rest.lower():
        return None
    if verb in _TAKES_NONE:
        return ()
    if verb == "RUN":
        # A mount of the context, or of anything that is not named, may be read whole.
        mounts = _MOUNT.findall(rest)
        apart = all({*mount.split(",")} & _APART or ",from=" in f",{mount}" for mount in mounts)
        return () if apart else None
    if verb not in ("COPY", "ADD"):
        return None
    words = rest.split()
    flags = [word for word in words if word.startswith("--")]
    if any(flag.startswith("--from=") for flag in flags):
        return ()
    named = rest[rest.index("[") :] if "[" in rest else ""
    if named:
        try:
            given = json.loads(named)
        except (ValueError, RecursionError):
            return None
        paths = [str(each) for each in given]
    else:
        paths = [word for word in words if not word.startswith("--")]
    folders = [_folder(path) for path in paths[:-1]]
    known = tuple(folder for folder in folders if folder is not None)
    return known if known and len(known) == len(folders) else None


def _folder(path: str) -> Parts | None:
    """Return what a source names, up to its first wildcard; None for one that is not legible."""
    if set(path) & set("$`\"'{}") or ".." in path.split("/"):
        return None
    found: list[str] = []
    for part in path.split("/"):
        if set(part) & set("*?["):
            break
        if part not in ("", "."):
            found.append(part)
    return tuple(found)
