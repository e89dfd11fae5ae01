"""Read the address of a workflow run, as it is copied from a browser, a mail or a terminal; or a run's id or number."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST = 20_000
"""Characters of a pasted text that are looked at."""
SHORTEST_ID = 7
"""Digits from which on a bare number is taken for an id; a shorter one is a word to look for, unless a run has that id."""

_NUMBER = r"[0-9]{1,18}"
_NAME = r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}"
# Without a scheme it begins where a word begins, and a user's name has no other signs than such a word: else every character of a
# long word would be tried as the first.
_ADDRESS = re.compile(
    rf"(?:https?://(?:[^/\s@<>\"']{{1,200}}@)?|(?<![A-Za-z0-9/.@:-])(?:[A-Za-z0-9.:-]{{1,200}}@)?)(?P<host>[A-Za-z0-9][A-Za-z0-9.-]{{0,252}}(?::[0-9]{{1,5}})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{{1,5}})?)/"
    rf"(?:api/v3/)?(?:repos/)?(?P<repository>{_NAME}/{_NAME})/actions/runs/(?P<run>{_NUMBER})(?![0-9A-Za-z_])"
    rf"(?:/attempts/(?P<attempt>[0-9]{{1,9}})(?![0-9A-Za-z_]))?(?:/jobs?/(?P<job>{_NUMBER})(?![0-9A-Za-z_]))?"
)
_ID, _HASH = re.compile(r"[0-9]{1,18}"), re.compile(r"#[0-9]{1,18}")
_AROUND = " \t\r\n\f\v\u00a0\u200b\ufeff<>()[]{}\"'`,;.*_|"
_REST = re.compile(r"(?:[/?#]\S*)?")


@dataclass(frozen=True, slots=True)
class RunAddress:
    """What the address of a run names."""

    host: str
    """In small letters, as people write it: ``github.com`` for its API too."""
    repository: str
    """``owner/name``, as written."""
    run: int
    attempt: int | None = None
    """None: the latest, or the one that the job belongs to."""
    job: int | None = None

    @property
    def place(self) -> str:
        """``host/owner/name``."""
        return f"{self.host}/{self.repository}"

    @property
    def address(self) -> str:
        """The address of the run, or of its attempt."""
        attempt = f"/attempts/{self.attempt}" if self.attempt else ""
        return f"https://{self.place}/actions/runs/{self.run}{attempt}"

    def is_in(self, repository_address: str) -> bool:
        """Return whether the run belongs to the repository at an address, which GitHub compares without case."""
        return self.place.lower() == place_of(repository_address).lower()


def place_of(repository_address: str) -> str:
    """Return ``host/owner/name`` of a repository's address on the web."""
    return repository_address.partition("://")[2].strip("/")


def address_in(text: str) -> RunAddress | None:
    """Return the run whose address a text is, whatever stands around it: blanks, brackets, quotes, a query, a fragment."""
    if len(text) > LONGEST:
        return None
    words = text.strip(_AROUND)
    found = _ADDRESS.match(words)
    return _address(found) if found and _REST.fullmatch(words, found.end()) else None


def addresses_within(text: str) -> tuple[RunAddress, ...]:
    """Return every run that is named by an address somewhere in a text, each once."""
    found = (_address(match) for match in _ADDRESS.finditer(text[:LONGEST]) if _begins_a_word(match))
    return tuple(dict.fromkeys(each for each in found if each is not None))


def id_in(text: str) -> int | None:
    """Return the id that a text is: digits alone."""
    word = text.strip(_AROUND)
    return int(word) if _ID.fullmatch(word) and int(word) else None


def number_in(text: str) -> int | None:
    """Return the run's number within its workflow that a text is: ``#12``."""
    word = text.strip(_AROUND)
    return int(word[1:]) if _HASH.fullmatch(word) else None


def _begins_a_word(found: re.Match[str]) -> bool:
    before = found.string[found.start() - 1 : found.start()]
    return not before or not (before.isalnum() or before in "/.-@:")


def _address(found: re.Match[str]) -> RunAddress | None:
    run, attempt, job = found["run"], found["attempt"], found["job"]
    if not int(run) or (attempt and not int(attempt)):
        return None
    host = found["host"].lower().removesuffix(":443")
    host = "github.com" if host in ("api.github.com", "www.github.com") else host
    # GitHub's own clouds answer their API below a name of its own, too.
    host = host.removeprefix("api.") if host.endswith(".ghe.com") else host
    return RunAddress(host, found["repository"], int(run), int(attempt) if attempt else None, int(job) if job else None)
