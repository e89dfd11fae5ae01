"""What is set up, made by hand: the checks that the start screen is told, and what was opened from it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from backend_double import BackendDouble

from diagnosis.documents.exit_code import ExitCode
from tui.backend import Backend, BackendProblem, CancelHook
from tui.readiness.check import Check, What, missing, note, ready, unknown

NOTHING = (
    missing(What.REPOSITORY, "This folder is no clone of a GitHub repository.", "Give --repo.", code=ExitCode.USAGE),
    ready(What.GITHUB, "github.com."),
    missing(
        What.TOKEN, "There is no token for github.com, and GitHub shows workflow logs to nobody without one.",
        "Set GH_TOKEN to a token with `actions: read`, `contents: read`, or run `gh auth login`.",
        "gh auth login --hostname github.com", code=ExitCode.CREDENTIALS,
    ),
    missing(
        What.AWS, "No AWS credentials were found.", "Set up a profile, or give keys in the environment.",
        "aws configure sso", code=ExitCode.CREDENTIALS,
    ),
    ready(What.DEMO, "The extra of the embedded account is installed."),
)  # fmt: skip
ALL = (
    ready(What.REPOSITORY, "octo-org/shop, by the git remote of this folder."),
    ready(What.TOKEN, "From GH_TOKEN: a classic token; scopes repo, workflow; expires 2027-03-31."),
    ready(What.REACH, "octo-org/shop: reads runs and logs, contents, checks."),
    ready(What.AWS, "arn:aws:sts::123456789012:assumed-role/release-reader/me; profile day, region eu-west-2."),
    ready(What.DEMO, "The extra of the embedded account is installed."),
)
PARTLY = (
    *ALL[:2],
    note(What.REACH, "octo-org/shop: reads runs and logs, contents; checks cannot be read.", "Use an app's token."),
    unknown(What.AWS, "Not known: sts:GetCallerIdentity did not answer in time.", "Is there a proxy or VPN between?"),
    note(What.DEMO, "The embedded account needs moto.", "Install its extra.", "pip install 'planescope[demo]'"),
    missing(What.SETTINGS, "The settings file is no TOML.", "`planescope settings` prints one.", code=ExitCode.USAGE),
)


class SetupDouble:
    """Tells these checks; ``hang`` holds the look up until it is cleared or given up."""

    def __init__(self, *checks: Check, repository: str = "", last: str = "") -> None:
        self.checks = checks
        self.repository = repository
        self.last = last
        self.looks: list[str] = []
        self.backends: dict[str, BackendDouble] = {}
        self.hang = threading.Event()
        self.broken: BackendProblem | None = None

    def look(self, repository: str, tell: Callable[[Check], None], cancelled: CancelHook) -> None:
        self.looks.append(repository)
        if self.broken is not None:
            raise self.broken
        for check in self.checks:
            tell(check)
        if repository:
            tell(ready(What.REPOSITORY, f"{repository}, as it was given."))
        while self.hang.is_set() and not cancelled():
            threading.Event().wait(0.005)

    def typed(self, text: str) -> str:
        if text.count("/") != 1:
            raise BackendProblem(f"`{text}` names no repository.", "Write OWNER/REPO, or paste an address of it.")
        return text.strip()

    def opened(self, repository: str) -> Callable[[], Backend]:
        return lambda: self.backends.setdefault(repository, BackendDouble(1))

    def demo(self) -> Backend:
        return self.backends.setdefault("demo", BackendDouble(2))
