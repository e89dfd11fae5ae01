"""What `planescope preflight` asks: GitHub for the subject's form, AWS for the account; each may be silent."""

from __future__ import annotations

from functools import partial

from diagnosis.account import AccountQuestion, AccountState
from diagnosis.reading import Reading, Unreadable
from diagnosis.runs import OidcCustomization, Repository
from diagnosis.verdicts import Missing
from probes.github.credentials import GitHubAccess, find_access
from probes.github.customization import read_customization
from probes.github.errors import GitHubProblem
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from tui.desk import no_progress
from tui.desks.live import LiveOptions, LiveSide

_WHAT = "OIDC subject customization"
_HOW = "give the step `GH_TOKEN: ${{ github.token }}` and the job `actions: read`"


def ask_github(repository: str, url: str | None) -> tuple[Repository | None, Reading[OidcCustomization]]:
    """The repository and its subject customization, two requests; None and Unreadable where GitHub gives neither.

    The token comes from the environment alone: a job must not find the one of whoever set up its runner.
    """
    try:
        access = find_access(url, ask_gh=lambda _host, _environ: None)
        if not isinstance(access, GitHubAccess):
            return None, Unreadable(_WHAT, "the step has no token for GitHub's API", _HOW, "actions: read")
        source = GitHubSource(repository, access, Ledger())
    except GitHubProblem as problem:
        return None, Unreadable(_WHAT, problem.sentence.rstrip("."), problem.way_out or _HOW, "actions: read")
    try:
        found = source.repository()
        asked = partial(read_customization, repository=found)
        return found, source.ask("The OIDC subject customization", asked)
    except GitHubProblem as problem:
        return None, Unreadable(_WHAT, problem.sentence.rstrip("."), problem.way_out or _HOW, "actions: read")
    finally:
        source.close()


def ask_account(question: AccountQuestion, options: LiveOptions) -> AccountState | Missing:
    """The account as the ambient credentials read it, by the guarded session of every diagnosis."""
    return LiveSide(options, Ledger()).read(question, no_progress, lambda: False)
