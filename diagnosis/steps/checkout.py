"""Say where in the workspace the run's own repository lies, and whether it is there at the run's commit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from diagnosis.steps.repository_files import Files, path_in
from diagnosis.steps.variables import is_legible

_CHECKOUT = "actions/checkout@"
_ELSEWHERE = "\0"
"""A root below which nothing lies."""


def checked_out(files: Files, actions: Iterable[tuple[Mapping[str, str], str]], values: Mapping[str, str]) -> Files:
    """Return the lookup as the job's steps see it. ``actions``: ``(inputs, uses)`` of the job, in order.

    Another repository's files, and those of another commit, are not known.
    """
    own = values.get("github.repository", "")
    roots: list[str] = []
    for inputs, uses in actions:
        if not uses.lower().startswith(_CHECKOUT):
            continue
        named = inputs.get("repository", "")
        root = path_in("", inputs.get("path", "") or ".")
        if named and named.lower() != own.lower() and named.replace(" ", "") != "${{github.repository}}":
            if root == "":
                return replace(files, root=_ELSEWHERE)
            continue
        if not _is_of_the_run(inputs.get("ref", ""), values) or root is None:
            return replace(files, root=_ELSEWHERE)
        roots.append(root)
    return replace(files, root="" if not roots or "" in roots else roots[0])


def _is_of_the_run(ref: str, values: Mapping[str, str]) -> bool:
    if not ref:
        return True
    if not is_legible(ref):
        return ref.replace(" ", "") in (
            "${{github.sha}}",
            "${{github.ref}}",
            "${{github.ref_name}}",
            "${{github.head_ref}}",
        )
    same = {values.get(name, "") for name in ("github.sha", "github.ref", "github.ref_name", "github.head_ref")}
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/") in same | {""} or ref in same
