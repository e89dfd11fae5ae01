"""Look at everything at once: GitHub and AWS each on a thread of its own, and for no longer than a screen may wait."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnosis.documents.exit_code import ExitCode
from probes.ledger import Ledger
from tui.backend import BackendProblem, CancelHook
from tui.backends.folder_repository import repository_here, typed_repository
from tui.backends.readiness import machine
from tui.backends.readiness.aws import look_at_aws, not_asked
from tui.backends.readiness.github import look_at_github
from tui.readiness.check import Check, What, missing, ready, unknown

SECONDS = 20.0
"""After these what has not answered is unknown."""
_STEP = 0.05

Tell = Callable[[Check], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the options of the command line choose; None leaves it to environment and configuration."""

    repository: str = ""
    """Given by an option or a case file; empty for the one of this folder."""
    github_url: str | None = None
    profile: str | None = None
    registry_profile: str | None = None
    region: str | None = None
    allow_http: bool = False
    live: bool = True


def look(wanted: Wanted, tell: Tell, cancelled: CancelHook, *, seconds: float = SECONDS) -> None:
    """Tell every check, each as soon as it is known, from any thread; never longer than ``seconds`` and a moment."""
    told: dict[What, Check] = {}
    lock, over = threading.Lock(), threading.Event()

    def once(check: Check) -> None:
        with lock:
            if over.is_set() or check.what in told:
                return
            told[check.what] = check
        tell(check)

    def stop() -> bool:
        return over.is_set() or cancelled()

    def at_github() -> None:
        name = _repository(wanted, once)
        look_at_github(name, wanted.github_url, Ledger(), once, stop)

    def at_aws() -> None:
        profiles = {What.AWS: wanted.profile}
        if wanted.registry_profile:
            profiles[What.REGISTRY] = wanted.registry_profile
        for what, profile in profiles.items():
            look_at_aws(profile, wanted.region, what, Ledger(), once, allow_http=wanted.allow_http)

    def here() -> None:
        for check in machine.CHECKS:
            once(check())

    pieces = [here, at_github]
    if wanted.live:
        pieces.append(at_aws)
    else:
        once(not_asked())
    threads = [_Piece(work) for work in pieces]
    waited = 0.0
    while any(thread.is_alive() for thread in threads) and waited < seconds and not cancelled():
        next(thread for thread in threads if thread.is_alive()).join(_STEP)
        waited += _STEP
    for thread in threads:
        if thread.error is not None:
            raise thread.error
    if not cancelled():
        for what in _expected(wanted, told):
            once(unknown(what, "It was not answered in time.", "Look again."))
    over.set()


def _expected(wanted: Wanted, told: Mapping[What, Check]) -> list[What]:
    """Return what must be told of, whatever happens, and was not."""
    needed = [What.REPOSITORY, What.GITHUB, What.TOKEN, What.SETTINGS, What.DEMO, *([What.AWS] if wanted.live else [])]
    if all(what in told and told[what].serves for what in (What.REPOSITORY, What.TOKEN)):
        needed.append(What.REACH)
    if wanted.live and wanted.registry_profile:
        needed.append(What.REGISTRY)
    return [what for what in needed if what not in told]


def _repository(wanted: Wanted, tell: Tell) -> str:
    """Tell which repository is meant; return it, or nothing."""
    try:
        if wanted.repository:
            name, how = typed_repository(wanted.repository, wanted.github_url), "as it was given"
        else:
            name, how = repository_here(wanted.github_url), "by the git remote of this folder"
    except BackendProblem as problem:
        tell(missing(What.REPOSITORY, problem.sentence, problem.way_out, code=ExitCode.USAGE))
        return ""
    tell(ready(What.REPOSITORY, f"{name}, {how}."))
    return name


class _Piece(threading.Thread):
    """A piece of work that nobody waits for at the end of the process; it keeps what it failed of."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(name="planescope readiness", daemon=True)
        self._work = work
        self.error: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:  # noqa: BLE001 - raised by whoever waits
            self.error = error
