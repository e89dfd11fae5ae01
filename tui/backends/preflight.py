"""What `planescope preflight` asks: GitHub for the subject's form and the run's own file, AWS for the account.

Each may be silent; what then stays open is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.reading import Absent, Reading, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.verdicts.gate_verdict import Missing
from probes.github.http.credentials import GitHubAccess, find_access
from probes.github.http.errors import GitHubProblem
from probes.github.read.oidc_customization import read_customization
from probes.github.read.workflow_text import FileAt, read_file
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.workflow_file import workflow_file
from tui.backend import no_progress
from tui.backends.live import LiveOptions, LiveSide

_WHAT = "OIDC subject customization"
_HOW = "give the step `GH_TOKEN: ${{ github.token }}` and the job `actions: read`"
_NOT_ASKED = Absent("a commit at which the file could be asked for")


@dataclass(frozen=True, slots=True)
class GitHubAnswers:
    """What GitHub says of the run's repository."""

    customization: Reading[OidcCustomization]
    repository: Repository | None = None
    file: Reading[WorkflowFile] = _NOT_ASKED
    """The workflow file at the commit from which GitHub runs it."""
    in_place_of_github: str = ""
    """The address that was asked in github.com's place; empty for github.com itself, and where nothing was asked."""


def ask_github(name: str, url: str | None, path: str, commit: str) -> GitHubAnswers:
    """Ask for the repository, its subject customization, and, given a ``commit``, the file at ``path``: three requests.

    The token comes from the environment alone: a job must not find the one of whoever set up its runner.
    """
    try:
        access = find_access(url, ask_gh=lambda _host, _environ: None)
        if not isinstance(access, GitHubAccess):
            return _silent("the step has no token for GitHub's API", _HOW)
        source = GitHubSource(name, access, Ledger())
    except GitHubProblem as problem:
        return _silent(problem.sentence, problem.way_out)
    return replace(_answers(source, path, commit), in_place_of_github=access.in_place_of_github)


def _answers(source: GitHubSource, path: str, commit: str) -> GitHubAnswers:
    """Ask, and close the source."""
    try:
        repository = source.repository()
        customization = source.ask("The subject customization", partial(read_customization, repository=repository))
        if not path or not commit:
            return GitHubAnswers(customization, repository)
        text = source.ask("The workflow file", partial(read_file, file=FileAt(source.name, path, commit)))
        return GitHubAnswers(customization, repository, workflow_file(text, path))
    except GitHubProblem as problem:
        return _silent(problem.sentence, problem.way_out)
    finally:
        source.close()


def _silent(why: str, how: str) -> GitHubAnswers:
    return GitHubAnswers(Unreadable(_WHAT, why.rstrip("."), how or _HOW, "actions: read"))


def ask_account(question: AccountQuestion, options: LiveOptions) -> AccountState | Missing:
    """Read the account with the ambient credentials, through the same guarded session as every diagnosis."""
    return LiveSide(options, Ledger()).read(question, no_progress, lambda: False)
