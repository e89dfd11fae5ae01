"""Read what a token reaches, in at most five requests: the repository, its runs, a folder of it, annotations of a check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from probes.github.http.client import Client
from probes.github.http.errors import NotFound, ReadFailure
from probes.github.read.answers import members

_SCOPE = re.compile(r"[a-z_]{1,30}(?::[a-z_]{1,30})?")
_MOST_SCOPES = 20
_EXPIRY = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) (UTC|[+-]\d{4})")


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What GitHub's headers tell of a token."""

    scopes: tuple[str, ...] | None = None
    """Of a classic token; None where GitHub tells none, as for all other kinds."""
    expires: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """One kind of thing that was tried with a token."""

    permission: str
    """``contents: read``."""
    failure: ReadFailure | None = None
    """None where it could be read."""
    untried: str = ""
    """Why it was not tried."""


def token_facts(client: Client) -> TokenFacts:
    """Return what the last answer told of the token."""
    headers = client.told
    scopes = headers.get("x-oauth-scopes")
    listed = None if scopes is None else tuple(filter(_SCOPE.fullmatch, map(str.strip, scopes.split(","))))
    return TokenFacts(
        None if listed is None else listed[:_MOST_SCOPES],
        _expiry(headers.get("github-authentication-token-expiration", "")),
    )


def ask_anything(client: Client) -> None:
    """Ask what every token may ask and what costs nothing: the rate limit. Raises ReadFailure as every read does."""
    try:
        client.object("/rate_limit")
    except NotFound:
        return  # an enterprise server that limits nothing says so like this


def reach(client: Client, repository: str) -> Iterator[Reached]:
    """Yield what the token can read of a repository, one kind after the other. The repository itself must have been read."""
    run: list[tuple[int, int]] = []

    def runs() -> None:
        page = client.object(f"/repos/{repository}/actions/runs", {"per_page": 1})
        entries = members(page).maybe_objects("workflow_runs")
        found = [(each.maybe_integer("id"), each.maybe_integer("run_attempt") or 1) for each in entries]
        run.extend((number, attempt) for number, attempt in found if number is not None)

    def contents() -> None:
        client.object_or_list(f"/repos/{repository}/contents/.github/workflows", {})

    yield _tried("actions: read", runs)
    failed = _tried("contents: read", contents)
    if isinstance(failed.failure, NotFound):
        failed = Reached("contents: read", untried="GitHub shows no folder .github/workflows")
    yield failed
    yield _checks(client, repository, run)


def _checks(client: Client, repository: str, run: list[tuple[int, int]]) -> Reached:
    if not run:
        return Reached("checks: read", untried="there is no run to try it on")
    job: list[int] = []

    def annotations() -> None:
        number, attempt = run[0]
        page = client.object(f"/repos/{repository}/actions/runs/{number}/attempts/{attempt}/jobs", {"per_page": 1})
        job.extend(
            each for entry in members(page).maybe_objects("jobs") if (each := entry.maybe_integer("id")) is not None
        )
        if job:
            # A job of Actions is a check run of the same number.
            client.page(f"/repos/{repository}/check-runs/{job[0]}/annotations", None)

    tried = _tried("checks: read", annotations)
    if tried.failure is None and not job:
        return Reached("checks: read", untried="the newest run has no job to try it on")
    return tried


def _tried(permission: str, read: Callable[[], None]) -> Reached:
    try:
        read()
    except ReadFailure as failure:
        return Reached(permission, failure)
    return Reached(permission)


def _expiry(text: str) -> datetime | None:
    match = _EXPIRY.fullmatch(text.strip())
    if match is None:
        return None
    zone = "+0000" if match[3] == "UTC" else match[3]
    try:
        return datetime.strptime(f"{match[1]} {match[2]} {zone}", "%Y-%m-%d %H:%M:%S %z")
    except ValueError:
        return None
