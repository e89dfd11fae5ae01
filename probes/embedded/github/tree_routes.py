"""Answer what the embedded GitHub is asked about the repository: files, branches, commits, comparisons, environments."""

from __future__ import annotations

import base64
import hashlib
import json
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

_NO_TEXT = b"\0"
_PLACE = re.compile(r"(?P<commit>[^:]+):(?P<path>.+)")


def repository(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return the repository itself."""
    return json_answer(request, view.recording.repository)


def owned(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return the repositories of an owner: the one that the recording is of, or GitHub's 404 for another name."""
    if unquote(match["owner"]).lower() != view.recording.full_name.partition("/")[0].lower():
        return not_found()
    return page(request, [view.recording.repository], None)


def contents(view: RecordingView, request: Request, match: re.Match[str]) -> Response:
    """Return a file at a ref: as JSON, or as its bytes where ``Accept`` asks for the raw form."""
    path = unquote(match["path"]).strip("/")
    file = view.file(path, request.query.get("ref"))
    if file is None:
        return _folder(view, request, path)
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
        **_object(file, content),
        "url": address,
        "git_url": None,
        "html_url": web,
        "download_url": None,
        "_links": {"self": address, "git": None, "html": web},
    }
    return json_answer(request, value)


def _object(file: RecordedFile, content: bytes) -> JsonObject:
    return {
        "type": "file",
        "encoding": "base64",
        "size": len(content),
        "name": file.path.rsplit("/", 1)[-1],
        "path": file.path,
        "content": base64.encodebytes(content).decode(),
        "sha": _blob_id(content),
    }


def _folder(view: RecordingView, request: Request, path: str) -> Response:
    """Return the entries of a folder; for a file that was listed and not read, one that is no text."""
    ref = request.query.get("ref")
    found = view.folder(path, ref)
    if found is None:
        folder, _, name = path.rpartition("/")
        _, unread = view.folder(folder, ref) or ((), ())
        if any(entry["name"] == name for entry in unread):
            return json_answer(request, _object(RecordedFile(path, view.commit_of(ref), _NO_TEXT), _NO_TEXT))
        by_hand = view.recording.recorded_at is None
        return not_found() if view.is_absent(path, ref) else not_recorded(by_hand=by_hand)
    files, unread = found
    listed = [{**_object(file, read_content(file.content)), "content": None, "encoding": None} for file in files]
    return json_answer(request, [*listed, *({"type": "file", "size": 0, **entry} for entry in unread)])


def folder_texts(view: RecordingView, body: bytes) -> Response:
    """Answer the one question in GraphQL: the files of a folder at a commit, with their texts."""
    try:
        given = json.loads(body)["variables"]
        repository, place = f"{given['owner']}/{given['name']}", _PLACE.fullmatch(given["expression"])
    except (ValueError, LookupError, TypeError, RecursionError):
        place = None
    if place is None:
        return _said({"errors": [{"message": "Problems parsing JSON"}]})
    if repository.lower() != view.recording.full_name.lower():
        return _said({"data": {"repository": None}, "errors": [{"type": "NOT_FOUND", "message": "Could not resolve"}]})
    ref = None if place["commit"] == "HEAD" else place["commit"]
    head = {"defaultBranchRef": {"target": {"oid": view.commit_of(None)}}}
    found = view.folder(place["path"], ref)
    if found is None:
        return _said({"data": {"repository": {**head, "object": None}}})
    entries = [{"name": file.path.rpartition("/")[2], "object": _blob(read_content(file.content))} for file in found[0]]
    entries += [
        {"name": entry["name"], "object": {"oid": entry["sha"], "isBinary": True, "isTruncated": False, "text": None}}
        for entry in found[1]
    ]
    return _said({"data": {"repository": {**head, "object": {"entries": entries}}}})


def _said(value: JsonObject) -> Response:
    # As it stands: a text is no place of GitHub's own links.
    return Response(200, json.dumps(value, ensure_ascii=False).encode())


def _blob(content: bytes) -> JsonObject:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    size = len(content)
    return {"oid": _blob_id(content), "byteSize": size, "isBinary": text is None, "isTruncated": False, "text": text}


def _blob_id(content: bytes) -> str:
    # A name for the bytes as git gives it, no protection.
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


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


def commits(view: RecordingView, request: Request, _: re.Match[str]) -> Response:
    """Return the commit that last changed a file up to a ref, where the recording holds the file there; no other list is known."""
    path, ref = request.query.get("path", ""), request.query.get("sha")
    sha = view.commit_of(ref)
    if view.file(path, ref) is not None:
        # Of a commit that was not recorded no more is known than its name.
        known = (entry for entry in view.recording.commits if entry["sha"] == sha)
        return page(request, [next(known, {"sha": sha, "commit": {}})], None)
    if view.is_absent(path, ref):
        return page(request, [], None)
    return not_recorded(by_hand=view.recording.recorded_at is None)


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
