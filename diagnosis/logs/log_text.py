"""Read the lines of a CI log in whatever frame it was copied, and tell what a tool printed from what is only an echo.

Frames that are understood: the raw files of GitHub Actions, ``gh run view --log``, a copy from GitHub's web page, Azure
Pipelines, AWS CodeBuild, ``docker compose`` and plain terminal output. A frame is taken off the line; the number of the
line stays. Scripts that the runner shows before it runs them, ``with:`` and ``env:`` blocks, ``set -x`` traces and
quoted source code are marked :attr:`LineKind.ECHO`: they name errors without having any.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from diagnosis.logs.frames import (
    BESIDE,
    CLOCK,
    CLOCK_BEGINS,
    CLOCK_WITHIN,
    CODEBUILD,
    FRAME,
    FRAMED,
    GITLAB,
    GITLAB_WIDTH,
    GUTTER,
    LOCAL_CLOCK,
    NAMED,
    QUOTED,
    STEP_LINK,
    STRAIGHT,
)

LONGEST_LINE = 64 * 1024
"""Characters of a line that are looked at; the rest is cut off, so that one endless line cannot fill the memory."""


class LineKind(StrEnum):
    """What a line is to its reader."""

    OUTPUT = "output"
    ERROR = "error"
    """An error annotation: ``##[error]…`` in a raw file."""
    WARNING = "warning"
    NOTICE = "notice"
    DEBUG = "debug"
    ECHO = "echo"
    """Shown, not printed by what ran: a script's text, inputs, environment, a trace of commands, quoted source."""
    GROUP = "group"
    END_GROUP = "end-group"
    POST = "post"
    """``Post job cleanup.``: the steps that follow clean up and did not stop the run."""

    __hash__ = str.__hash__  # asked for every line; an enumeration's own is five times slower


_OUTPUT, _ECHO = LineKind.OUTPUT, LineKind.ECHO
"""Likewise: a member takes a look-up that a name does not."""


class LogLine(NamedTuple):
    """One line without its frame. A tuple, since a log has many and a tuple is made seven times as fast as a dataclass."""

    number: int
    """1-based line within the text that was read."""
    text: str
    """Without byte order mark, timestamp, colours and marker; not scrubbed."""
    kind: LineKind = LineKind.OUTPUT
    step: int = 0
    """How many steps began up to this line; 0 before the first (or where the frame shows no steps)."""
    title: str = ""
    """What the step's head says it runs (``aws-actions/amazon-ecr-login@v2``, ``docker push …``), or its name."""
    at: str | None = None
    """The timestamp as written, where the frame has one."""
    job: str | None = None
    """The job's name, in ``gh run view --log`` output alone."""
    post: bool = False
    """Whether the line belongs to the cleaning up after the job."""

    @property
    def printed(self) -> bool:
        """Whether something that ran printed this line."""
        return self.kind not in _NOT_PRINTED


_NOT_PRINTED = frozenset({LineKind.ECHO, LineKind.GROUP, LineKind.END_GROUP, LineKind.POST})

_STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z"
_STAMPED = re.compile(rf"\ufeff?({_STAMP})(?: |$)")
_GH_STAMPED = re.compile(rf"\ufeff?([^\t]*)\t([^\t]*)\t\ufeff?({_STAMP})(?: |$)")
_ESCAPED = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b\n]*(?:\x07|\x1b\\)?|[@-Z\\^_])"
_LOST = r"\[(?:\d{1,3}(?:;\d{1,3})*m|0?K)"
"""In copies that lost the escape character."""
_ANSI = re.compile(f"{_ESCAPED}|{_LOST}")
_ESCAPE, _LOST_ESCAPE = re.compile(_ESCAPED), re.compile(_LOST)
_PLACED = ("##[", "[", "Post job cleanup")
"""How lines begin that tell where in a log with timestamps they stand."""
_CYAN = ("\x1b[36;1m", "[36;1m")
_ECHOED_MARKER, _HIDDEN_MARKER = "\x1b[36;1m##[", "\x1b[36;1m## ["

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029]+")
_MARKER = re.compile(
    r"##\[(group|endgroup|error|warning|notice|debug|command|section)\]|\[(error|warning|command)\](?=\S)"
)
_WEB_RUN = re.compile(r"(?:[▶▼▸▾>] ?)?Run (?=\S)")
_WEB_KEY = re.compile(r"(?:with|env|shell):(?: |$)|[A-Za-z_][\w-]*: ")
_SPEAKS = re.compile(
    r"(?:\w*[Ee]rror|\w*ERROR|(?=\w+_UNABLE_\w)\w++|[Ww]arning|fatal|FATAL|denied|DENIED|[Uu]nauthorized|err|out|User|\w*Exception|\w*Denied):"
)
_SECTION = re.compile(r"(?:Starting|Finishing): ")

_GH_COLUMNS = 3
_MARKED_KINDS = {
    "command": LineKind.ECHO,
    "debug": LineKind.DEBUG,
    "warning": LineKind.WARNING,
    "notice": LineKind.NOTICE,
}

_ECHOED = re.compile(
    r"\++ \S"  # set -x
    r"|\$ \S"  # a prompt, as some runners print it before the command
    r"|>{1,3} \S| > \S"  # npm's and buildkit's headings
    r"|(?:echo|printf) [\"'$-]|if \[|if !|grep -|elif \[|trap "
    r"|\s+\d{1,5} ?\| "  # numbered source lines
    r"|#\d+ \[[^\]]*\] (?:RUN|COPY|ADD|FROM|ENV|ARG|CMD)\b|Step \d+/\d+ : "
    r"|HEAD is now at |Executing: "
    r"|\s*(?:throw new |raise \w|console\.\w+\(|log(?:ger)?\.\w+\(|assert |print\(|# |// )"
    r"| (?:  ){0,20}\* "  # inside a comment block; a list of errors is not set off by an odd number of spaces
)

_UNREMARKABLE = "A-DF-GI-OQRT-Zbdfhjkmnqsuvw-z"
"""First characters after which :meth:`LogReader.read` looks for nothing."""
_PLAIN = re.compile(
    rf"({_STAMP}) (?:#\d{{1,9}}+ \d{{1,9}}+\.\d{{1,9}}+ )?+"
    rf"((?:(?=[{_UNREMARKABLE}])|(?![\[#0-9]|Post job cleanup|err: |out: |{_ECHOED.pattern}))[ -Z\\-~]{{1,4000}}+(?<! ))?"
)
"""A line in a log with timestamps that is nothing but output, with nothing but a build's clock to take off: most lines are
such. What the first characters may not be is what :meth:`LogReader.read` looks for there."""


class LogReader:
    """Reads one log line by line; it remembers only where it stands, so a log of any length fits.

    Lines without a marker may be left out between two calls (:mod:`diagnosis.failures.stream` does so), except where
    :attr:`counts_each_line` says otherwise.
    """

    __slots__ = (
        "_column",
        "_head",
        "_job",
        "_marked",
        "_post",
        "_stamped",
        "_step",
        "_title",
        "_web_head",
        "_web_shell",
    )

    def __init__(self) -> None:
        self._stamped = False  # timestamps were seen: a marker without one is quoted text
        self._marked = False  # markers were seen: the web page's habits do not apply
        self._head = False
        self._web_head = self._web_shell = False
        self._step = 0
        self._title = ""
        self._job: str | None = None
        self._column: str | None = None  # the step's name as the frame of gh gives it
        self._post = False

    @property
    def counts_each_line(self) -> bool:
        """Whether the next line may end the head of a step without a marker, as in a copy of the web page."""
        return self._web_head

    def read(self, number: int, raw: str) -> LogLine:
        """Read one raw line, with or without its line break, as a :class:`LogLine`. Never raises."""
        raw = raw[:LONGEST_LINE].rstrip("\r\n")
        at: str | None = None
        stamp = _STAMPED.match(raw)
        if stamp:
            at = stamp[1]
            raw = raw[stamp.end() :]
            if raw[:1] in ("0", "1") and GITLAB.match(raw):
                raw = raw[GITLAB_WIDTH:]
        elif "\t" in raw:
            raw, at = self._off_gh(raw)
        elif "Z " in raw and (stamp := NAMED.match(raw)):
            at = stamp[1]
            raw = raw[stamp.end() :]
        if at is not None:
            self._stamped = True
        text = raw
        # Most lines have no bracket and stand in no head: what needs one of these is not asked of them.
        bracket = "[" in text
        echoed = bracket and text.startswith(_CYAN)
        if "\x1b" in text or (bracket and _LOST_ESCAPE.search(text)):
            text = _ANSI.sub("", text)
        if bracket and "#step:" in text:
            text = STEP_LINK.sub(r"\1", text)
        if not text.isprintable():
            text = _CONTROL.sub(" ", text.removeprefix("\ufeff"))
        if not text.isascii():
            text = text.translate(STRAIGHT)
        if bracket and "[Container]" in text:
            frame = CODEBUILD.match(text)
            text = text[frame.end() :] if frame else text
        if text[:1] in CLOCK_BEGINS:
            clock = CLOCK.match(text)
            text = text[clock.end() :] if clock else text
        if not self._stamped and ":" in text[:CLOCK_WITHIN] and (local := LOCAL_CLOCK.match(text)):
            text = text[local.end() :]
        if self._head or self._web_head or not self._stamped or text.startswith(_PLACED):
            kind, text = self._place(text, stamped=at is not None)
        else:
            kind = _OUTPUT
        if kind is _OUTPUT:
            if text.startswith(FRAMED):
                text = FRAME.sub("", text)
            elif text[:1].isdigit():
                text = GUTTER.sub("", text)
            elif not self._stamped and text.startswith(">"):
                text = QUOTED.sub("", text)
            if echoed or _ECHOED.match(text):
                kind = _ECHO
        return LogLine(number, text.rstrip(), kind, self._step, self._title, at, self._job, self._post)

    def read_all(self, raws: Iterable[str]) -> list[LogLine]:
        """Read the lines of a whole log as :meth:`read` reads one after the other, and faster. Never raises."""
        lines: list[LogLine] = []
        add, make, is_plain = lines.append, tuple.__new__, _PLAIN.fullmatch
        ordinary = False
        step, title, job, post = self._step, self._title, self._job, self._post
        for number, raw in enumerate(raws, start=1):
            if ordinary and (plain_line := is_plain(raw)) is not None:
                at, text = plain_line.groups("")
                add(make(LogLine, (number, text, _OUTPUT, step, title, at, job, post)))
                continue
            if _ECHOED_MARKER in raw:
                # An echoed line of a script that begins with one of the runner's markers is text, no marker.
                line = self.read(number, raw.replace(_ECHOED_MARKER, _HIDDEN_MARKER, 1))
                line = line._replace(text=line.text.replace("## [", "##[", 1))
            else:
                line = self.read(number, raw)
            add(line)
            ordinary = self._stamped and not self._head and not self._web_head
            step, title, job, post = self._step, self._title, self._job, self._post
        return lines

    def _off_gh(self, raw: str) -> tuple[str, str | None]:
        """Take off the frame of ``gh run view --log``: job, step, timestamp; continuation lines lack the last."""
        frame = _GH_STAMPED.match(raw)
        if frame:
            job, step = frame[1], frame[2]
            if job != self._job:
                self._job, self._column = job, None
                if step == "UNKNOWN STEP":
                    self._begin("")
            if step not in (self._column, "UNKNOWN STEP"):
                self._begin(step)
                self._column = step
                self._post = step.startswith("Post ")
            return raw[frame.end() :], frame[3]
        parts = raw.split("\t", 2)
        if len(parts) == _GH_COLUMNS and parts[0] == self._job:
            return parts[2], None
        return raw, None

    def _begin(self, title: str) -> None:
        self._step += 1
        self._title = title
        self._head = self._web_head = self._web_shell = self._post = False

    def _place(self, text: str, *, stamped: bool) -> tuple[LineKind, str]:
        """Return kind and text of an unframed line; keep track of heads and steps."""
        marker = _MARKER.match(text) if text.startswith(("##[", "[")) else None
        # In a stamped log a line without timestamp continues a multi-line input; a marker in it is quoted text.
        if marker and not (self._head and self._stamped and not stamped):
            self._marked = True
            return self._at_marker(marker[1] or marker[2], text[marker.end() :])
        if self._head:
            return _ECHO, text
        if self._web_head:
            if self._in_web_head(text):
                return _ECHO, text
            self._web_head = self._web_shell = False
        if text.startswith("Post job cleanup"):
            self._begin("Post job cleanup.")
            self._post = True
            return LineKind.POST, text
        web = None if self._marked or self._stamped else _WEB_RUN.match(text)
        if web:
            self._begin(text[web.end() :].strip())
            self._web_head = True
            return LineKind.GROUP, text
        return _OUTPUT, text

    def _in_web_head(self, text: str) -> bool:
        """Return whether a copied head goes on: the script, then ``shell:``, then nothing but ``env:`` and its names."""
        inner = text.lstrip()
        if not inner or BESIDE.fullmatch(inner):
            return True
        key = bool(_WEB_KEY.match(inner)) and not _SPEAKS.match(inner)
        if text[0] not in " \t":
            return key
        if inner.startswith("shell: "):
            self._web_shell = True
        return key or not self._web_shell

    def _at_marker(self, marker: str, rest: str) -> tuple[LineKind, str]:
        match marker:
            case "group":
                self._head = False
                if rest.startswith("Run "):
                    if self._column is not None and self._title == self._column:
                        self._title = rest[4:].strip()  # the first head of this column: it says what the step is
                    else:
                        post = self._post and self._column is not None
                        self._begin(rest[4:].strip())
                        self._post = post
                    self._head = True
                return LineKind.GROUP, rest
            case "endgroup":
                self._head = False
                return LineKind.END_GROUP, rest
            case "section":
                if _SECTION.match(rest):
                    self._begin(rest.partition(": ")[2])
                return LineKind.GROUP, rest
            case "error":
                self._head = False
                return LineKind.ERROR, rest
            case _:
                return _MARKED_KINDS[marker], rest


def plain(text: str) -> str:
    """Return a text of any number of lines without colours and with straight quotation marks, as its lines are read."""
    # One after the other: each has a first character of its own and is found as fast as that.
    if "\x1b" in text:
        text = _ESCAPE.sub("", text)
    text = _LOST_ESCAPE.sub("", text)
    if not text.isascii():
        for mark, straight in STRAIGHT.items():
            text = text.replace(chr(mark), straight)
    return text
