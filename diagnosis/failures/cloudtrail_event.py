"""Read CloudTrail events that were pasted instead of a log: one or many, whole or a fragment, plain or as text within JSON.

Members are read one by one, since a paste often begins or ends in the middle of an event. Source: CloudTrail User Guide,
"CloudTrail record contents".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice

from diagnosis.causes import Cause, sentence_of, tell_apart_of
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.failures.rule import LogContext, Seen, other
from diagnosis.failures.rules import RULES
from diagnosis.failures.service_denials import at_its_gate, is_service_denial
from diagnosis.logs.scrub import scrub
from diagnosis.verdicts.gate_verdict import Finding

LONGEST = 1 << 22
"""In characters; a longer text is read as a log, line by line."""
_MOST_EVENTS = 1_000
_NAMED = 5
"""How many calls a sentence names."""
_BEGIN = re.compile(
    r"\ufeff?(?:\s++|```\w*+\n|\$ [^\n]*+\n"
    r"|\d{4}-\d\d-\d\d[T ][\d:.]++(?:Z|[+-]\d\d:?\d\d)?[ \t]++(?:(?=\S{1,200}_CloudTrail_\S)\S{1,450}+[ \t]++)?)*+[\[{\"]"
)
"""White space, a fence, a command or a time may stand before the JSON; CloudWatch Logs adds its stream's name."""
_SAID_BEFORE = re.compile(
    r"(?:(?!Run |\d{4}-\d\d-\d\dT|.*(?:rror|enied|uthorized|ailed))[^\n{\[\"\x1b]{0,200}\n){1,6}(?=[ \t]*[{\[])"
)
"""A few lines in which whoever pastes an event says that it is one: no line of a log with a failure."""
_SOURCE = re.compile(r"\"eventSource\"\s*:\s*\"[\w.-]{1,100}\.amazonaws\.com\"")
_NAME = re.compile(r"\"eventName\"\s*:")
_CODE = re.compile(r"\"errorCode\"\s*:")
_MEMBER = re.compile(
    r"\"(?P<name>eventVersion|eventSource|eventName|errorCode|errorMessage|arn|userName|identityProvider|roleArn)\"\s*:\s*"
    r"\"(?P<value>(?:[^\"\\]|\\.){0,4000}+)\""
)
_ONCE = frozenset({"eventVersion", "eventSource", "eventName", "errorCode", "errorMessage"})
"""Members that an event has once: at the second one the next event has begun."""
_DENIED = re.compile(r"AccessDenied|Unauthorized|Forbidden")


@dataclass(slots=True)
class _Event:
    members: dict[str, str] = field(default_factory=dict)
    line: int = 1

    def get(self, name: str) -> str:
        return self.members.get(name, "")


@dataclass(frozen=True, slots=True)
class EventReading:
    """What the pasted events say."""

    finding: Finding
    """Of the call that AWS refused; where it refused none, which call was carried out."""
    failures: tuple[Finding, ...]
    """One for each refused call, in the order of the text."""


def is_event(text: str) -> bool:
    """Return whether a text is JSON of CloudTrail, or a piece of it.

    Other events have some of its members: those of S3 a source that is no host, those of applications no source at all.
    A piece with an error's code and message alone is a log's line, which the rules read as well.
    """
    if not (_BEGIN.match(text) or _SAID_BEFORE.match(text)):
        return False
    plain = _unescaped(text)
    return bool(_SOURCE.search(plain) or (_NAME.search(plain) and _CODE.search(plain)))


def read_events(text: str) -> EventReading:
    """Read the events of a text for which :func:`is_event` is true. Never raises."""
    events = list(islice(_events(_unescaped(text)), _MOST_EVENTS + 1))
    cut = f" Only the first {_MOST_EVENTS} events were read." if len(events) > _MOST_EVENTS else ""
    events = events[:_MOST_EVENTS]
    judged = [(event, _judged(event)) for event in events if event.get("errorCode") or event.get("errorMessage")]
    found = [(seen.weight, _finding(event, seen)) for event, seen in judged]
    if not found:
        names = tuple(dict.fromkeys(event.get("eventName") for event in events if event.get("eventName")))
        more = f" and {len(names) - _NAMED} more calls" if len(names) > _NAMED else ""
        called = f"{', '.join(names[:_NAMED]) or 'a call'}{more}"
        sentence = f"CloudTrail's event records {called} without an error: AWS carried it out.{cut}"
        quiet = Finding(
            other(None).finding.plane,
            None,
            None,
            sentence=scrub(sentence),
            tell_apart="Look for an event with errorCode.",
        )
        return EventReading(quiet, ())
    heaviest = max(weight for weight, _finding in found)
    best = next(finding for weight, finding in found if weight == heaviest)
    return EventReading(replace(best, sentence=f"{best.sentence}{cut}"), tuple(finding for _weight, finding in found))


def _unescaped(text: str) -> str:
    """Return the text with JSON that stands as text within JSON made plain, as ``lookup-events`` prints it."""
    within = re.search(r"\\\"(?:eventName|errorCode|eventSource)\\\"", text)
    return re.sub(r"\\([\"\\])", r"\1", text) if within else text


def _events(text: str) -> Iterator[_Event]:
    event = _Event()
    line = 1
    looked_at = 0
    for found in _MEMBER.finditer(text):
        line += text.count("\n", looked_at, found.start())
        looked_at = found.start()
        name = found["name"]
        if name in _ONCE and name in event.members:
            yield event
            event = _Event(line=line)
        if name == "errorCode":
            event.line = line
        event.members.setdefault(name, found["value"].replace('\\"', '"').replace("\\n", " ").replace("\\/", "/"))
    if event.members:
        yield event


def _service(event: _Event) -> str:
    return event.get("eventSource").partition(".")[0]


def _error(event: _Event) -> str:
    """Return the event's error in the words of a client that names the service, so that every rule reads it."""
    name, code = event.get("eventName") or "unnamed", event.get("errorCode") or "Unknown"
    if not event.get("eventSource"):
        return f"An error occurred ({code}) when calling the {name} operation: {event.get('errorMessage')}"
    service = _service(event).replace("-", " ")
    return f"operation error {service}: {name}, api error {code}: {event.get('errorMessage')}"


def _judged(event: _Event) -> Seen:
    context = LogContext(aws_oidc=event.get("eventName") == "AssumeRoleWithWebIdentity")
    text = scrub(_error(event))
    return next((seen for rule in RULES if (seen := rule(text, context)) is not None), other(Cause.SERVICE_ERROR))


_FOR_GITHUB = frozenset({Cause.SUBJECT_SHAPE, Cause.SUBJECT_IMMUTABLE_FORM})


def _of_its_issuer(event: _Event, finding: Finding) -> Finding:
    """Return the finding without what holds for GitHub's tokens alone, where the event names another issuer."""
    issuer = event.get("identityProvider").partition(":oidc-provider/")[2]
    if (
        Cause.SUBJECT_NOT_ADMITTED not in finding.candidates
        or not issuer
        or issuer.startswith("token.actions.githubusercontent.com")
        or "/_services/token" in issuer  # GitHub Enterprise Server
    ):
        return finding
    return replace(
        finding,
        candidates=tuple(cause for cause in finding.candidates if cause not in _FOR_GITHUB),
        sentence=f"The token's issuer is {issuer}, not GitHub: AWS accepted the token and does not give the role.",
        tell_apart="Compare the subject in the event with the statement of the role's trust policy that names this issuer.",
    )


def _finding(event: _Event, seen: Seen) -> Finding:
    finding = _of_its_issuer(event, seen.finding)
    service, name = _service(event), event.get("eventName")
    denied = bool(_DENIED.search(event.get("errorCode")))
    action = finding.action or (f"{service}:{name}" if denied and service and name else None)
    principal = finding.principal or event.get("arn") or event.get("userName") or None
    resource = finding.resource or (event.get("roleArn") or None if finding.checkpoint else None)
    meaning = finding.sentence or sentence_of(
        finding.plane, finding.checkpoint, finding.cause, finding.candidates, action
    )
    answer = event.get("errorCode") or event.get("errorMessage")
    # What the meaning tells itself is not told before it.
    answered = "" if meaning.startswith(("AWS refused ", "AWS answered ")) else f", and AWS answered {answer}"
    called = f"{principal or 'A caller'} called {name or 'AWS'}"
    if is_service_denial(finding):
        finding = at_its_gate(replace(finding, principal=principal), spoken=True)
        meaning = finding.sentence
    return replace(
        finding,
        action=action,
        principal=scrub(principal) if principal else None,
        resource=scrub(resource) if resource else None,
        sentence=scrub(f"CloudTrail's event: {called}{answered}. {meaning}"),
        tell_apart=finding.tell_apart or tell_apart_of(finding.cause, finding.candidates),
        evidence=Evidence(EvidenceKind.LOG_LINE, scrub(_error(event)), line=event.line),
    )
