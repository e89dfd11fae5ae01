"""Read the lines of a log once and return every failure that they show, in order."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from diagnosis.causes import Cause, sentence_of, tell_apart_of
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.failures import outcomes
from diagnosis.failures.application import application_talk
from diagnosis.failures.context_lines import look_around
from diagnosis.failures.prefilter import may_matter, that_may_matter
from diagnosis.failures.rule import LogContext, Seen, Weight, lighter, other
from diagnosis.failures.rules import RULES
from diagnosis.failures.stream import AFTER, BEFORE
from diagnosis.logs.log_text import LineKind, LogLine
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.gate_verdict import Finding

_LAST = "Cleaning up orphan processes"
_TELLING = ("Error: ", _LAST)
_SHOWN = 2
_UNNAMED = other(None, weight=Weight.OUTCOME)
"""An error annotation whose words nobody knows: it stopped its step all the same."""
_MOST_SIGHTINGS = 2_000
_LONGEST_SENTENCE = 8_000
_LONGEST_EVIDENCE = 2_000

_UNFINISHED = re.compile(
    r"(?:[:,]|\b(?:perform|resource|User|authorized|allows(?: the)?|denied for|to|in an?|on|no|because|policy"
    r"|with(?: an(?: explicit(?: deny(?: in)?)?)?)?|(?:identity|resource)-based"
    r"|(?:no|in a) (?:permissions|(?:service|resource)(?: control)?|session|VPC(?: endpoint)?)))\s*$"
)
_BROKEN = re.compile(
    r"uthorized|access denied for$|xplicit deny|ssume role|(?:operation|AccessDenied\w{0,40}|\bUser):\s*$"
    r"|\bUser:\s{1,9}\S{1,2100}(?: is(?: not)?)?\s*$"
)
"""What a line holds whose sentence may go on in the next one."""
_ANSWER = re.compile(
    r"when calling the|An error occurred \(|operation error |validation error|OpenIDConnect|is not activated"
)
"""What else a line of AWS's answer holds, which a terminal may have broken at any word."""
_NARROWEST = 30
_OPEN = re.compile(
    r"(?:\b(?:with|the|a|an|requested|for|of|in|by|calling|operation|at|and|or|[Nn]o|not|is|has|was|that|this|your)|[:,])$"
)
_BEGINS_ANEW = re.compile(
    r"\s|at [\w$.<>/]+[(:/]|at \S+ \(|(?!operation:|policy:|resource:|perform:|detected:|User:)\w+:(?:\s|$)|\w[\w.-]{0,60} *\|"
)
"""How a line begins that goes on with nothing: indented, a frame of a stack, a name and its value, a service's name."""
_CONTINUES = re.compile(
    r"\s*(?:on resource|because |with an explicit deny|(?:(?:permissions )?boundary )?allows the "
    r"|(?:an )?explicit deny in |deny in a|in an? [a-z-]+[ -]based policy|policy allows"
    r"|(?:ecr|ecr-public|sts):[A-Z]\w+|arn:aws|[Nn]ot authorized|authorized to perform|is not authorized|to perform: |User: )"
)
_BEGAN_BEFORE = (
    (re.compile(r"\s*(?:not )?authorized to perform"), re.compile(r"\bis(?: not)?$|\bNot$")),
    (re.compile(r"\s*is not authorized to perform"), re.compile(r"\bUser:\s{1,9}\S{1,2100}$|^\S{0,2100}$")),
    (re.compile(r"[\s\"'`]*(?:40\d|429|5\d\d):? [A-Z]\w+"), re.compile(r"/v2/\S+:$|\bstatus(?: code)?:?$")),
    (
        re.compile(r"\s*status code: \d{3}, request id"),
        re.compile(r"\b[A-Z]\w{2,80}(?:Exception|Error|Fault|NotFound): "),
    ),
    (re.compile(r"\s*(?:ARN )?is invalid\b"), re.compile(r"\bRequest(?: ARN)?$")),
)
"""How a line begins that goes on with a sentence, and what the line before it holds: terminals break at their width, and
clients in Go tell status and request in a line of their own."""
_GOES_ON = re.compile(r"(?:\b(?:User|to|from|request|host|ref|push|pull)|:)\s*$")


@dataclass(frozen=True, slots=True)
class Sighting:
    """One failure, and the line that shows it."""

    finding: Finding
    weight: Weight
    line: LogLine


@dataclass(frozen=True, slots=True)
class Scan:
    """What reading a log once brought."""

    sightings: tuple[Sighting, ...]
    """In the order of the log; repetitions of the same finding in one step are left out."""
    failing_steps: tuple[int, ...]
    """Steps that printed an error annotation, clean-up steps left out."""
    passed: tuple[tuple[str, int], ...] = ()
    """Signs that a place was passed, with the number of the last line that shows it: ``("authn", 120)``; and where the
    tests of a step were spoken of last: ``("tests 3", 240)``."""
    ended: bool = False
    """Whether the runner's last words were seen: the log is not cut off."""


def scan(lines: Iterable[LogLine]) -> Scan:
    """Read the lines in order and return every failure that they show.

    A line is judged where it holds a word of a rule or is an error annotation; a sentence that was broken over several
    lines is joined first. Lines that :func:`diagnosis.failures.stream.thin` leaves out change nothing.
    """
    sightings: dict[tuple[object, ...], Sighting] = {}
    failing: dict[int, None] = {}
    passed: dict[str, int] = {}
    context = LogContext()
    step = 0
    ended = False
    for before, line, after in _telling(lines) if isinstance(lines, Sequence) else _windows(lines):
        if line.step != step:
            step = line.step
            context.begin(line.title)
        annotated = line.kind is LineKind.ERROR or (line.step > 0 and line.printed and line.text.startswith("Error: "))
        if annotated and not line.post:
            failing.setdefault(line.step)
        # Only where annotations keep their marker does the lack of them say something.
        ended = ended or (line.at is not None and line.text == _LAST)
        if line.kind is LineKind.DEBUG or (
            line.kind is not LineKind.GROUP and not annotated and not may_matter(line.text)
        ):
            continue
        look_around(line, context, passed)
        if not line.printed or (len(sightings) >= _MOST_SIGHTINGS and line.kind is not LineKind.ERROR):
            continue
        seen = _judge(line, before, after, context) or (_UNNAMED if annotated else None)
        if seen is None:
            continue
        given = seen.finding
        if given.cause is Cause.TEST_FAILURE:
            passed[f"tests {line.step}"] = line.number
        key = (line.step, seen.weight, given.plane, given.checkpoint, given.cause, given.action, given.resource)
        if key not in sightings:
            finding = replace(_with_words(given), evidence=_evidence(line, before, after))
            sightings[key] = Sighting(finding, seen.weight, line)
    return Scan(tuple(sightings.values()), tuple(failing), tuple(passed.items()), ended)


def _with_words(finding: Finding) -> Finding:
    """Return the finding with its sentence and its next step; a rule's own sentence stands."""
    if finding.sentence:
        return finding
    return replace(
        finding,
        sentence=sentence_of(finding.plane, finding.checkpoint, finding.cause, finding.candidates, finding.action),
        tell_apart=tell_apart_of(finding.cause, finding.candidates),
    )


def _telling(lines: Sequence[LogLine]) -> Iterator[tuple[Sequence[LogLine], LogLine, Sequence[LogLine]]]:
    """Choose the few lines that are to be read from a whole log, each with its neighbours."""
    error, group = LineKind.ERROR, LineKind.GROUP
    known = that_may_matter([line.text for line in lines])
    known.update(
        place
        for place, line in enumerate(lines)
        if (kind := line.kind) is error or kind is group or line.text.startswith(_TELLING)
    )
    for place in sorted(known):
        yield lines[max(0, place - BEFORE) : place], lines[place], lines[place + 1 : place + AFTER + 2]


def _windows(lines: Iterable[LogLine]) -> Iterator[tuple[Sequence[LogLine], LogLine, Sequence[LogLine]]]:
    rest = iter(lines)
    after = deque(islice(rest, AFTER + 1))
    before: deque[LogLine] = deque(maxlen=BEFORE)
    while after:
        line = after.popleft()
        following = next(rest, None)
        if following is not None:
            after.append(following)
        yield before, line, after
        before.append(line)


def _judge(line: LogLine, before: Sequence[LogLine], after: Sequence[LogLine], context: LogContext) -> Seen | None:
    text = scrub(_sentence(line, before, after))
    limit = application_talk(line, text)
    if limit is None:
        return None
    test = outcomes.told_of_a_test(text)
    if test is not None:
        return test
    for rule in RULES:
        seen = rule(text, context)
        if seen is not None:
            return lighter(seen, limit)
    return None


def _sentence(line: LogLine, before: Sequence[LogLine], after: Sequence[LogLine]) -> str:
    """Return the line's text, joined with that of its neighbours where a sentence was broken over several lines."""
    text = line.text
    if "Failed to get ID Token" in text:
        return " ".join([text, *(following.text.strip() for following in after if following.printed)])
    text = _from_its_beginning(line, before)
    is_broken = _BROKEN.search(text) is not None
    # Lines that bear the runner's time were not broken by a terminal.
    is_pasted = line.at is None and (is_broken or _ANSWER.search(text) is not None)
    if not (is_broken or is_pasted):
        return text
    number, last = line.number, line.text
    for following in after:
        if following.number != number + 1 or not following.printed or len(text) > _LONGEST_SENTENCE:
            break
        goes_on = _UNFINISHED.search(text) or _CONTINUES.match(following.text)
        if not (goes_on or (is_pasted and _is_wrapped(last, following.text))) or not following.text.strip():
            break
        text = f"{text} {following.text.strip()}"
        number, last = number + 1, following.text
    return text


def _is_wrapped(last: str, following: str) -> bool:
    """Return whether a terminal may have broken a sentence between two lines: the next word did not fit into the first."""
    word = following.partition(" ")[0]
    if len(last) < _NARROWEST or len(following) > len(last) + len(word) or last.endswith((".", "!", "?")):
        return False
    if _BEGINS_ANEW.match(following):
        return False
    return following[:1].islower() or following[:1] in "\"'[(0123456789" or _OPEN.search(last) is not None


def _from_its_beginning(line: LogLine, before: Sequence[LogLine]) -> str:
    """Return the line's text behind that of the lines before it in which its sentence began."""
    text = line.text
    if not before or before[-1].number != line.number - 1 or not before[-1].printed:
        return text
    last = before[-1].text.rstrip()
    end_of_last = last[-_LONGEST_EVIDENCE:]
    begun = any(within.match(text) and end.search(end_of_last) for within, end in _BEGAN_BEFORE)
    if not begun and not (last.endswith("User:") and _BROKEN.search(text)):
        return text
    text = f"{last} {text.strip()}"
    number = line.number - 1
    for earlier in reversed(before[:-1] if isinstance(before, list) else list(before)[:-1]):
        said = earlier.text.rstrip()
        if earlier.number != number - 1 or not earlier.printed or not _GOES_ON.search(said):
            break
        text = f"{said} {text.lstrip()}"
        number -= 1
    return text


def _evidence(line: LogLine, before: Sequence[LogLine], after: Sequence[LogLine]) -> Evidence:
    def shown(lines: Iterable[LogLine]) -> tuple[str, ...]:
        near = (beside for beside in lines if abs(beside.number - line.number) <= _SHOWN)
        return tuple(scrub(beside.text[:_LONGEST_EVIDENCE]) for beside in near)

    return Evidence(
        EvidenceKind.LOG_LINE,
        scrub(line.text)[:_LONGEST_EVIDENCE],
        line=line.number,
        before=shown(before),
        after=shown(after),
    )
