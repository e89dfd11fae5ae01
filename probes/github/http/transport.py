"""Send every request to GitHub's API through PyGithub's requester, on a connection that only reads.

PyGithub makes its connections with a class that can be replaced (``Requester.injectConnectionClasses``).
:class:`GuardedConnection` takes that place. It refuses everything that is not on the list of
:mod:`probes.github.http.endpoints`, sends the token to the API's own host only, enters every request into the ledger, and
retries what is worth it, interruptibly (PyGithub's own retry sleeps through a cancel, for up to an hour).
"""

from __future__ import annotations

from collections.abc import ItemsView, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any, NoReturn
from urllib.parse import SplitResult, urlsplit

import requests
from github.Requester import Requester
from requests.adapters import HTTPAdapter

from probes.github.http.body import Timeouts, allowance_for, limit_failure, read_body
from probes.github.http.credentials import GitHubAccess
from probes.github.http.endpoints import Endpoint, permitted, permitted_query
from probes.github.http.errors import (
    BrokenAnswer,
    Cancelled,
    CutOff,
    RateLimited,
    ReadFailure,
    Refused,
    ServerFault,
    TimedOut,
    Unreachable,
)
from probes.github.http.pace import Pace, Watch, whole_number
from probes.github.http.refusals import QUERIES_USED_UP
from probes.github.http.room import take_text, taking_turns
from probes.ledger import Ledger
from probes.wire.allowance import Allowance, LimitMet
from probes.wire.connections import bound
from probes.wire.loopback import is_loopback
from probes.wire.stamina import Exhausted

SERVICE = "github"
TRIES = 3
_LARGEST_ANSWER = 8_000_000
"""Bytes; the largest that GitHub gives, a page of a hundred jobs or a comparison, has one or two million."""
_MOVED = frozenset({301, 307, 308})
_MOST_MOVES = 3


class BoundedAdapter(HTTPAdapter):
    """An adapter whose connections, those through a proxy included, receive within the allowance of the call."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the manager of direct connections."""
        super().init_poolmanager(*args, **kwargs)
        bound(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager of the connections through a proxy."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        bound(manager)
        return manager


class PlainSession(requests.Session):
    """A session that leaves redirects alone, keeps no cookies, and receives within bounds.

    Even when it is told not to follow, requests reads a redirect's whole body and takes its address apart, unbounded and
    unguarded; here both are foreign.
    """

    def __init__(self) -> None:
        super().__init__()
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, BoundedAdapter(max_retries=0))

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Return None, so that requests follows no redirect."""
        return


@dataclass(slots=True)
class Line:
    """What the connections of one thread share. ``watch`` changes with every piece of work."""

    access: GitHubAccess
    ledger: Ledger
    pace: Pace
    timeouts: Timeouts = field(default_factory=Timeouts)
    watch: Watch = field(default_factory=Watch)
    session: PlainSession = field(init=False, repr=False)
    """The sockets, kept open from one request to the next."""
    closed: bool = field(init=False, default=False)
    """Set to end what is under way."""

    def __post_init__(self) -> None:
        self.session = PlainSession()
        # With an auth set, requests does not look for another one in ~/.netrc.
        self.session.auth = _leave_as_is
        self.session.headers.clear()
        # A proxy for this machine itself would be a mistake in the environment.
        self.session.trust_env = not is_loopback(urlsplit(self.access.url).hostname or "")

    def allowance(self, limit: int, timeouts: Timeouts | None = None) -> Allowance:
        """Return the bounds of one answer with a body of at most ``limit`` bytes, for whoever waits now."""

        def check() -> None:
            if self.closed:
                raise Cancelled("the source was closed")
            self.watch.check()
            self.pace.stamina.check()

        return allowance_for(timeouts or self.timeouts, check, limit, timer=self.ledger.timer)


_NUMBERS = frozenset(f"x-ratelimit-{name}" for name in ("limit", "remaining", "reset"))


class Answer:
    """A whole answer, in the shape in which PyGithub wants it."""

    def __init__(self, status: int, headers: Mapping[str, str], text: str) -> None:
        self.status = status
        self.headers = {name.lower(): value for name, value in headers.items()}
        self._text = text

    def getheaders(self) -> ItemsView[str, str]:
        """Return the headers as PyGithub may have them, names in lower case: it makes numbers of some."""
        return {
            name: value
            for name, value in self.headers.items()
            if name not in _NUMBERS or whole_number(value) is not None
        }.items()

    def read(self) -> str:
        """Return the body as text."""
        return self._text


class GuardedConnection:
    """One request of PyGithub's to the API's own host: GET or HEAD on a listed path, or the one question in GraphQL."""

    def __init__(self, line: Line, host: str, port: int | None = None, **_: Any) -> None:
        self.host = host
        self._port = port
        self._line = line
        self._api = urlsplit(line.access.url)
        self._verb, self._target, self._headers = "", "", dict[str, str]()
        self._body: str | None = None

    def request(self, verb: str, url: str, body: Any, headers: Mapping[str, str], stream: bool = False) -> None:
        """Note the request; refuse it here, before anything is sent, if it is not a listed read."""
        own_host = (self.host, self._port) == (self._api.hostname, self._api.port)
        self._body = body
        if not own_host or stream or self._endpoint(verb, url) is None:
            self._refuse(verb, url)
        self._verb, self._target = verb, url
        self._headers = {"Accept": "application/vnd.github+json", **headers, "Accept-Encoding": "gzip"}

    def getresponse(self) -> Answer:
        """Send the noted request; try again what is worth it. Raises ReadFailure and Cancelled."""
        limited = False
        for attempt in range(TRIES):
            self._line.pace.turn(self._line.watch)
            try:
                answer = self._follow()
            except (TimedOut, CutOff, Unreachable) as failure:
                if gives_up(failure, attempt):
                    raise
            else:
                self._line.pace.seen(answer.headers)
                limit = rate_limit(answer)
                if limit and answer.headers.get("x-ratelimit-resource") == "graphql":
                    # A limit of its own, by points: everything else may go on.
                    raise RateLimited(*QUERIES_USED_UP, None, anonymous=not self._line.access.token)
                if limit:
                    # The next turn waits it out, or raises; a limit that comes back after that is not waited out twice.
                    self._line.pace.limit_reached(limit, answer.headers, final=limited)
                    limited = True
                    continue
                if answer.status < 500 or attempt + 1 == TRIES:
                    return answer
            self._line.pace.wait(self._line.timeouts.backoff * 2**attempt, "", self._line.watch)
        raise ServerFault("GitHub went on answering with faults and rate limits", "try again in a few minutes")

    def close(self) -> None:
        """Do nothing: PyGithub closes a connection before it makes the next, and the sockets serve that one too."""

    def _follow(self) -> Answer:
        """Try once, following a moved repository within the same API. PyGithub's own code for it loses the query."""
        target = self._target
        for _ in range(_MOST_MOVES):
            answer = self._send(target)
            if answer.status == 202:
                # PyGithub would ask again every two seconds, for ever.
                raise ServerFault("GitHub says that it is still preparing the answer", "try again in a minute")
            if answer.status not in _MOVED:
                return answer
            if self._body is not None:
                raise BrokenAnswer("GitHub redirects a question in GraphQL", "try again later")
            there = self._own_place(answer.headers.get("location", ""))
            query = there.query or urlsplit(target).query
            target = f"{there.path}?{query}" if query else there.path
            if self._endpoint(self._verb, target) is None:
                self._refuse(self._verb, target)
        raise BrokenAnswer("GitHub redirects in a circle", "try again later")

    def _own_place(self, location: str) -> SplitResult:
        """Return where a redirect leads, if that is the same API. Raises BrokenAnswer."""
        try:
            there = urlsplit(location)
            same = (there.scheme, there.hostname, there.port) == (self._api.scheme, self.host, self._port)
        except ValueError:
            raise BrokenAnswer("GitHub redirects to an invalid address", "try again later") from None
        if (there.netloc and not same) or not there.path.startswith("/"):
            raise BrokenAnswer(
                "GitHub redirects to another host, and the token belongs to this one only",
                "give the address of the GitHub that holds the repository now",
            )
        return there

    def _send(self, target: str) -> Answer:
        line = self._line
        line.watch.check()
        endpoint = self._endpoint(self._verb, target)
        if endpoint is None:
            self._refuse(self._verb, target)
        allowance = line.allowance(_LARGEST_ANSWER)
        with line.ledger.call(service=SERVICE, operation=endpoint.operation, target=target) as call:
            status = ""
            try:
                with line.pace.stamina.waiting(), allowance.applied():
                    response = line.session.request(
                        self._verb,
                        f"{self._api.scheme}://{self._api.netloc}{target}",
                        headers=self._headers,
                        data=self._body,
                        timeout=line.timeouts.pair,
                        allow_redirects=False,
                        stream=True,
                    )
                    status = call.result = str(response.status_code)
                    body = read_body(response, limit=_LARGEST_ANSWER, timeouts=line.timeouts, watch=line.watch)
            except (requests.RequestException, LimitMet, Exhausted, ReadFailure) as error:
                failure = failure_of(error, self.host, line.timeouts, allowance)
                call.result = f"{status}, {failure.result}" if status else failure.result
                # The frames of a failure hold what was received.
                raise failure.with_traceback(None) from None
        if response.status_code < 500:
            line.pace.stamina.answered()
            line.pace.stamina.received(len(body))
        with taking_turns(len(body)):
            text = take_text(line.watch.room, body.decode("utf-8", errors="replace"), len(body))
        return Answer(response.status_code, response.headers, text)

    def _endpoint(self, verb: str, target: str) -> Endpoint | None:
        if self._body is not None:
            return permitted_query(verb, target, self._body, self._line.access.url)
        path, prefix = urlsplit(target).path, self._api.path
        return permitted(verb, path[len(prefix) :]) if path.startswith(prefix) else None

    def _refuse(self, verb: str, target: str) -> NoReturn:
        path = urlsplit(target).path
        refusal = Refused(
            f"planescope refuses {verb} {path} on {self.host}: it only reads, and only what its list of calls names",
            "use another tool for it",
        )
        self._line.ledger.record(
            service=SERVICE,
            operation=verb,
            target=path,
            result=refusal.result,
            started_at=self._line.ledger.clock(),
            duration=0.0,
        )
        raise refusal


def guarded_requester(line: Line, **arguments: Any) -> Requester:
    """Return a PyGithub requester that reaches GitHub through :class:`GuardedConnection` only.

    ``arguments`` are those of PyGithub's ``Requester``. Its class is made here for this one line: connection classes are
    injected into a class, never into an instance, and PyGithub's own class serves whoever else uses PyGithub.
    """

    class GuardedRequester(Requester):
        @property
        def kwargs(self) -> dict[str, Any]:
            """PyGithub builds copies of a requester from these, and a copy would have no guard."""
            raise Refused("planescope makes no copies of its guarded connection", "use the connection as it is")

    class Connection(GuardedConnection):
        # A class and no partial: PyGithub keeps it as an attribute of its class and calls it through an instance, and
        # Python 3.14 binds a partial there like a method.
        def __init__(self, host: str, port: int | None = None, **arguments: Any) -> None:
            super().__init__(line, host, port, **arguments)

    guarded: Any = Connection  # PyGithub asks for a subclass of its own connections, and only calls it
    GuardedRequester.injectConnectionClasses(guarded, guarded)
    return GuardedRequester(**arguments)


def gives_up(failure: ReadFailure, attempt: int) -> bool:
    """Return whether this try (from 0) was the last: a second silence says enough, a lost connection is worth a third try."""
    return attempt + 1 >= TRIES or (attempt > 0 and isinstance(failure, TimedOut))


def rate_limit(answer: Answer) -> str:
    """Return which rate limit an answer speaks of: ``primary rate limit``, ``secondary rate limit``, or nothing."""
    if answer.status not in (403, 429):
        return ""
    text = answer.read()[:2000].lower()
    if answer.headers.get("x-ratelimit-remaining") == "0" or "api rate limit exceeded" in text:
        return "primary rate limit"
    if answer.status == 429 or "retry-after" in answer.headers or "secondary rate limit" in text:
        return "secondary rate limit"
    return ""


def failure_of(
    error: requests.RequestException | LimitMet | Exhausted | ReadFailure,
    host: str,
    timeouts: Timeouts,
    allowance: Allowance,
) -> ReadFailure:
    """Return what a request failed of as one kind of failure."""
    if isinstance(error, ReadFailure):
        return error
    if isinstance(error, LimitMet | Exhausted):
        return limit_failure(error, allowance, host)
    return connection_failure(error, host, timeouts)


def connection_failure(error: requests.RequestException, host: str, timeouts: Timeouts) -> ReadFailure:
    """Say why no answer came. The exception's own words may hold signed addresses and are not repeated."""
    if isinstance(error, requests.ConnectTimeout):
        return TimedOut(f"no connection to {host} within {timeouts.connect:g} seconds", "check the network, try again")
    if isinstance(error, requests.Timeout):
        return TimedOut(f"{host} did not answer within {timeouts.read:g} seconds", "try again")
    if isinstance(error, requests.exceptions.SSLError):
        return Unreachable(
            f"the certificate of {host} is not trusted here",
            "set REQUESTS_CA_BUNDLE to the file with your organization's certificates",
        )
    if isinstance(error, requests.exceptions.ProxyError):
        return Unreachable(f"the proxy does not lead to {host}", "check HTTPS_PROXY and NO_PROXY")
    text = repr(error)
    if "NameResolutionError" in text or "gaierror" in text:
        return Unreachable(f"the name {host} cannot be resolved", "check the address and the network")
    if "NewConnectionError" in text or "refused" in text:
        return Unreachable(f"{host} refuses the connection", "check the address and the network")
    return Unreachable(f"the connection to {host} broke", "check the network, try again")


def _leave_as_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
