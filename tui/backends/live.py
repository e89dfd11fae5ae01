"""The backend of a live repository: GitHub with the user's token, AWS with botocore's own credential chain, read-only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from diagnosis.facts.role_usage import Usage
from diagnosis.remedies.offers.role_search import SearchOf, no_search
from diagnosis.verdicts.gate_verdict import Missing
from probes.aws.read.account import read_account
from probes.aws.read.further_facts import read_further_facts
from probes.aws.read.role_usage import read_usage
from probes.aws.session.access import AwsAccess
from probes.github.http.credentials import GitHubAccess, find_access
from probes.github.http.errors import GitHubProblem
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.store.attempts import AttemptStore
from tui.backend import BackendProblem, CancelHook, Progress, ProgressHook
from tui.backends.repository import RepositoryBackend
from tui.backends.stated import StatedValues

HISTORY_SECONDS = 40.0
"""CloudTrail answers two questions a second; what is not there by then is unknown, with that reason."""


@dataclass(frozen=True, slots=True)
class LiveOptions:
    """The options of the command line for a live backend; None leaves a value to environment and configuration."""

    repository: str
    workflow: str = ""
    branch: str = ""
    github_url: str | None = None
    profile: str | None = None
    registry_profile: str | None = None
    region: str | None = None
    allow_http: bool = False
    """Whether an AWS endpoint that is neither AWS's own nor on this machine may be asked in plain HTTP."""
    live: bool = True
    """False: the account is not asked at all."""
    history: bool = True
    """False: CloudTrail, the registry's details, other roles and second opinions are left out; no gate needs them."""
    cache: bool = True
    """Whether what is read of completed attempts is kept in, and taken from, the local store."""
    recording: Path | None = None
    """The directory of a recording that takes GitHub's place."""
    case_file: Path | None = None
    """Where the case stands; corrections by hand are kept in it."""
    stated: StatedValues = field(default_factory=StatedValues)
    """What the options state about the run; it counts like the case file's values, and before them."""


class LiveSide:
    """Ask AWS for the role's account, and for the registry's account where it has a profile of its own."""

    def __init__(self, options: LiveOptions, ledger: Ledger) -> None:
        self._options = options

        def access(profile: str | None) -> AwsAccess:
            return AwsAccess(
                ledger=ledger, clock=_now, profile=profile, region=options.region, allow_http=options.allow_http
            )

        self._aws = access(options.profile)
        self._registry = access(options.registry_profile) if options.registry_profile else None

    def read(
        self,
        question: AccountQuestion,
        progress: ProgressHook,
        cancelled: CancelHook,
        search_of: SearchOf = no_search,
    ) -> AccountState | Missing:
        state = self.read_state(question, progress, cancelled)
        if isinstance(state, Missing) or not self._options.history:
            return state
        return read_further_facts(
            state,
            self._aws,
            registry=self._registry,
            search=search_of(state),
            progress=_shown(progress),
            cancelled=cancelled,
            deadline_seconds=HISTORY_SECONDS,
        )

    def read_state(
        self, question: AccountQuestion, progress: ProgressHook, cancelled: CancelHook
    ) -> AccountState | Missing:
        """Read the account as it is, without its history."""
        if not self._options.live:
            return Missing("the live state of the account", "it was not asked (--no-live)", "leave --no-live out")
        shown = _shown(progress)
        return read_account(question, self._aws, registry=self._registry, progress=shown, cancelled=cancelled)

    def read_usage(self, state: AccountState, progress: ProgressHook, cancelled: CancelHook) -> Usage:
        """Read when the state's roles were last used, what its repositories hold, and who changed what."""
        return read_usage(
            state,
            self._aws,
            registry=self._registry,
            history=self._options.history,
            progress=_shown(progress),
            cancelled=cancelled,
            deadline_seconds=HISTORY_SECONDS,
        )


def _shown(progress: ProgressHook) -> Callable[[str, int, int], None]:
    return lambda what, done, total: progress(Progress(what, done, total))


def _now() -> datetime:
    return datetime.now(UTC)


def github_access(url: str | None) -> GitHubAccess:
    """Return the GitHub to ask, with its token. Raises BackendProblem where there is none."""
    try:
        access = find_access(url)
        if not isinstance(access, GitHubAccess):
            raise access.problem()
    except GitHubProblem as problem:
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
    return access


def live_backend(options: LiveOptions, case: Case) -> RepositoryBackend:
    """Build the backend of a live repository. Raises BackendProblem where GitHub cannot be asked at all."""
    ledger = Ledger()
    access = github_access(options.github_url)
    try:
        store = AttemptStore() if options.cache else None
        source = GitHubSource(options.repository, access, ledger, store=store)
    except GitHubProblem as problem:
        raise BackendProblem(problem.sentence, problem.way_out, problem.exit_code) from None
    parts = [options.repository, options.workflow, options.branch]
    side = LiveSide(options, ledger)
    backend = RepositoryBackend(
        source,
        side.read,
        read_state=side.read_state,
        read_usage=side.read_usage,
        case=options.stated.over(case),
        stated=options.stated,
        ledger=ledger,
        title=" · ".join(part for part in parts if part),
        workflow=options.workflow,
        branch=options.branch,
        reads_history=options.live and options.history,
        case_file=options.case_file,
    )
    backend.in_place_of_github = access.in_place_of_github
    backend.evidence.folder = options.case_file.parent if options.case_file else None
    return backend
