"""Tell which repository is meant: the one of the current folder's git remote, or one that was typed or pasted."""

from __future__ import annotations

import re

from diagnosis.visible_text import visible_line
from probes.git_remotes import SECONDS, Place, is_on, place_of, remotes_here
from probes.github.http.credentials import GitHubAccess, api_address
from probes.github.http.errors import GitHubProblem
from tui.backend import BackendProblem

_NAME = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_ON_THE_WEB = re.compile(r"(https?://[^/\s]+/[^/\s?#]+/[^/\s?#]+)(?:[/?#]\S*)?")
_LONGEST_SHOWN = 60


def repository_here(github_url: str | None = None, *, seconds: float = SECONDS) -> str:
    """Return ``owner/name`` from the git remote of the current folder, which must be on the GitHub that is asked.

    ``github_url`` is ``--github-url``, ``seconds`` how long git is waited for. Raises BackendProblem where there is no remote, or
    where it is on another host: its name means nothing on this one, and nobody is asked for it.
    """
    way_out = "Give --repo OWNER/REPO, or run it in a clone of a GitHub repository; `planescope demo` needs neither."
    remotes = remotes_here(seconds)
    if remotes is None:
        raise BackendProblem("git could not be asked for this folder's repository.", way_out)
    if not remotes.addresses:
        raise BackendProblem("This folder is no clone of a GitHub repository.", way_out)
    found = dict.fromkeys(_repository_at(address, github_url) for address in remotes.candidates)
    if len(found) > 1:
        raise BackendProblem(
            "This folder's clone has several remotes, and none is called origin.", "Give --repo OWNER/REPO."
        )
    return next(iter(found))


def _repository_at(address: str, github_url: str | None) -> str:
    """Return the repository of a remote. Its address is never shown: it may hold a password."""
    place = place_of(address)
    if place is None:
        raise BackendProblem("This folder's git remote names no host.", "Give --repo OWNER/REPO.")
    require_host(place, github_url, "The git remote of this folder")
    if place.repository is None:
        raise BackendProblem(
            f"The git remote of this folder names no repository of {place.shown}.", "Give --repo OWNER/REPO."
        )
    return place.repository


def require_host(place: Place, github_url: str | None, what: str) -> None:
    """Raise BackendProblem if a place is not on the GitHub that would be asked; ``what`` begins the sentence."""
    api = _api(github_url)
    if not is_on(place, api):
        raise BackendProblem(
            f"{what} is at {place.shown}, which is not the GitHub host {GitHubAccess(api).host}.",
            "Give --repo OWNER/REPO for a repository of that host, or --github-url for an enterprise server.",
        )


def _api(github_url: str | None) -> str:
    try:
        return api_address(github_url)
    except GitHubProblem as problem:
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None


def check_typed(repository: str | None, github_url: str | None) -> None:
    """Raise BackendProblem for a repository or a GitHub address that cannot be meant; None is not given."""
    if github_url:
        _api(github_url)
    if repository:
        typed_repository(repository, github_url)


def typed_repository(text: str, github_url: str | None = None) -> str:
    """Return ``owner/name`` of what was typed or pasted: a name, or an address of the repository or of a page in it.

    Raises BackendProblem for anything else, and for an address on another host than the GitHub that is asked.
    """
    given = text.strip()
    if _NAME.fullmatch(given):
        return given
    web = _ON_THE_WEB.fullmatch(given if "://" in given else f"https://{given}") if given.count("/") > 1 else None
    place = place_of(web[1] if web else given)
    if place is None or place.repository is None:
        shown = visible_line(given)
        shown = f"{shown[:_LONGEST_SHOWN]}…" if len(shown) > _LONGEST_SHOWN else shown
        raise BackendProblem(
            f"`{shown}` names no repository." if given else "No repository is named.",
            "Write OWNER/REPO, or paste an address of it.",
        )
    require_host(place, github_url, "That repository")
    return place.repository
