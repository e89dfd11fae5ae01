"""What can go wrong when GitHub is read, as typed errors, and what each becomes at the edge.

::

    ReadFailure                 one thing could not be read: why, and the way to obtain it
    ├── BadCredentials          401
    ├── Forbidden               403
    │   └── SsoRequired             the organization wants the token authorised for single sign-on
    ├── RateLimited             403 or 429: primary or secondary limit
    ├── NotFound                404: absent, or hidden from this token
    │   └── NotRecorded             a replayed recording that does not hold it: nobody knows
    ├── Expired                 410: GitHub has deleted it
    ├── Rejected                any other 4xx: GitHub does not accept the question
    ├── ServerFault             5xx, and answers that are never ready
    ├── Unreachable             DNS, refused connection, TLS, a redirect to another host
    │   └── TimedOut
    ├── BrokenAnswer            an answer that is not what GitHub documents
    │   ├── CutOff                  the body ended before its announced length
    │   └── TooLarge                more than planescope takes into memory
    └── Refused                 planescope's own guard: the request never left

A failure that concerns a part of an attempt becomes :class:`diagnosis.facts.reading.Unreadable`; one that concerns the whole
becomes :class:`GitHubProblem`. No message holds a token, a header or a signed address:
they are all written in our own words.
"""

from __future__ import annotations

from datetime import datetime

from diagnosis.documents.exit_code import ExitCode
from diagnosis.facts.reading import Unreadable
from diagnosis.logs.scrub import scrub


class Cancelled(Exception):  # noqa: N818 - no error: the user asked for it
    """Raised out of a read when ``cancelled()`` turned true; nothing was lost but the answer."""


class GitHubProblem(Exception):  # noqa: N818 - it names what the user has, no bug
    """Something that stops the whole request.

    ``sentence`` says what, ``way_out`` what to do, ``exit_code`` how the command line ends: 2 bad input, 3 GitHub could
    not answer, 4 credentials needed.
    """

    def __init__(self, sentence: str, way_out: str, exit_code: int = ExitCode.USAGE) -> None:
        # Names that people gave (a repository, an address) stand in them.
        self.sentence = scrub(sentence)
        self.way_out = scrub(way_out)
        super().__init__(f"{self.sentence} {self.way_out}".strip())
        self.exit_code = int(exit_code)


class ReadFailure(Exception):  # noqa: N818 - the root of the tree above
    """One request that brought nothing. ``why`` and ``how`` are clauses without a full stop."""

    result = "failed"
    """How the ledger names it."""
    exit_code: ExitCode = ExitCode.UNKNOWN
    lasting = False
    """Whether asking again would bring the same."""
    passing = False
    """Whether it failed on the way, so that asking again may bring it."""

    def __init__(self, why: str, how: str, permission: str | None = None) -> None:
        self.why = scrub(why)
        self.how = scrub(how)
        super().__init__(self.why)
        self.permission = permission

    def reading(self, what: str) -> Unreadable:
        """Return this failure as the reading of a part."""
        return Unreadable(
            what=what,
            why=self.why,
            how=self.how,
            permission=self.permission,
            lasting=self.lasting,
            passing=self.passing,
        )

    def problem(self, what: str) -> GitHubProblem:
        """Return this failure as the end of the whole request; ``what`` begins the sentence."""
        return GitHubProblem(f"{what} cannot be read: {self.why}.", _sentence(self.how), self.exit_code)


class BadCredentials(ReadFailure):
    """401."""

    result = "401"
    exit_code = ExitCode.CREDENTIALS


class Forbidden(ReadFailure):
    """403 that is no rate limit."""

    result = "403"
    exit_code = ExitCode.CREDENTIALS


class SsoRequired(Forbidden):
    """403 with ``X-GitHub-SSO: required``."""


class RateLimited(ReadFailure):
    """A primary or secondary rate limit that would take longer to wait out than allowed."""

    result = "rate limit"
    passing = True

    def __init__(self, why: str, how: str, until: datetime | None, *, anonymous: bool) -> None:
        super().__init__(why, how)
        self.until = until
        if anonymous:
            self.exit_code = ExitCode.CREDENTIALS


class NotFound(ReadFailure):
    """404."""

    result = "404"
    exit_code = ExitCode.USAGE


class NotRecorded(NotFound):
    """404 of a replayed recording for what nobody asked when it was made."""

    lasting = True


class Expired(ReadFailure):
    """410."""

    result = "410"
    lasting = True


class Rejected(ReadFailure):
    """Another 4xx."""

    result = "4xx"
    exit_code = ExitCode.USAGE


class ServerFault(ReadFailure):
    """5xx after the retries, or 202 for ever."""

    result = "5xx"
    passing = True


class Unreachable(ReadFailure):
    """No connection, or one to the wrong place."""

    result = "unreachable"
    passing = True


class TimedOut(Unreachable):
    """No answer within the time allowed."""

    result = "timed out"


class BrokenAnswer(ReadFailure):
    """An answer that is not what GitHub documents."""

    result = "broken answer"


class CutOff(BrokenAnswer):
    """The body ended early."""

    result = "cut off"
    passing = True


class TooLarge(BrokenAnswer):
    """The body is larger than the limit."""

    result = "too large"
    lasting = True


class Refused(ReadFailure):
    """The guard refused the request before it reached the network."""

    result = "refused by planescope"
    exit_code = ExitCode.USAGE


def _sentence(clause: str) -> str:
    """Return a clause as a sentence."""
    return f"{clause[:1].upper()}{clause[1:]}." if clause else ""
