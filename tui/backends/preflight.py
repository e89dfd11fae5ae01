"""What `planescope preflight` asks: GitHub for the subject's form and the files that no checkout shows, AWS for the account.

Each may be silent; what then stays open is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, CalledWorkflow, LocalAction, OidcCustomization, Repository, RepositoryFile
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

P = TypeVar("P", CalledWorkflow, LocalAction, RepositoryFile)

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


def ask_github(
    name: str, url: str | None, path: str, commit: str, elsewhere: tuple[str, str] | None = None
) -> GitHubAnswers:
    """Ask for the repository, its subject customization, and, given a ``commit``, the file at ``path``: three requests.

    ``elsewhere``: repository and path of that file where it lies in another repository.

    The token comes from the environment alone: a job must not find the one of whoever set up its runner.
    """
    try:
        access = find_access(url, ask_gh=lambda _host, _environ: None)
        if not isinstance(access, GitHubAccess):
            return _silent("the step has no token for GitHub's API", _HOW)
        source = GitHubSource(name, access, Ledger())
    except GitHubProblem as problem:
        return _silent(problem.sentence, problem.way_out)
    home, path = elsewhere or (name, path)
    return replace(_answers(source, FileAt(home, path, commit)), in_place_of_github=access.in_place_of_github)


def ask_parts(attempt: Attempt, url: str | None, known: Attempt | None = None) -> Attempt:
    """Return the attempt with what its checkout could not tell: workflows of other repositories, files that are not there.

    What the checkout settled is not asked for, and what GitHub does not show stays as the checkout left it. ``known`` is the same
    run as it came from here before: what it lacks is not asked for a second time.
    """
    if known is not None and _unread(attempt) <= _unread(known):
        return attempt
    lacking = replace(
        attempt,
        called_workflows=tuple(each for each in attempt.called_workflows if isinstance(each.file, Known)),
        local_actions=tuple(each for each in attempt.local_actions if not isinstance(each.file, Unreadable)),
        files=tuple(each for each in attempt.files if not isinstance(each.text, Unreadable)),
    )
    try:
        access = find_access(url, ask_gh=lambda _host, _environ: None)
        if not isinstance(access, GitHubAccess) or not attempt.head_sha:
            return attempt
        with GitHubSource(attempt.repository.full_name, access, Ledger()) as source:
            found = source.with_files(lacking, {})
    except GitHubProblem:
        return attempt
    return replace(
        attempt,
        called_workflows=_first_known(found.called_workflows, attempt.called_workflows),
        local_actions=_first_known(found.local_actions, attempt.local_actions),
        files=_first_known(found.files, attempt.files),
    )


def _first_known(asked: tuple[P, ...], held: tuple[P, ...]) -> tuple[P, ...]:
    """Return what either side has, by its path: where GitHub did not tell, with the reason that the checkout gave."""
    by_path = {_place(each): each for each in held}
    for each in asked:
        if not isinstance(_reading(each), Unreadable) or _place(each) not in by_path:
            by_path[_place(each)] = each
    return tuple(by_path.values())


def _unread(attempt: Attempt) -> set[str]:
    parts: list[CalledWorkflow | LocalAction | RepositoryFile]
    parts = [*attempt.called_workflows, *attempt.local_actions, *attempt.files]
    return {_place(each) for each in parts if isinstance(_reading(each), Unreadable)}


def _place(part: CalledWorkflow | LocalAction | RepositoryFile) -> str:
    """Return what tells a part from the others; the commit of an own workflow that is called is the run's."""
    if not isinstance(part, CalledWorkflow):
        return part.path
    address, _, ref = part.path.partition("@")
    return address if ref == part.commit else part.path


def _reading(part: CalledWorkflow | LocalAction | RepositoryFile) -> object:
    return part.text if isinstance(part, RepositoryFile) else part.file


def _answers(source: GitHubSource, file: FileAt) -> GitHubAnswers:
    """Ask, and close the source."""
    try:
        repository = source.repository()
        customization = source.ask("The subject customization", partial(read_customization, repository=repository))
        if not file.path or not file.commit:
            return GitHubAnswers(customization, repository)
        text = source.ask("The workflow file", partial(read_file, file=file))
        return GitHubAnswers(customization, repository, workflow_file(text, file.path))
    except GitHubProblem as problem:
        return _silent(problem.sentence, problem.way_out)
    finally:
        source.close()


def _silent(why: str, how: str) -> GitHubAnswers:
    return GitHubAnswers(Unreadable(_WHAT, why.rstrip("."), how or _HOW, "actions: read"))


def ask_account(question: AccountQuestion, options: LiveOptions) -> AccountState | Missing:
    """Read the account with the ambient credentials, through the same guarded session as every diagnosis."""
    return LiveSide(options, Ledger()).read(question, no_progress, lambda: False)
