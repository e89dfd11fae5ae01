"""Read the error of any AWS call, in the forms in which AWS's clients print it, and say what it means.

========================  =============================================================================================
client                    form
========================  =============================================================================================
AWS CLI, boto3            ``An error occurred (NAME) when calling the OPERATION operation: MESSAGE``
Go, version 2             ``operation error SERVICE: OPERATION, https response error …, api error NAME: MESSAGE``
Go, version 1             ``NAME: MESSAGE``, in the next line ``status code: 400, request id: …``
Java, version 1           ``MESSAGE (Service: SERVICE; Status Code: 400; Error Code: NAME; Request ID: …)``
Java, version 2           ``….model.NAME: MESSAGE (Service: SERVICE, Status Code: 400, Request ID: …)``
the service, as JSON      ``{"__type": "NAME", "message": "MESSAGE"}``, the name perhaps behind ``com.amazonaws.…#``
========================  =============================================================================================
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from diagnosis.causes import Cause
from diagnosis.failures.denial_sentence import Denial
from diagnosis.failures.denials import LOGIN, PULL, PUSH
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, lighter, other
from diagnosis.failures.service_denials import service_denial


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error that an AWS service answered a call with."""

    name: str
    message: str
    operation: str | None = None
    service: str | None = None


_CLI = re.compile(
    r"An error occurred \((?P<name>[\w.]{1,100})\) when calling the (?P<operation>\w{1,100}) operation"
    r"(?: \([^)]{0,60}\))?(?:: ?(?P<message>.*))?"
)
_GO = re.compile(
    r"(?:operation error (?P<service>[\w ]{1,60}): (?P<operation>\w{1,100})[,:](?:(?!operation error [\w ]{1,60}: ).)*?)?"
    r"\bapi error (?P<name>[\w.]{1,100}): ?(?P<message>.*)"
)
_OF_AWS = re.compile(r"operation error |https response error |api error \w{1,100}Exception: ")
"""Clients of other services have an *api error* too."""
_GO_TYPED = re.compile(
    r"operation error (?P<service>[\w ]{1,60}): (?P<operation>\w{1,100}), (?:(?!operation error [\w ]{1,60}: ).)*?"
    r"RequestID: [\w-]*, (?P<name>\w{1,80}(?:Exception|Error|Fault|NotFound)): ?(?P<message>.*)"
)
_JAVA = re.compile(
    r"\((?:[Ss]ervice: (?P<service>\w[\w ]{0,60})[;,] )?Status Code: \d{3}[;,]"
    r"(?: Error Code: (?P<name>\w{1,100})[;,])?"
)
_JAVA_TWO = re.compile(
    r"\bmodel\.(?P<name>\w{1,100}): (?P<message>(?:(?!\bmodel\.\w{1,100}: )[^()]){0,1000}?) ?"
    r"\(Service: (?P<service>\w[\w ]{0,60}), Status Code: \d{3}"
)
_GO_ONE = re.compile(
    r"(?P<name>\b[A-Z]\w{2,80}(?:Exception|Error|Fault|NotFound)): (?P<message>.{1,1000}?)"
    r"(?:,?\s+status code: \d{3}, request id|$)"
)
_JSON = re.compile(
    r"\"__type\": ?\"(?:[\w.]{1,100}#)?(?P<name>\w{1,100})\"(?:.{0,200}?\"[Mm]essage\": ?\"(?P<message>[^\"]{0,300}))?"
)
_FORMS = (_CLI, _GO_TYPED, _GO, _JAVA, _JAVA_TWO, _JSON)

_PARAMETER = re.compile(
    r"Validation|InvalidParameter|MissingParameter|InvalidInput|InvalidRequest|Malformed|SerializationException|InvalidTag"
)
_BUSY = re.compile(r"Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|RateExceeded")
_BROKEN = re.compile(r"ServiceUnavailable|InternalServer|InternalFailure|InternalError|^ServerException$|ServerError")
_REFUSED = re.compile(
    r"^(?:403|Forbidden(?:Exception)?|AccessDenied\w*|Unauthorized\w*|NotAuthorized\w*|AuthorizationError\w*)$"
)
"""A denial without its sentence: a HEAD has no body, so the client has the status alone."""
_OF_REGISTRY = re.compile(r"\bECR|\bEcr|ecr\b")


def _parse_error(text: str) -> ServiceError | None:
    """Return the error of an AWS call that a text prints; None where it prints none in a known form."""
    for form in _FORMS:
        found = form.search(text)
        if found is None or (form is _GO and not _OF_AWS.search(text)):
            continue
        parts = found.groupdict()
        if parts["name"]:
            # Java's message stands before the brackets, every other one at the end.
            message = parts["message"] if "message" in parts else text[: found.start()].rpartition("Exception: ")[2]
            return ServiceError(parts["name"], (message or "").strip(), parts.get("operation"), parts.get("service"))
    return None


_SHOWN = 200
"""How many characters of AWS's message are repeated."""
_LONGEST = 4_000
"""No client's error is longer; what follows in the line is not looked at, so that the search stays quick."""


def _error(text: str, context: LogContext) -> Seen | None:
    text = text[:_LONGEST]
    error = _parse_error(text)
    if error is None and ("status code: " in text and "request id" in text):
        found = _GO_ONE.search(text)
        error = ServiceError(found["name"], found["message"].strip()) if found else None
    return _told(error, text, context) if error else None


def _told(error: ServiceError, text: str, context: LogContext) -> Seen:
    """Return what an error means whose name and message no other rule knows."""
    refused = _REFUSED.search(error.name) or error.message == "Access Denied"
    if refused and not _is_of_registry(error):
        seen = service_denial(Denial(None, operation=error.operation, service=error.service), text, context)
        # The sentence that says what was refused may stand in a line beside it.
        return lighter(seen, Weight.PROVISIONING if error.operation else Weight.DOUBTFUL)
    if _BUSY.search(error.name):
        return other(Cause.RATE_LIMIT, weight=Weight.PASSING)
    cause, meaning = Cause.SERVICE_ERROR, "That is an error of the service and no denial."
    if _REFUSED.search(error.name):
        cause, meaning = Cause.OTHER_SERVICE, Cause.OTHER_SERVICE.sentence
    elif _PARAMETER.search(error.name):
        cause, meaning = Cause.INVALID_REQUEST, "What the call asks for is at fault, and no permission is."
    elif _BROKEN.search(error.name) and _is_of_registry(error):
        return other(Cause.REGISTRY_UNAVAILABLE, weight=Weight.PASSING)
    said = f": {error.message[:_SHOWN].rstrip(' .')}" if error.message else ""
    called = f"{error.operation or 'a call'}{f' of {error.service}' if error.service else ''}"
    sentence = f"AWS answered {called} with {error.name}{said}. {meaning}"
    seen = other(cause, weight=Weight.DOUBTFUL)
    return replace(seen, finding=replace(seen.finding, sentence=sentence, tell_apart=cause.tell_apart))


def _is_of_registry(error: ServiceError) -> bool:
    if error.service:
        return _OF_REGISTRY.search(error.service) is not None
    return error.operation in PUSH | PULL | LOGIN


def _parameter(text: str, _scene: LogContext) -> Seen | None:
    """Recognize the sentence in which every service refuses a parameter, be its client whichever it is."""
    if not re.search(
        r"failed to satisfy constraint: |Parameter validation failed:|\d validation errors? detected: Value", text
    ):
        return None
    return lighter(other(Cause.INVALID_REQUEST), Weight.DOUBTFUL)


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "An error occurred (",
            "api error ",
            "operation error ",
            "Status Code: ",
            "status code: ",
            '"__type',
        ),
        _error,
    ),
    Rule(("failed to satisfy constraint", "Parameter validation failed", "validation error"), _parameter),
)
"""Asked last of what AWS may have said: every rule that knows the error's name or words knows more."""
