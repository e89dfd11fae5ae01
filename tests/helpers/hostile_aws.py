"""AWS accounts that lie: a small true one in which the release of hostile_github would pass, and a table of lies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, quote

from hostile_answers import BODIES, WIRE, Act
from raw_server import Asked, RawServer, Wire

ACCOUNT = "111122223333"
STATED = ("--role-arn", f"arn:aws:iam::{ACCOUNT}:role/release")
"""Options of the command that say what the run of hostile_github does not."""
_PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
_SUBJECT = "token.actions.githubusercontent.com"
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": _PROVIDER},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{_SUBJECT}:aud": "sts.amazonaws.com",
                        f"{_SUBJECT}:sub": "repo:example/widgets:ref:refs/heads/main",
                    }
                },
            }
        ],
    }
)
_PUSH = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecr:*", "Resource": "*"}]})


def _xml(operation: str, inner: str) -> str:
    return f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"


TRUTH: dict[str, str] = {
    "GetCallerIdentity": _xml(
        "GetCallerIdentity",
        f"<Arn>arn:aws:iam::{ACCOUNT}:user/reader</Arn><UserId>AIDA</UserId><Account>{ACCOUNT}</Account>",
    ),
    "GetOpenIDConnectProvider": _xml(
        "GetOpenIDConnectProvider",
        f"<Url>{_SUBJECT}</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList><ThumbprintList/>",
    ),
    "GetRole": _xml(
        "GetRole",
        f"<Role><Path>/</Path><RoleName>release</RoleName><RoleId>AROA</RoleId>"
        f"<Arn>arn:aws:iam::{ACCOUNT}:role/release</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
        f"<AssumeRolePolicyDocument>{quote(_TRUST)}</AssumeRolePolicyDocument>"
        f"<MaxSessionDuration>3600</MaxSessionDuration></Role>",
    ),
    "ListRolePolicies": _xml(
        "ListRolePolicies", "<PolicyNames><member>push</member></PolicyNames><IsTruncated>false</IsTruncated>"
    ),
    "GetRolePolicy": _xml(
        "GetRolePolicy",
        f"<RoleName>release</RoleName><PolicyName>push</PolicyName><PolicyDocument>{quote(_PUSH)}</PolicyDocument>",
    ),
    "ListAttachedRolePolicies": _xml("ListAttachedRolePolicies", "<AttachedPolicies/><IsTruncated>false</IsTruncated>"),
    "DescribeRepositories": json.dumps(
        {
            "repositories": [
                {
                    "repositoryArn": f"arn:aws:ecr:eu-west-2:{ACCOUNT}:repository/widgets",
                    "registryId": ACCOUNT,
                    "repositoryName": "widgets",
                    "repositoryUri": f"{ACCOUNT}.dkr.ecr.eu-west-2.amazonaws.com/widgets",
                    "createdAt": 1_700_000_000,
                    "imageTagMutability": "MUTABLE",
                    "encryptionConfiguration": {"encryptionType": "AES256"},
                }
            ]
        }
    ),
}
_ERRORS = {
    "GetRepositoryPolicy": ("400 Bad Request", "RepositoryPolicyNotFoundException"),
    "DescribeImages": ("400 Bad Request", "ImageNotFoundException"),
    "DescribeOrganization": ("400 Bad Request", "AWSOrganizationsNotInUseException"),
}


@dataclass(frozen=True)
class Hostile:
    """One lie: what is answered to calls of this name instead of the truth."""

    name: str
    operation: str
    act: Act


class HostileAws:
    """Answers truly but for one lie, which may be another one for the next question; what it does not know is denied."""

    def __init__(self, lie: Hostile | None) -> None:
        self.lie = lie
        self.server = RawServer(self._answer)
        self.url = self.server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()

    def _answer(self, wire: Wire, asked: Asked) -> None:
        operation = operation_of(asked)
        truth = TRUTH.get(operation, "{}").encode()
        if self.lie is not None and re.fullmatch(self.lie.operation, operation):
            self.lie.act(wire, truth)
        elif operation in TRUTH:
            wire.answer(truth)
        else:
            status, code = _ERRORS.get(operation, ("403 Forbidden", "AccessDenied"))
            wire.answer(_refusal(code, asked), status)


def operation_of(asked: Asked) -> str:
    """Return the name of the call, as AWS writes it."""
    target = asked.headers.get("x-amz-target")
    if target:
        return target.rpartition(".")[2]
    return parse_qs(asked.body.decode("utf-8", "replace")).get("Action", [asked.method])[0]


def _refusal(code: str, asked: Asked) -> bytes:
    if "x-amz-target" in asked.headers:
        return json.dumps({"__type": code, "message": "no"}).encode()
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>".encode()


def _said(make: Callable[[str], str], status: str = "200 OK", *headers: str) -> Act:
    return lambda wire, truth: wire.answer(make(truth.decode()).encode("utf-8", "surrogatepass"), status, *headers)


_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "aaaaaaaaaa"}">' for n in range(10))
_DOCUMENTS = {
    "an entity that grows": f"<!DOCTYPE a [{_ENTITIES}]>" + _xml("GetRole", "<Role><Arn>&e9;</Arn></Role>"),
    "an entity of a file": '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>',
    "a document type elsewhere": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
    "entities of parameters": '<!DOCTYPE a [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]><a/>',
    "an entity of 8 MB again and again": (f'<!DOCTYPE a [<!ENTITY e "{"a" * 100_000}">]><a>' + "&e;" * 20_000 + "</a>"),
    "elements nested deep": "<a>" * 200_000 + "</a>" * 200_000,
    "a million elements": "<a>" + "<b/>" * 1_000_000 + "</a>",
    "a million attributes": "<a " + " ".join(f'a{n}="b"' for n in range(500_000)) + "/>",
    "an error nested deep": "<ErrorResponse>" + "<Error>" * 50_000 + "</Error>" * 50_000 + "</ErrorResponse>",
    "XML of another encoding": '<?xml version="1.0" encoding="utf-7"?><a/>',
    "XML that is cut off": TRUTH["GetRole"][: len(TRUTH["GetRole"]) // 2],
    "another call's answer": TRUTH["GetCallerIdentity"],
    "text between": "<a>" + "]]>" + "</a>",
}


def _policies(true: str) -> dict[str, str]:
    """Return what may stand in the place of a document, percent-encoded or not."""
    return {
        "percent signs alone": "%" * 1000,
        "half a percent sign": quote(true)[:-2] + "%7",
        "encoded twice": quote(quote(true)),
        "bytes of no encoding": "%ff%fe%c3%28" + quote(true),
        "NUL": "%00" + quote(true),
        "7 MB": quote(true[:-2]) + "%20" * 2_300_000 + quote(true[-2:]),
        "nested deep": "%5B" * 100_000,
        "nested deep in a statement": quote('{"Version":"2012-10-17","Statement":' + "[" * 50_000 + "]" * 50_000 + "}"),
        "a list": "%5B%5D",
        "a number": "12",
        "nothing": "",
        "a member twice": quote(true.replace('"Statement"', '"Statement": [], "Statement"')),
        "another version": quote(true.replace("2012-10-17", "9999-99-99")),
        "ten thousand statements": quote(
            json.dumps(
                {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}] * 10_000}
            )
        ),
        "stars": quote(_PUSH.replace("ecr:*", "*" * 100_000 + "?a" * 1000)),
        "not a number": quote('{"Version": NaN, "Statement": 1e999}'),
    }


_REFUSALS: dict[str, tuple[str, str]] = {
    "throttled for ever": ("400 Bad Request", "Throttling"),
    "too many for ever": ("429 Too Many Requests", "TooManyRequestsException"),
    "slow down for ever": ("503 Slow Down", "SlowDown"),
    "a fault for ever": ("500 Internal Server Error", "InternalFailure"),
    "the clock is wrong": ("403 Forbidden", "RequestTimeTooSkewed"),
    "the signature is wrong": ("403 Forbidden", "SignatureDoesNotMatch"),
    "the token is old": ("400 Bad Request", "ExpiredToken"),
    "a code of nobody's": ("400 Bad Request", "NoSuchThingAtAll"),
    "a code of controls": ("400 Bad Request", "\u202e[2J"),
    "a code of 1 MB": ("400 Bad Request", "A" * 1_000_000),
    "a code like a key": ("403 Forbidden", "AKIA" + "B" * 16),
    "moved": ("301 Moved Permanently", "PermanentRedirect"),
    "moved for a while": ("307 Temporary Redirect", "TemporaryRedirect"),
    "status 999": ("999 What", "What"),
    "status 600": ("600 What", "What"),
}
_LYING_HEADERS = (
    "Location: http://169.254.169.254/latest/",
    "x-amz-bucket-region: evil.example/#",
    "x-amz-retry-after: 99999999999",
    "Retry-After: 99999999999",
    "Date: Fri, 31 Dec 9999 23:59:59 GMT",
)


def _pages() -> Iterator[Hostile]:
    endless = _xml(
        "ListRolePolicies",
        "<PolicyNames><member>push</member></PolicyNames><IsTruncated>true</IsTruncated><Marker>again</Marker>",
    )
    yield Hostile("a next page that is the same", "ListRolePolicies", _said(lambda _: endless))
    numbers = iter(range(10**9))
    yield Hostile(
        "a next page for ever", "ListRolePolicies", _said(lambda _: endless.replace("again", str(next(numbers))))
    )
    heavy = endless.replace("<member>push</member>", "<member>" + "p" * 7_000_000 + "</member>")
    yield Hostile(
        "pages of 7 MB for ever", "ListRolePolicies", _said(lambda _: heavy.replace("again", str(next(numbers))))
    )
    yield Hostile("a next page of no name", "ListRolePolicies", _said(lambda _: endless.replace("again", "")))
    many = "".join(f"<member>policy-{number}</member>" for number in range(50_000))
    yield Hostile(
        "fifty thousand policies", "ListRolePolicies", _said(lambda truth: truth.replace("<member>push</member>", many))
    )


def _elements() -> Iterator[Hostile]:
    """Each element of each true answer with another content."""
    wrong = {"empty": "", "huge": "9" * 5000, "nested": "<a><b/></a>", "odd": "&#x202e;\u2028%00"}
    for operation, truth in TRUTH.items():
        for found in re.finditer(r"<(\w+)>([^<]+)</\1>", truth):
            for name, text in wrong.items():
                body = f"{truth[: found.start(2)]}{text}{truth[found.end(2) :]}"
                yield Hostile(f"{operation}: {found[1]} is {name}", operation, _said(lambda _, body=body: body))


def _members() -> Iterator[Hostile]:
    true = json.loads(TRUTH["DescribeRepositories"])
    for member in true["repositories"][0]:
        for wrong in (None, -1, 10**30, [], {}, "\u202e", True, [[]], "9999-99-99"):
            lie = {"repositories": [{**true["repositories"][0], member: wrong}]}
            body = json.dumps(lie)
            name = f"DescribeRepositories: {member} is {json.dumps(wrong)}"
            yield Hostile(name, "DescribeRepositories", _said(lambda _, body=body: body))


def hostile_accounts() -> list[Hostile]:
    """Return the whole table, the costly kinds first."""
    table = [
        Hostile(f"{operation} answers: {name}", operation, act)
        for operation in ("GetRole", "DescribeRepositories", ".*")
        for name, act in (WIRE | BODIES).items()
    ]
    table += [
        Hostile(f"{operation} answers: {name}", operation, _said(lambda _, text=text: text))
        for operation in ("GetRole", ".*")
        for name, text in _DOCUMENTS.items()
    ]
    for operation, truth in (("GetRole", _TRUST), ("GetRolePolicy", _PUSH)):
        table += [
            Hostile(f"{operation}: a document of {name}", operation, _said(_in_place(quote(truth), text)))
            for name, text in _policies(truth).items()
        ]
    table += [
        Hostile(f"{operation} is refused: {name}", operation, _refused(status, code))
        for operation in ("GetRole", "GetCallerIdentity", ".*")
        for name, (status, code) in _REFUSALS.items()
    ]
    return [*table, *_pages(), *_elements(), *_members()]


def _in_place(true: str, lie: str) -> Callable[[str], str]:
    return lambda truth: truth.replace(true, lie)


def _refused(status: str, code: str) -> Act:
    both = f"<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error></ErrorResponse>"
    return _said(lambda truth: json.dumps({"__type": code}) if truth[:1] == "{" else both, status, *_LYING_HEADERS)
