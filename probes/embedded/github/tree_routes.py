"""Answer what the embedded GitHub is asked about the repository: files, branches, commits, comparisons, environments."""

from __future__ import annotations

import base64
import hashlib
import re
from urllib.parse import unquote

from probes.embedded.github.answers import (
    Request,
    Response,
    failure,
    json_answer,
    not_found,
    not_recorded,
    page,
    slice_of,
)
from probes.recording.format import JsonObject, RecordedFile, read_content
from probes.recording.view import RecordingView


def repository(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return the repository itself."""
    return json_answer(request, view.recording.repository)


def contents(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a file at a ref: as JSON, or as its bytes where ``Accept`` asks for the raw form."""
    path = unquote(match["path"]).strip("/")
    file = view.file(path, request.query.get("ref"))
    if file is None:
        return not_found() if view.is_absent(path, request.query.get("ref")) else not_recorded()
    web = str(view.recording.repository.get("html_url", ""))
    return _file(view, request, file, view.recording.full_name, web)


def contents_elsewhere(view: RecordingView, request: Request, repository: str, path: str) -> Response:
    """Return a file of another repository at a ref."""
    file = view.file_elsewhere(repository, unquote(path).strip("/"), request.query.get("ref", ""))
    return _file(view, request, file, repository, "")


def _file(view: RecordingView, request: Request, file: RecordedFile | None, repository: str, web: str) -> Response:
    if file is None:
        return not_found()
    content, path = read_content(file.content), file.path
    if "raw" in request.accept:
        return Response(200, content, (("Content-Type", "application/vnd.github.raw; charset=utf-8"),))
    address = f"{view.recording.api_url}/repos/{repository}/contents/{path}?ref={file.commit}"
    web = f"{web}/blob/{file.commit}/{path}"
    value = {
        "type": "file",
        "encoding": "base64",
        "size": len(content),
        "name": path.rsplit("/", 1)[-1],
        "path": path,
        "content": base64.encodebytes(content).decode(),
        # A name for the bytes as git gives it, no protection.
        "sha": hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest(),
        "url": address,
        "git_url": None,
        "html_url": web,
        "download_url": None,
        "_links": {"self": address, "git": None, "html": web},
    }
    return json_answer(request, value)


def environments(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return the deployment environments."""
    return page(request, view.recording.environments, "environments")


def branches(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the list of branches, or one of them."""
    if match["branch"] is None:
        return page(request, list(view.branches.values()), None)
    branch = view.branches.get(unquote(match["branch"]))
    return json_answer(request, branch) if branch else failure(404, "Branch not found")


def commit(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a commit by id, abbreviated id or branch."""
    wanted = view.commit_of(unquote(match["ref"]))
    for entry in view.recording.commits:
        if len(wanted) >= 7 and str(entry["sha"]).startswith(wanted):
            return json_answer(request, entry)
    return failure(422, f"No commit found for SHA: {wanted[:60]}")


def compare(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return what lies between two refs: as recorded, or nothing where both are the same commit."""
    base, head = (view.commit_of(unquote(match[name])) for name in ("base", "head"))
    for known_base, known_head, comparison in view.recording.comparisons:
        if (view.commit_of(known_base), view.commit_of(known_head)) == (base, head):
            return json_answer(request, _commits_of_a_page(comparison, request))
    same = next((entry for entry in view.recording.commits if entry["sha"] == base), None)
    if base != head or same is None:
        return not_found()
    counts = {"status": "identical", "ahead_by": 0, "behind_by": 0, "total_commits": 0, "commits": [], "files": []}
    return json_answer(request, {**counts, "base_commit": same, "merge_base_commit": same})


def _commits_of_a_page(comparison: JsonObject, request: Request) -> JsonObject:
    """Cut the commits of a comparison to a page, where one is asked for; files come with the first page."""
    if "page" not in request.query:
        return comparison
    commits = comparison.get("commits")
    shown, _ = slice_of(request, commits if isinstance(commits, list) else [])
    return {**comparison, "commits": shown}
