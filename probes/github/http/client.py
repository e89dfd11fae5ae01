"""Ask GitHub for an object, a list page by page, or an address, through one PyGithub requester a thread.

PyGithub is not thread-safe, and its objects ask again by themselves for every attribute that an answer lacks. So each
thread has a client of its own, and answers leave it as plain JSON, never as PyGithub's objects.
"""

from __future__ import annotations

import json
import math
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from github import Auth

from diagnosis.logs.scrubbed_values import scrub_text, scrub_values
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.http.endpoints import QUERY, folder_question, permitted, query_path
from probes.github.http.errors import BrokenAnswer
from probes.github.http.etags import ETags, question
from probes.github.http.pace import Pace, Watch
from probes.github.http.refusals import query_refusal, refusal
from probes.github.http.room import take_text, taking_turns
from probes.github.http.transport import Answer, Line, PlainSession, guarded_requester
from probes.ledger import Ledger

PER_PAGE = 100
LONGEST_LABEL = 4_000
"""Characters of what is no text but a name, a title, a branch, an address."""
LONGEST_MESSAGE = 65_536
"""Characters of a message: GitHub takes no longer one for an annotation."""
_TEXTS = frozenset({"content", "text"})
"""Members that hold a whole file; their readers bound them."""
_USUAL_NAME = 100
"""Characters; a longer name of a job or a step is rare."""
_SENTENCES = 8
"""In how many sentences and places of a document the name of a job may stand."""
_SMALL = 20_000
_A_MEMBER = 64
"""Bytes that a member takes in memory beside its text."""
MOST_MEMBERS = 500_000
"""Of one answer: in memory each weighs some hundred bytes, however short it is written. A page of runs has 40,000."""
_USER_AGENT = "planescope"
_SHORTEST_TOKEN = 12
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Json: TypeAlias = Mapping[str, Any]
"""A JSON object as GitHub sent it, without its secrets: foreign, every member to be checked."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list."""

    items: tuple[Json, ...]
    total: int
    """As GitHub counts the whole list; at least the number of items seen so far."""
    more: bool
    """Whether there is a next page."""


class Client:
    """PyGithub for one thread. Every method raises ReadFailure for an answer that brings nothing, and Cancelled."""

    def __init__(self, access: GitHubAccess, ledger: Ledger, pace: Pace, timeouts: Timeouts) -> None:
        self.access = access
        self.line = Line(access, ledger, pace, timeouts)
        self.etags = ETags()
        """What it remembers; the clients of one source share it."""
        self.requester = guarded_requester(
            self.line,
            auth=Auth.Token(access.token) if access.token else None,
            base_url=access.url,
            # What the guarded connection does by itself is switched off: its timeouts, retries and pauses are its own.
            timeout=math.ceil(timeouts.read),
            verify=True,
            retry=0,
            pool_size=None,
            seconds_between_requests=None,
            seconds_between_writes=None,
            user_agent=_USER_AGENT,
            per_page=PER_PAGE,
            lazy=True,
        )
        """PyGithub's own; whatever is built on it meets the guard."""
        self.downloads = PlainSession()
        """For the storage host: it knows no token, and ``trust_env`` off keeps ``~/.netrc`` out as well."""
        self.downloads.trust_env = False
        self.told: Mapping[str, str] = {}
        """The headers of the last answer, names in lower case, whatever its status."""
        self._passing = 0
        """Bytes of the watch's room for values that their reader will let go."""

    def object(self, path: str, parameters: Mapping[str, str | int] | None = None, *, remember: bool = False) -> Json:
        """Read a JSON object. ``remember`` for what is asked again and again: unchanged, it does not cost the rate limit."""
        answer = self._ask(path, parameters, remember=remember)
        with self._forgotten_if_broken(path, parameters):
            value = self._json(answer)
            if not isinstance(value, dict):
                raise BrokenAnswer("GitHub's answer is no JSON object", "try again")
            return value

    def object_or_list(self, path: str, parameters: Mapping[str, str | int]) -> Json | tuple[Json, ...]:
        """Read what may be either: a file is an object, a folder a list of objects."""
        value = self._json(self._ask(path, parameters))
        if isinstance(value, dict):
            return value
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            raise BrokenAnswer("GitHub's answer is neither an object nor a list of them", "try again")
        return tuple(value)

    def page(
        self,
        path: str,
        item: str | None,
        number: int = 1,
        parameters: Mapping[str, str | int] | None = None,
        *,
        remember: bool = False,
    ) -> Page:
        """Read one page of a list, pages counted from 1. ``item`` names the member that holds it; None for a bare list."""
        whole = {"per_page": PER_PAGE, **(parameters or {}), "page": number}
        answer = self._ask(path, whole, remember=remember)
        with self._forgotten_if_broken(path, whole):
            value = self._json(answer)
            items = value if item is None else value.get(item) if isinstance(value, dict) else None
            if not isinstance(items, list) or not all(isinstance(entry, dict) for entry in items):
                raise BrokenAnswer("GitHub's answer is not the list that was asked for", "try again")
        seen = (number - 1) * PER_PAGE + len(items)
        total = value.get("total_count") if isinstance(value, dict) else None
        counted = total if isinstance(total, int) and not isinstance(total, bool) else seen
        linked = 'rel="next"' in answer.headers.get("link", "")
        # The link decides; a server without links (an older recording) is judged by its count.
        more = linked or ("link" not in answer.headers and bool(items) and seen < counted)
        return Page(tuple(items), max(counted, seen), more)

    def whole_list(
        self, path: str, item: str | None, *, most_pages: int = 10, remember: bool = False
    ) -> tuple[Json, ...]:
        """Read all pages of a list, up to ``most_pages``."""
        items: list[Json] = []
        for number in range(1, most_pages + 1):
            page = self.page(path, item, number, remember=remember)
            items += page.items
            if not page.more:
                break
        return tuple(items)

    def folder_at(self, repository: str, expression: str) -> tuple[Json, ...] | None:
        """Read the files of a folder in one question: its entries with their texts; None where no folder stands there.

        ``expression`` is ``COMMIT:PATH``.
        """
        return _entries(self._folder(repository, expression))

    def head_folder(self, repository: str, path: str) -> tuple[str, tuple[Json, ...] | None]:
        """Read the files of a folder as they stand now, likewise, after the commit at which that is the default branch.

        The commit is empty in a repository that has none: where GitHub's answer says so, and is not just otherwise than expected.
        """
        value = self._folder(repository, f"HEAD:{path}")
        entries = _entries(value)
        told: Any = value["data"]["repository"]
        found = told.get("object", "")
        if "defaultBranchRef" in told and told["defaultBranchRef"] is None and found is None:
            return "", None
        commit: Any = told
        for name in ("defaultBranchRef", "target", "oid"):
            commit = commit.get(name) if isinstance(commit, dict) else None
        # What is no folder has no member that was asked for.
        if (
            not isinstance(commit, str)
            or not _COMMIT.fullmatch(commit)
            or not (found is None or isinstance(found, dict))
        ):
            raise BrokenAnswer("GitHub's answer is not the folder that was asked for, with its commit", "try again")
        return commit, entries

    def _folder(self, repository: str, expression: str) -> Json:
        """Ask the one question in GraphQL, which GitHub takes by POST, and return its whole answer."""
        owner, _, name = repository.partition("/")
        body = folder_question(owner, name, expression)
        # A whole address: PyGithub puts the API's path before everything else, and an enterprise server's is another.
        api = urlsplit(self.access.url)
        address = f"{api.scheme}://{api.netloc}{query_path(self.access.url)}"
        status, headers, text = self.requester.requestJson("POST", address, input=body)
        if status >= 400:
            said = self.without_token(text or "")
            raise refusal(status, headers, said, access=self.access, permission=QUERY.permission)
        value = self._json(Answer(status, headers, self.without_token(text or "")))
        if not isinstance(value, dict):
            raise BrokenAnswer("GitHub's answer is no JSON object", "try again")
        if value.get("errors"):
            token = f"the token from {self.access.token_source}" if self.access.token_source else "the token"
            raise query_refusal(value["errors"], token=token)
        return value

    def address(self, path: str) -> str:
        """Return the storage address that an answer redirects to: signed, so a secret."""
        answer = self._ask(path, None)
        location = answer.headers.get("location", "")
        if answer.status not in (302, 303) or not location:
            raise BrokenAnswer("GitHub named no address to download it from", "try again")
        return location

    def without_token(self, text: str) -> str:
        """Return a text without this client's own token: whatever shape that has, it is one secret that is known for certain."""
        token = self.access.token
        # A shorter one is no token of GitHub's, and may stand in a text by chance.
        return text.replace(token, "***") if len(token) >= _SHORTEST_TOKEN else text

    @contextmanager
    def watched(self, watch: Watch) -> Iterator[Client]:
        """Ask on behalf of somebody who may cancel; what was made of the answers is no longer held at the end as JSON."""
        before, self.line.watch = self.line.watch, watch
        try:
            yield self
        finally:
            watch.room.take(-self._passing)
            self._passing = 0
            self.line.watch = before

    def close(self) -> None:
        """Close the sockets, and end what is under way."""
        self.line.closed = True
        self.requester.close()
        self.line.session.close()
        self.downloads.close()

    def _json(self, answer: Answer) -> Any:
        """Return the value of an answer. While it is read it takes of the room what it weighs; half its text's size stays taken."""
        text = answer.read()
        members, room = sum(map(text.count, "{[,")), self.line.watch.room
        if members > MOST_MEMBERS:
            raise BrokenAnswer("GitHub's answer has more members than planescope takes into memory", "see it on GitHub")
        room.take(members * _A_MEMBER)
        self._passing += members * _A_MEMBER + sys.getsizeof(text) // 2
        with taking_turns(len(text)), room.working() as check:
            value = _parsed(answer, check)
        if sys.getsizeof(text) > _SMALL:
            width = sys.getsizeof(text) // len(text)
            room.take(_said_again(value) * _SENTENCES * width)
        return value

    @contextmanager
    def _forgotten_if_broken(self, path: str, parameters: Mapping[str, str | int] | None) -> Iterator[None]:
        try:
            yield
        except BrokenAnswer:
            self.etags.forget(question(path, parameters))
            raise

    def _ask(self, path: str, parameters: Mapping[str, str | int] | None, *, remember: bool = False) -> Answer:
        asked = question(path, parameters)
        known = self.etags.known(asked) if remember else None
        # PyGithub's own lists take "not modified" for an empty list, so the tag is sent and understood here.
        tag = {"If-None-Match": known[0]} if known else None
        status, headers, text = self.requester.requestJson("GET", path, dict(parameters or {}), headers=tag)
        self.told = headers
        if status == 304 and known:
            take_text(self.line.watch.room, known[1].read())
            return known[1]
        if status < 400:
            answer = Answer(status, headers, self.without_token(text or ""))
            if remember:
                self.etags.remember(asked, answer)
            return answer
        endpoint, said = permitted("GET", path), self.without_token(text or "")
        raise refusal(status, headers, said, access=self.access, permission=endpoint.permission if endpoint else "")


class Clients:
    """A client for each thread that asks, made when it first does."""

    def __init__(self, make: Callable[[], Client]) -> None:
        self._make = make
        self._local = threading.local()
        self._lock = threading.Lock()
        self._all: list[Client] = []

    def mine(self) -> Client:
        """Return this thread's client."""
        client: Client | None = getattr(self._local, "client", None)
        if client is None:
            client = self._make()
            self._local.client = client
            with self._lock:
                self._all.append(client)
        return client

    def close(self) -> None:
        """Close them all; a thread that still asks gets a failure, not a hang."""
        with self._lock:
            clients, self._all = self._all, []
        for client in clients:
            client.close()


def _entries(value: Json) -> tuple[Json, ...] | None:
    """Return the entries of the folder that a question in GraphQL was answered with."""
    found: Any = value
    for name in ("data", "repository", "object"):
        found = found.get(name) if isinstance(found, dict) else None
    if not found and isinstance(value.get("data"), dict) and value["data"].get("repository"):
        return None
    entries = found.get("entries") if isinstance(found, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BrokenAnswer("GitHub's answer is not the folder that was asked for", "try again")
    return tuple(entries)


def _shortened(value: Any, longest: int) -> Any:
    if type(value) is str and len(value) > longest:
        return f"{value[:longest]}…"
    return [_shortened(item, longest) for item in value] if type(value) is list else value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON, its names and labels shortened."""
    return {
        name[:LONGEST_LABEL]: value
        if name in _TEXTS
        else _shortened(value, LONGEST_MESSAGE if name == "message" else LONGEST_LABEL)
        for name, value in pairs
    }


def _said_again(value: Any) -> int:
    """Return how many characters the long names of a value have: each stands in several sentences afterwards."""
    if isinstance(value, list):
        return sum(map(_said_again, value))
    if not isinstance(value, dict):
        return 0
    name = value.get("name")
    own = len(name) if isinstance(name, str) and len(name) > _USUAL_NAME else 0
    return own + sum(_said_again(each) for each in value.values() if isinstance(each, (list, dict)))


def _parsed(answer: Answer, check: Callable[[], None]) -> Any:
    """Return an answer's value without secrets; ``check`` is called text by text, and may raise to end the work."""

    def scrubbed(each: str) -> str:
        check()
        return scrub_text(each)

    if not 200 <= answer.status < 300:
        # Only who asks for an address is sent to another place by 302; whatever else such an answer holds is not the thing.
        raise BrokenAnswer(f"GitHub sends no content but status {answer.status}", "try again later")
    text = answer.read()
    try:
        value = json.loads(text, object_pairs_hook=_members)
    except (ValueError, RecursionError):
        raise BrokenAnswer(
            "GitHub's answer is no JSON", "try again; a proxy or a login page may answer instead"
        ) from None
    # The one door of every answer: people paste secrets into titles, branches, names of steps and environments.
    clean = scrub_values(value, text=scrubbed)
    if isinstance(value, dict) and value.get("encoding") == "base64":
        # A file's content is scrubbed by its reader, once it can be read.
        clean["content"] = value.get("content")
    return clean
