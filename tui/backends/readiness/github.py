"""What GitHub says: which host, whose token, what it reaches of the repository, the rate limit, the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from diagnosis.documents.exit_code import ExitCode
from probes.github.http.body import Timeouts
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess, NoCredentials, TokenKind, api_address, find_access
from probes.github.http.endpoints import permissions_needed
from probes.github.http.errors import BadCredentials, Cancelled, GitHubProblem, ReadFailure
from probes.github.http.pace import Pace, Watch
from probes.github.read.runs import read_repository
from probes.github.read.token_reach import Reached, TokenFacts, ask_anything, reach, token_facts
from probes.ledger import Ledger
from tui.readiness.check import Check, State, What, as_sentence, missing, note, ready, unknown

Tell = Callable[[Check], None]

_TIMEOUTS = Timeouts(connect=4.0, read=6.0, answer=8.0)
_SOON = timedelta(days=7)
_SLOW_CLOCK, _WRONG_CLOCK = 60, 300
"""Seconds: from the second on AWS refuses signatures."""
_KINDS = {
    TokenKind.CLASSIC: "a classic token",
    TokenKind.FINE_GRAINED: "a fine-grained token",
    TokenKind.APP: "an app's token",
    TokenKind.APP_USER: "a user's token by way of an app",
    TokenKind.UNKNOWN: "a token of a form that is not known",
}
_READS = {"actions: read": "runs and logs", "contents: read": "contents", "checks: read": "checks"}
_ASKED = (What.REACH, What.RATE_LIMIT, What.CLOCK)


def look_at_github(repository: str, url: str | None, ledger: Ledger, tell: Tell, cancelled: Callable[[], bool]) -> None:
    """Tell all checks that have to do with GitHub. ``repository`` is empty where none is known."""
    try:
        api = GitHubAccess(api_address(url))
    except GitHubProblem as problem:
        tell(missing(What.GITHUB, problem.sentence, problem.way_out, code=ExitCode.USAGE))
        tell(unknown(What.TOKEN, "Which token is meant depends on the host."))
        return
    tell(_host(api))
    try:
        access = find_access(url)
    except GitHubProblem as problem:
        tell(missing(What.TOKEN, problem.sentence, problem.way_out, code=ExitCode.CREDENTIALS))
        return
    if isinstance(access, NoCredentials):
        login = f"gh auth login --hostname {access.host}"
        tell(missing(What.TOKEN, access.sentence, _without_demo(access.way_out), login, code=ExitCode.CREDENTIALS))
        return
    _ask(access, repository, ledger, tell, cancelled)


def _host(access: GitHubAccess) -> Check:
    if not access.in_place_of_github:
        return ready(What.GITHUB, "github.com.")
    return note(
        What.GITHUB, f"{access.in_place_of_github} is asked in github.com's place.",
        "It is named by --github-url, GITHUB_API_URL or GH_HOST.",
    )  # fmt: skip


def _without_demo(way_out: str) -> str:
    return f"{way_out.partition('; `planescope demo`')[0].rstrip('.')}."


def _ask(access: GitHubAccess, repository: str, ledger: Ledger, tell: Tell, cancelled: Callable[[], bool]) -> None:
    pace = Pace(max_wait=0, anonymous=not access.token, throttled=False, clock=ledger.clock)
    client = Client(access, ledger, pace, _TIMEOUTS)
    watch = Watch(cancelled)
    whose = access.token_source or "no variable, which this host allows"
    kind = f"From {whose}: {_KINDS[access.token_kind]}" if access.token else "None: a host on this machine needs none"
    try:
        with client.watched(watch):
            try:
                full_name = ""
                if repository:
                    full_name = read_repository(client, repository).full_name
                else:
                    ask_anything(client)
            except (GitHubProblem, ReadFailure) as failure:
                _tell_failure(failure, kind, repository, client, pace, tell)
                return
            tell(_token(kind, token_facts(client), access, ledger.clock()))
            _tell_meters(pace, ledger.clock(), tell)
            if full_name:
                tell(_reach(full_name, reach(client, repository)))
    except Cancelled:
        for what in (What.TOKEN, *_ASKED):
            tell(unknown(what, f"{access.host} did not answer in time.", "Check the network, then look again."))
    finally:
        client.close()


def _tell_failure(
    failure: GitHubProblem | ReadFailure, kind: str, repository: str, client: Client, pace: Pace, tell: Tell
) -> None:
    """Tell what became of the first question, and what it leaves open."""
    now = client.line.ledger.clock()
    if isinstance(failure, GitHubProblem):
        # GitHub knows the token, and shows no such repository to it.
        tell(_token(kind, token_facts(client), client.access, now))
        tell(missing(What.REACH, failure.sentence, failure.way_out, code=ExitCode.USAGE))
    elif isinstance(failure, BadCredentials):
        login = f"gh auth login --hostname {client.access.host}"
        sentence = as_sentence(failure.why)
        tell(missing(What.TOKEN, sentence, as_sentence(failure.how), login, code=ExitCode.CREDENTIALS))
    elif failure.exit_code is ExitCode.CREDENTIALS:
        tell(_token(kind, token_facts(client), client.access, now))
        tell(missing(What.REACH, _cannot(repository, failure), as_sentence(failure.how), code=ExitCode.CREDENTIALS))
    else:
        tell(
            unknown(
                What.TOKEN,
                f"{kind}. Whether it is good could not be found out: {failure.why}.",
                as_sentence(failure.how),
            )
        )
    _tell_meters(pace, now, tell)


def _token(kind: str, facts: TokenFacts, access: GitHubAccess, now: datetime) -> Check:
    told = [kind]
    if facts.scopes is not None and access.token_kind in (TokenKind.CLASSIC, TokenKind.UNKNOWN):
        told.append(f"scopes {', '.join(facts.scopes)}" if facts.scopes else "no scope: public repositories only")
    if facts.expires is None:
        return ready(What.TOKEN, f"{'; '.join(told)}.")
    left = facts.expires - now
    sentence = f"{'; '.join([*told, f'expires {facts.expires:%Y-%m-%d}'])}."
    return note(What.TOKEN, sentence, "Renew it soon.") if left < _SOON else ready(What.TOKEN, sentence)


def _reach(repository: str, found: Iterable[Reached]) -> Check:
    """Return what the token reads: what nothing can be diagnosed without, and what is lost with the rest."""
    needs = {need.permission: need for need in permissions_needed()}
    reads, lost, hints = [], [], []
    for each in found:
        what = _READS[each.permission]
        if each.untried:
            lost.append(f"whether {what} can be read is not known: {each.untried}")
        elif each.failure is None:
            reads.append(what)
        elif needs[each.permission].required:
            code = each.failure.exit_code
            sentence = f"{repository}: {what} cannot be read: {each.failure.why}."
            if code is ExitCode.UNKNOWN:
                return unknown(What.REACH, sentence, as_sentence(each.failure.how))
            return missing(What.REACH, sentence, as_sentence(each.failure.how), code=ExitCode.CREDENTIALS)
        else:
            lost.append(f"{what} cannot be read ({each.failure.why})")
            hints.append(
                f"Without `{each.permission}` {needs[each.permission].without}. {as_sentence(each.failure.how)}"
            )
    sentence = f"{repository}: reads {', '.join(reads)}{''.join(f'; {each}' for each in lost)}."
    return Check(What.REACH, State.NOTE if lost else State.READY, sentence, " ".join(hints))


def _tell_meters(pace: Pace, now: datetime, tell: Tell) -> None:
    left = pace.left
    if left is not None:
        sentence = f"{left.remaining:,} of {left.limit:,} requests are left this hour."
        if left.remaining * 10 < left.limit:
            until = f" It is full again at {left.resets_at:%H:%M} UTC." if left.resets_at else ""
            tell(note(What.RATE_LIMIT, sentence, f"A chain of attempts may need more.{until}"))
        else:
            tell(ready(What.RATE_LIMIT, sentence))
    if pace.told_at is not None:
        tell(_clock(now - pace.told_at))


def _clock(ahead: timedelta) -> Check:
    seconds = round(ahead.total_seconds())
    way = "ahead of" if seconds > 0 else "behind"
    sentence = f"This machine's clock is {abs(seconds):,} s {way} GitHub's."
    if abs(seconds) >= _WRONG_CLOCK:
        return missing(What.CLOCK, sentence, "Set it: AWS refuses what is signed at another time.", code=ExitCode.USAGE)
    if abs(seconds) >= _SLOW_CLOCK:
        return note(What.CLOCK, sentence, "Set it: from five minutes on AWS refuses what is signed.")
    return ready(What.CLOCK, f"Within {_SLOW_CLOCK} s of GitHub's.")


def _cannot(repository: str, failure: ReadFailure) -> str:
    return f"{repository or 'GitHub'} cannot be read: {failure.why}."
