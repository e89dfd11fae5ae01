"""List everything that planescope asks GitHub: GitHub's name of the call, its path, the permission that it needs.

A request that is not on this list is refused before it reaches the network; nothing on it changes anything. The one
question in GraphQL is a fixed text that reads the files of one folder; only who owns what may be filled in. What a
token needs (:func:`permissions_needed`) is made from the same list, so neither can say more than the other does.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote, urlsplit

from probes.github.http.errors import Rejected

READING_VERBS = frozenset({"GET", "HEAD"})

# GitHub's own links name a repository by its id.
_REPOSITORY = r"(?:/repos/[^/]+/[^/]+|/repositories/\d+)"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One permitted call."""

    operation: str
    """GitHub's operation id, which is also the anchor in its documentation."""
    template: str
    """Path below the repository, or from the API's base, as GitHub documents it."""
    permission: str
    """The repository permission that a fine-grained token or an app needs."""
    pattern: re.Pattern[str] = field(repr=False)

    def matches(self, path: str) -> bool:
        """Return whether a path (no query) is this call."""
        return self.pattern.fullmatch(path) is not None


def _endpoint(operation: str, template: str, permission: str, base: str = _REPOSITORY) -> Endpoint:
    # {path} reaches over slashes, every other placeholder is one segment.
    pattern = "".join(
        ".+" if part == "{path}" else "[^/]+" if part.startswith("{") else re.escape(part)
        for part in re.split(r"(\{\w+\})", template)
    )
    return Endpoint(operation, template, permission, re.compile(base + pattern))


ENDPOINTS: tuple[Endpoint, ...] = (
    _endpoint("repos/get", "", "metadata: read"),
    _endpoint("rate-limit/get", "/rate_limit", "metadata: read", base=""),
    _endpoint("users/get-by-username", "/users/{username}", "metadata: read", base=""),
    _endpoint("orgs/get", "/orgs/{org}", "metadata: read", base=""),
    _endpoint("repos/list-for-org", "/orgs/{org}/repos", "metadata: read", base=""),
    _endpoint("repos/list-for-user", "/users/{username}/repos", "metadata: read", base=""),
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
    _endpoint(
        "actions/download-step-logs-for-workflow-run-job",
        "/actions/jobs/{job_id}/steps/{step_number}/logs",
        "actions: read",
    ),
    _endpoint("checks/list-annotations", "/check-runs/{check_run_id}/annotations", "checks: read"),
    _endpoint("actions/list-workflow-run-artifacts", "/actions/runs/{run_id}/artifacts", "actions: read"),
    _endpoint("actions/download-artifact", "/actions/artifacts/{artifact_id}/zip", "actions: read"),
    _endpoint("repos/get-content", "/contents/{path}", "contents: read"),
    _endpoint("actions/get-custom-oidc-sub-claim-for-repo", "/actions/oidc/customization/sub", "actions: read"),
    _endpoint("repos/get-all-environments", "/environments", "actions: read"),
    _endpoint("repos/get-environment", "/environments/{environment_name}", "actions: read"),
    _endpoint(
        "repos/list-deployment-branch-policies",
        "/environments/{environment_name}/deployment-branch-policies",
        "actions: read",
    ),
    _endpoint("repos/get-branch", "/branches/{branch}", "contents: read"),
    _endpoint("repos/list-commits", "/commits", "contents: read"),
    _endpoint("git/get-blob", "/git/blobs/{file_sha}", "contents: read"),
    _endpoint("repos/compare-commits", "/compare/{basehead}", "contents: read"),
    _endpoint("repos/list-pull-requests-associated-with-commit", "/commits/{commit_sha}/pulls", "pull-requests: read"),
)

FOLDER_QUERY = (
    "query($owner:String!,$name:String!,$expression:String!){repository(owner:$owner,name:$name)"
    "{defaultBranchRef{target{oid}}object(expression:$expression)"
    "{...on Tree{entries{name object{...on Blob{oid byteSize isBinary isTruncated text}}}}}}}"
)
"""The text of the files of one folder at one commit, and the head of the default branch; ``expression`` is ``COMMIT:PATH``."""
_QUERY_VARIABLES = frozenset({"owner", "name", "expression"})

QUERY = Endpoint("graphql/repository-object", "/graphql", "contents: read", re.compile(r"(?:/api)?/graphql"))
"""The one question in GraphQL. GitHub answers it to POST alone, so it is none of :data:`ENDPOINTS`."""

CLASSIC_SCOPE = "repo"
"""What a classic token needs for all of it; for a public repository it needs no scope, but must be there for logs."""


@dataclass(frozen=True, slots=True)
class PermissionNeed:
    """One repository permission, and what it is for."""

    permission: str
    """As in a workflow's ``permissions:``: ``actions: read``."""
    purpose: str
    """What is read with it."""
    required: bool
    """Whether nothing can be diagnosed without it."""
    without: str
    """What becomes unknown without it."""
    operations: tuple[str, ...]
    """GitHub's operation ids of the calls that need it."""
    note: str = ""
    """What is odd about it."""


_NEEDS: tuple[tuple[str, str, bool, str, str], ...] = (
    (
        "actions: read",
        "runs, attempts, jobs, logs, artifacts, environments, the form of the OIDC subject",
        True,
        "no run can be read",
        "GitHub shows the logs of a public repository, too, only to those who are signed in",
    ),
    (
        "metadata: read",
        "the repository's ids, age and default branch, an owner's repositories, the rate limit, the id of a new owner",
        True,
        "the repository cannot be found",
        "GitHub adds it to every token by itself",
    ),
    (
        "contents: read",
        "workflow files and files that steps use at the run's commit, the decision log, commits between two runs",
        False,
        "steps are told by the log alone, and permissions, conditions and `continue-on-error` stay unknown",
        "reusable workflows of other private repositories need it there, too",
    ),
    (
        "checks: read",
        "annotations, which outlive the log",
        False,
        "a failed job whose log has expired is judged by its steps' conclusions alone",
        "fine-grained personal tokens cannot be given it: use an app's token, the workflow's own or a classic one",
    ),
    (
        "pull-requests: read",
        "which pull requests lie between two runs",
        False,
        "only pull requests that a commit's title names are told",
        "",
    ),
)


def permissions_needed() -> tuple[PermissionNeed, ...]:
    """Return what a fine-grained token, an app or a workflow's own token needs, the most important first.

    A classic token needs :data:`CLASSIC_SCOPE` instead.
    """
    return tuple(
        PermissionNeed(
            permission,
            purpose,
            required,
            without,
            tuple(endpoint.operation for endpoint in (*ENDPOINTS, QUERY) if endpoint.permission == permission),
            note,
        )
        for permission, purpose, required, without, note in _NEEDS
    )


def address_part(name: str, safe: str = "") -> str:
    """Return foreign text as a part of an address. Raises :class:`Rejected` for what no address can hold.

    ``safe`` are the characters that stay as they are: ``/`` in a path.
    """
    try:
        return quote(name, safe=safe)
    except UnicodeEncodeError:
        raise Rejected("the name holds half of a character, so nothing of that name is there", "correct it") from None


def permitted(verb: str, path: str) -> Endpoint | None:
    """Return the entry that permits this request, or None.

    ``path`` is relative to the API's base and has no query. Dot segments are never permitted: a client may resolve them
    into another path after this check.
    """
    if verb.upper() not in READING_VERBS or any(segment in (".", "..") for segment in unquote(path).split("/")):
        return None
    return next((endpoint for endpoint in ENDPOINTS if endpoint.matches(path)), None)


def query_path(api_url: str) -> str:
    """Return the path at which an API takes GraphQL; an enterprise server does so beside ``/api/v3``, not below it."""
    path = urlsplit(api_url).path.rstrip("/")
    return f"{path.removesuffix('/v3')}/graphql"


def folder_question(owner: str, name: str, expression: str) -> dict[str, object]:
    """Return the body that asks for the files of a folder."""
    return {"query": FOLDER_QUERY, "variables": {"owner": owner, "name": name, "expression": expression}}


def permitted_query(verb: str, target: str, body: object, api_url: str) -> Endpoint | None:
    """Return the entry that permits this question in GraphQL, or None. ``target`` is the path with its query, if any."""
    if verb.upper() != "POST" or target != query_path(api_url) or not isinstance(body, str):
        return None
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    # As it was written, so that nothing stands in it twice: who reads it there may take the other one.
    if not isinstance(value, dict) or json.dumps(value) != body:
        return None
    given = value.get("variables")
    asks = value.keys() == {"query", "variables"} and value["query"] == FOLDER_QUERY
    if not asks or not isinstance(given, Mapping) or given.keys() != _QUERY_VARIABLES:
        return None
    return QUERY if all(isinstance(each, str) for each in given.values()) else None
