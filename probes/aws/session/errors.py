"""Turn whatever goes wrong with an AWS call into one typed error with a sentence, and that into a reading.

    AwsCallError            one call failed: kind, sentence, way out, missing permission
    OperationRefused        the guard refused an operation that is not on the list; nothing was sent
    BrokenAnswer            an answer lacks what AWS documents for it

Where the tool's own credentials are at fault, the error also carries a :class:`diagnosis.facts.account.CredentialsProblem`.

A message of AWS never passes through whole: a signature error quotes the signed headers, session token included. Only
the denied action and the reason AWS gives are taken from it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from diagnosis.facts.account import CredentialsProblem
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Absent, Unreadable
from diagnosis.json_members import JsonFault
from diagnosis.logs.scrub import scrub
from probes.aws.session.answer_bounds import EndpointRefused
from probes.aws.session.operations import GET_CALLER_IDENTITY, Operation
from probes.wire.allowance import Limit, LimitMet
from probes.wire.stamina import Exhausted


class Failure(StrEnum):
    """The kinds of failure that lead to different ways out."""

    DENIED = "denied"
    THROTTLED = "throttled"
    TIMED_OUT = "timed out"
    UNREACHABLE = "unreachable"
    NO_CREDENTIALS = "no credentials"
    EXPIRED = "expired credentials"
    INVALID_CREDENTIALS = "invalid credentials"
    BROKEN = "broken answer"
    REFUSED = "refused"
    SERVER = "server error"
    UNSUPPORTED = "not supported"
    OTHER = "error"


CREDENTIAL_FAILURES = frozenset({Failure.NO_CREDENTIALS, Failure.EXPIRED, Failure.INVALID_CREDENTIALS})
_PASSING = frozenset({Failure.THROTTLED, Failure.TIMED_OUT, Failure.UNREACHABLE, Failure.SERVER, Failure.BROKEN})

_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedForDependencyException",
        "AllAccessDisabled",
        "AuthorizationError",
        "Forbidden",
        "NotAuthorized",
        "UnauthorizedOperation",
        "403",
    }
)
_THROTTLED = frozenset(
    {
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "TooManyRequestsException",
        "429",
    }
)
_EXPIRED = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "ExpiredCredentials"}
)
_INVALID = frozenset(
    {
        "AuthFailure",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_UNSUPPORTED = frozenset({"NotImplemented", "UnknownOperationException", "InvalidAction", "501"})

_DENIED_ACTION = re.compile(r"not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9]+)")
_REASON = re.compile(r"(because no (?:(?!because no )[a-z -])+ allows|with an explicit deny in an? [a-z -]+)")
_CODE = re.compile(r"(?!A[A-Z]{3}[A-Z0-9]{12})[A-Za-z0-9.]{1,64}")
"""What a code looks like; no access key id does."""


class OperationRefused(Exception):  # noqa: N818 - it says what happened; nothing is broken
    """The guard refused an operation. The message is one sentence; nothing was signed or sent."""

    def __init__(
        self, service: str, operation: str, why: str = "it is not on the list of permitted operations"
    ) -> None:
        super().__init__(f"planescope only reads: {service}:{operation} was refused before it was sent, because {why}.")
        self.service = service
        self.operation = operation


class BrokenAnswer(Exception):  # noqa: N818 - the answer is broken
    """An answer lacks what AWS documents for it: a cut-off body, another service's answer, junk."""


class AwsCallError(Exception):
    """One call failed. ``why`` and ``how`` are sentences for people; nothing in them is secret."""

    def __init__(
        self, operation: Operation, kind: Failure, why: str, how: str, *, code: str = "", permission: str | None = None
    ) -> None:
        # Names that people gave (a profile, a bucket) stand in them.
        self.why = scrub(why)
        self.how = scrub(how)
        super().__init__(f"{operation.address}: {self.why}")
        self.operation = operation
        self.kind = kind
        self.code = code
        """AWS's error code, empty where there was none."""
        self.permission = permission

    def reading(self, what: str, at: datetime, *absent: str) -> Absent | Unreadable:
        """Return ``Absent`` where AWS's code is one of ``absent``, else ``Unreadable`` with the way to obtain it."""
        source = Evidence(
            kind=EvidenceKind.API_CALL,
            text=f"{self.operation.address}: {self.code or self.kind.value}",
            address=self.operation.address,
            origin=Origin.LIVE,
            at=at,
        )
        if self.code in absent:
            return Absent(what=what, source=source)
        passing = self.kind in _PASSING
        return Unreadable(
            what=what, why=self.why, how=self.how, permission=self.permission, source=source, passing=passing
        )

    @property
    def credentials_problem(self) -> CredentialsProblem | None:
        """The problem to end with where the credentials themselves are at fault."""
        return CredentialsProblem(self.why, self.how) if self.kind in CREDENTIAL_FAILURES else None


def call_error(operation: Operation, error: BaseException, status: int = 0) -> AwsCallError:
    """Turn whatever a call raised into an :class:`AwsCallError`; ``status`` is the last HTTP status seen, where one was."""
    if isinstance(error, AwsCallError):
        return error
    if isinstance(error, boto.ClientError):
        return _answered(operation, error.response)
    if isinstance(error, ResponseParserError) and status >= 400:
        # Not AWS's own words (a proxy's page, an empty body); the status still tells more than "cannot be read".
        return _answered(operation, {"ResponseMetadata": {"HTTPStatusCode": status}})
    kind, why, how = _unanswered(operation, error)
    return AwsCallError(operation, kind, why, how)


def _answered(operation: Operation, response: Mapping[str, object]) -> AwsCallError:
    """Turn an error answer of AWS (or of something in its place) into an :class:`AwsCallError`."""
    section, metadata = response.get("Error"), response.get("ResponseMetadata")
    error = section if isinstance(section, Mapping) else {}
    raw_status = metadata.get("HTTPStatusCode") if isinstance(metadata, Mapping) else None
    status = raw_status if isinstance(raw_status, int) else 0
    code = error_code(error)
    message = str(error.get("Message") or error.get("message") or "")
    kind = _kind(code, status)
    if kind is Failure.DENIED:
        return _denied(operation, code, message)
    why, how = _WORDS[kind]
    shown = code or f"HTTP {status}"
    return AwsCallError(operation, kind, why.format(call=operation.address, code=shown), how, code=code)


def chain_problem(error: BaseException) -> CredentialsProblem:
    """Turn whatever botocore's credential chain raised into a problem with a way out."""
    if isinstance(error, boto.ClientError):
        code = error_code(error.response.get("Error", {}))
        return CredentialsProblem(
            f"AWS refused the {error.operation_name} of this profile ({code or 'no code'})", _SIGN_IN
        )
    kind, why, how = _unanswered(GET_CALLER_IDENTITY, error)
    if kind in CREDENTIAL_FAILURES:
        return CredentialsProblem(why, how)
    return CredentialsProblem(f"no AWS credentials could be obtained ({type(error).__name__})", _SIGN_IN)


def error_code(error: Mapping[str, object]) -> str:
    """Return the code of an answer's error section; empty where there is none, or where it does not look like one."""
    text = str(error.get("Code") or "").rsplit("#", 1)[-1]
    return text if _CODE.fullmatch(text) else ""


def _kind(code: str, status: int) -> Failure:
    for kind, codes in (
        (Failure.DENIED, _DENIED),
        (Failure.EXPIRED, _EXPIRED),
        (Failure.INVALID_CREDENTIALS, _INVALID),
        (Failure.THROTTLED, _THROTTLED),
        (Failure.UNSUPPORTED, _UNSUPPORTED),
    ):
        if code in codes:
            return kind
    if status == 429:
        return Failure.THROTTLED
    if status == 501:
        return Failure.UNSUPPORTED
    if status >= 500:
        return Failure.SERVER
    if status in (401, 403):
        return Failure.DENIED
    return Failure.OTHER


def _denied(operation: Operation, code: str, message: str) -> AwsCallError:
    named = _DENIED_ACTION.search(message)
    permission = named.group(1) if named else operation.action
    reason = _REASON.search(message)
    why = f"AWS denied {permission}"
    if reason:
        tail = " it" if reason.group(1).startswith("because") else ""
        why = f"{why} {reason.group(1)}{tail}"
    how = (
        f"let the reader's own identity use {permission} "
        f"(`planescope permissions --variant {operation.variant.value}` prints the policy)"
    )
    return AwsCallError(operation, Failure.DENIED, why, how, code=code, permission=permission)


_SIGN_IN = "sign in again (`aws sso login`, or fresh keys in the environment), or choose another --profile"

_BETWEEN = "refresh; is there a proxy or VPN between?"

_WORDS: dict[Failure, tuple[str, str]] = {
    Failure.EXPIRED: ("the AWS session of this reader has expired ({code})", _SIGN_IN),
    Failure.INVALID_CREDENTIALS: ("AWS does not accept the credentials of this reader ({code})", _SIGN_IN),
    Failure.THROTTLED: ("AWS throttled {call} ({code})", "refresh in a minute"),
    Failure.UNSUPPORTED: ("this endpoint does not implement {call} ({code})", "ask an endpoint that does"),
    Failure.SERVER: ("AWS failed to answer {call} ({code})", "refresh in a minute"),
    Failure.OTHER: ("AWS answered {call} with {code}", "read the code in AWS's documentation of the call"),
}


def _unanswered(operation: Operation, error: BaseException) -> tuple[Failure, str, str]:
    """Explain that the service gave no answer, or none that can be read."""
    call = operation.address
    match error:
        case OperationRefused():
            return Failure.REFUSED, str(error), "planescope never makes this call"
        case BrokenAnswer() | JsonFault() | boto.ParamValidationError() | boto.PaginationError():
            return Failure.BROKEN, f"the answer of {call} could not be used: {_clip(str(error))}", "refresh"
        case boto.NoCredentialsError():
            return (
                Failure.NO_CREDENTIALS,
                "no AWS credentials were found",
                "sign in (`aws sso login`), set AWS_PROFILE or the AWS_ACCESS_KEY_ID family, or pass --profile",
            )
        case boto.PartialCredentialsError():
            return Failure.NO_CREDENTIALS, "the AWS credentials found are incomplete", _SIGN_IN
        case boto.ProfileNotFound():
            profile = _clip(str(error.kwargs.get("profile", "")))
            return (
                Failure.NO_CREDENTIALS,
                f"the AWS profile {profile!r} is not in the AWS configuration",
                "correct the name (`aws configure list-profiles` shows those there are)",
            )
        case boto.TokenRetrievalError() | boto.SSOError() | boto.LoginError():
            return Failure.EXPIRED, "the sign-in session of this AWS profile is missing or has expired", _SIGN_IN
        case boto.CredentialRetrievalError() | boto.MetadataRetrievalError() | boto.InfiniteLoopConfigError():
            # Never its text: it may quote the output of a credential process.
            provider = _clip(str(error.kwargs.get("provider", "the credential chain")))
            return Failure.NO_CREDENTIALS, f"{provider} gave no AWS credentials", _SIGN_IN
        case boto.ConfigParseError() | boto.InvalidConfigError() | boto.ConfigNotFound():
            return Failure.NO_CREDENTIALS, "the AWS configuration could not be read", "correct the file"
        case EndpointRefused():
            return Failure.REFUSED, error.why, error.how
        case LimitMet() if error.limit in (Limit.HEADERS, Limit.SIZE):
            return Failure.BROKEN, f"the answer of {call} could not be used: {_clip(error.why)}", "refresh"
        case LimitMet():
            return Failure.TIMED_OUT, f"{call} did not answer in time: {_clip(error.why)}", _BETWEEN
        case Exhausted():
            return Failure.TIMED_OUT, f"{call} was not answered in time: {error}", _BETWEEN
        case RecursionError():
            return Failure.BROKEN, f"the answer of {call} could not be used: it is nested too deep", "refresh"
        case boto.ConnectTimeoutError() | boto.ReadTimeoutError() | TimeoutError():
            return Failure.TIMED_OUT, f"{call} did not answer in time", _BETWEEN
        case boto.SSLError():
            return Failure.UNREACHABLE, f"the TLS connection for {call} failed", "check AWS_CA_BUNDLE and the proxy"
        case boto.IncompleteReadError() | boto.ResponseStreamingError() | boto.ConnectionClosedError():
            return Failure.BROKEN, f"the answer of {call} was cut off", "refresh"
        case boto.HTTPClientError() | boto.ConnectionError() | ConnectionError():
            return (
                Failure.UNREACHABLE,
                f"the endpoint of {call} could not be reached",
                "check the network, the region and AWS_ENDPOINT_URL",
            )
        case boto.NoRegionError():
            return Failure.OTHER, f"{call} needs a region and none is known", "pass --region or set AWS_REGION"
        case boto.EndpointProviderError() | boto.BaseEndpointResolverError() | boto.InvalidRegionError():
            return Failure.OTHER, f"no endpoint is known for {call} in this region", "check --region"
        case NotImplementedError():
            return Failure.UNSUPPORTED, f"this endpoint does not implement {call}", "ask an endpoint that does"
        case ValueError() if str(error).startswith("Invalid endpoint"):
            return Failure.UNREACHABLE, "AWS_ENDPOINT_URL is not an address", "write it as http(s)://HOST[:PORT]"
        case ResponseParserError() | ValueError():
            return Failure.BROKEN, f"the answer of {call} is cut off or is no AWS answer", "refresh"
        case _:
            name = type(error).__name__
            return Failure.OTHER, f"{call} failed ({name})", "refresh; if it stays, report it"


def _clip(text: str) -> str:
    line = text.splitlines()[0] if text else ""
    return line if len(line) <= 120 else line[:119] + "…"
