"""The list of everything that planescope asks GitHub: GitHub's name of the call, its path, the permission it needs.

A request that is not on this list is refused before it reaches the network; nothing on it changes anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

READING_VERBS = frozenset({"GET", "HEAD"})

# GitHub's own links name a repository by its id.
_REPOSITORY = r"(?:/repos/[^/]+/[^/]+|/repositories/\d+)"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One permitted call."""

    operation: str
    """GitHub's operation id, which is also the anchor in its documentation."""
    template: str
    """Path below the repository, as GitHub documents it."""
    permission: str
    """The repository permission that a fine-grained token or an app needs."""
    pattern: re.Pattern[str] = field(repr=False)

    def matches(self, path: str) -> bool:
        """Whether a path (no query) is this call."""
        return self.pattern.fullmatch(path) is not None


def _endpoint(operation: str, template: str, permission: str) -> Endpoint:
    # {path} reaches over slashes, every other placeholder is one segment.
    pattern = "".join(
        ".+" if part == "{path}" else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", template)
    )
    return Endpoint(operation, template, permission, re.compile(_REPOSITORY + pattern))


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("repos/get", "", "metadata: read"),
    _endpoint("actions/list-repo-workflows", "/actions/workflows", "actions: read"),
    _endpoint("actions/list-workflow-runs-for-repo", "/actions/runs", "actions: read"),
    _endpoint("actions/list-workflow-runs", "/actions/workflows/{workflow_id}/runs", "actions: read"),
    _endpoint("actions/get-workflow-run", "/actions/runs/{run_id}", "actions: read"),
    _endpoint("actions/get-workflow-run-attempt", "/actions/runs/{run_id}/attempts/{attempt_number}", "actions: read"),
    _endpoint(
        "actions/list-jobs-for-workflow-run-attempt",
        "/actions/runs/{run_id}/attempts/{attempt_number}/jobs",
        "actions: read",
    ),
    _endpoint("actions/download-job-logs-for-workflow-run", "/actions/jobs/{job_id}/logs", "actions: read"),
    _endpoint("checks/list-annotations", "/check-runs/{check_run_id}/annotations", "checks: read"),
    _endpoint("actions/list-workflow-run-artifacts", "/actions/runs/{run_id}/artifacts", "actions: read"),
    _endpoint("actions/download-artifact", "/actions/artifacts/{artifact_id}/zip", "actions: read"),
    _endpoint("repos/get-content", "/contents/{path}", "contents: read"),
    _endpoint("actions/get-custom-oidc-sub-claim-for-repo", "/actions/oidc/customization/sub", "actions: read"),
)


def permitted(verb: str, path: str) -> Endpoint | None:
    """The entry that permits this request, or None.

    ``path`` is relative to the API's base and has no query. Dot segments are never permitted: a client may resolve them
    into another path after this check.
    """
    if verb.upper() not in READING_VERBS or any(segment in (".", "..") for segment in unquote(path).split("/")):
        return None
    return next((endpoint for endpoint in ENDPOINTS if endpoint.matches(path)), None)
