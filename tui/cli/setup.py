"""What the options of the command line give the start screen, and whether that screen is needed at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from diagnosis.facts.case import Case
from tui.backend import Backend, BackendProblem, CancelHook
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.options.repository import live_options, repository_here
from tui.readiness.check import Check

if TYPE_CHECKING:
    from tui.backends.readiness.look import Wanted

_PROGRAM_SECONDS = 0.5
"""How long the first paint waits for what git says of the folder, and for a token of ``gh``."""


class CommandLineSetup:
    """A :class:`tui.readiness.setup.Setup` by the options of the command line. Building one asks nobody."""

    def __init__(self, options: Mapping[str, Any], case: Case, remembered: Sequence[str] = ()) -> None:
        self._options = options
        self._case = case
        self._remembered = remembered
        self._opened = ""

    @property
    def _url(self) -> str | None:
        url: str | None = self._options.get("github_url")
        return url

    @property
    def repository(self) -> str:
        """The repository that is open, else the one of option or case file."""
        return self._opened or self._options.get("repo") or self._case.repository or ""

    @property
    def last(self) -> str:
        """The repository of this GitHub that was opened last."""
        from probes.github.http.credentials import GitHubAccess, api_address
        from probes.github.http.errors import GitHubProblem

        try:
            host = GitHubAccess(api_address(self._url)).host
        except GitHubProblem:
            return ""
        names = (name.removeprefix(f"{host}/") for name in self._remembered if name.startswith(f"{host}/"))
        return next(names, "")

    @property
    def is_complete(self) -> bool:
        """Whether the dashboard can open as it is, as far as it can be told at once and without a network."""
        from probes.aws.session.configured import names_credentials
        from probes.github.http.credentials import GitHubAccess, find_access
        from probes.github.http.errors import GitHubProblem

        # Nothing is painted yet: what starts no program is asked first, and the start screen waits longer for `gh`.
        if not (self._options.get("no_live") or names_credentials(self._options.get("profile"))):
            return False
        try:
            if not self.repository:
                repository_here(self._url, seconds=_PROGRAM_SECONDS)
            return isinstance(find_access(self._url, gh_seconds=_PROGRAM_SECONDS), GitHubAccess)
        except (BackendProblem, GitHubProblem):
            return False

    def look(self, repository: str, tell: Callable[[Check], None], cancelled: CancelHook) -> None:
        """Look at everything."""
        from tui.backends.readiness.look import look

        look(wanted(self._options, repository or self.repository), tell, cancelled)

    def typed(self, text: str) -> str:
        """Return the name of what was typed or pasted."""
        from tui.backends.folder_repository import typed_repository

        return typed_repository(text, self._url)

    def opened(self, repository: str) -> Callable[[], Backend]:
        """Return what builds the backend of a repository; empty is the one of option, case file or folder."""
        self._opened = repository or self._opened
        options = {**self._options, "repo": repository or self.repository or repository_here(self._url)}
        return lambda: live_backend(live_options(options, self._case), self._case)

    def demo(self) -> Backend:
        """Build the backend of the embedded incident."""
        return embedded_backend("1")


def wanted(options: Mapping[str, Any], repository: str) -> Wanted:
    """Return what is to be looked at, by the options of the command line."""
    from tui.backends.readiness.look import Wanted

    return Wanted(
        repository=repository,
        github_url=options.get("github_url"),
        profile=options.get("profile"),
        registry_profile=options.get("registry_profile"),
        region=options.get("region"),
        allow_http=bool(options.get("allow_http_endpoint")),
        live=not options.get("no_live"),
    )
