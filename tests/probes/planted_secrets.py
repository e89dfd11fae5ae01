"""Secrets in every text of every answer: planted on the wire behind GitHub's loopback server, and in what AWS answers."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

MARK = "ZQ7XV9KPLM2RT5WY"
"""Stands in each of them, and nowhere else."""


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


_SHAPES = (
    "".join(("gh", "p_", MARK, "{n}", "aBcDeFgHiJ")),
    "".join(("AK", "IA", MARK)),
    "".join(("gl", "pat-", MARK, "{n}")),
    "".join(("ey", "JhbGciOiJSUzI1NiJ9.eyJ", MARK, "{n}.c2ln", MARK)),
    "".join(("https://user:", MARK, "{n}@host.example")),
    "".join(("AS", "IA", MARK)),
    "".join(("aws_secret_access_key=", MARK, "{n}/abcDEF0123456789")),
    "".join(("AWS_SESSION_TOKEN=IQoJ", "b3JpZ2luX2Vj", MARK, "{n}", "x" * 40)),
    "".join(("github_", "pat_", "11ABCDEFG0", MARK[:12], "_", MARK, "{n}", "aBcDeFgH" * 4)),
    "".join(("gh", "s_", MARK, "{n}", "aBcDeFgHiJ")),
    "".join(("xox", "b-123456789012-1234567890123-", MARK, "{n}")),
    "".join(("npm", "_", MARK, "{n}", "aBcDeFgHiJkLmN")),
    "".join(("-----BEGIN RSA PRIV", "ATE KEY-----\nMII", MARK, "{n}", "a" * 40, "\n-----END RSA PRIV", "ATE KEY-----")),
    "".join(("https://b.s3.amazonaws.com/o?X-Amz-Credential=x&X-Amz-Signature=", MARK.lower(), "{n}", MARK)),
    "".join(("https://a.blob.core.windows.net/c?sv=2024-01-01&sig=", MARK, "{n}%3D")),
    "".join(("Authorization: Bea", "rer ", MARK, "{n}.abc-DEF")),
    "".join(("DB_PASSWORD=", MARK, "{n}")),
    "".join(("docker login -u AWS --password ", MARK, "{n} registry.example")),
    "".join(("postgres://app:", MARK, "{n}@db.example:5432/app")),
    "".join(("//registry.npmjs.org/:_authToken=", MARK, "{n}")),
    "".join(("Cookie: session=", MARK, "{n}")),
    "".join(("sk_", "live_", MARK, "{n}", "aBcDeFgH")),
    _base64(f"aws_secret_access_key = {MARK}/abcDEF0123456789"),
    '{"auths":{"r.example":{"auth":"' + _base64(f"AWS:{MARK}{MARK}") + '"}}}',
)
_ENCODED = tuple(
    _base64(f"{before}{MARK}")[len(before) * 4 // 3 + 2 : -4] for before in ("aws_secret_access_key = ", "AWS:")
)
"""The mark as it stands in those in Base64."""


def leaked(text: str) -> bool:
    """Whether anything of a secret stands in a text."""
    return any(each in text for each in (MARK, MARK.lower(), *_ENCODED))


_STRUCTURE = re.compile(
    r"\d{4}-\d\d-\d\dT.*|[0-9a-f]{40}|sha256:[0-9a-f]{64}|completed|failure|success|skipped|cancelled|queued|in_progress"
    r"|push|workflow_dispatch|active|base64|file|dir|blob|tree|commit|ahead|identical|warning|notice|[A-Z]{1,12}|.{0,2}",
    re.DOTALL,
)
"""What an answer cannot do without and stay an answer: times, commits, states."""
_NAMES = frozenset({"path", "full_name", "encoding", "type", "sha", "head_sha", "default_branch", "login"})
"""By these GitHub's answers are matched and asked for again."""
_numbers = itertools.count()


def secret() -> str:
    """The next secret, each time of another shape."""
    number = next(_numbers)
    return _SHAPES[number % len(_SHAPES)].replace("{n}", f"{number:06d}")


def planted_so_far() -> int:
    """How many were planted."""
    return next(_numbers)


def beside(text: str) -> str:
    """A text with a secret behind it."""
    return f"{text} {secret()}"


def planted(value: Any, name: str = "") -> Any:
    """An answer of GitHub's with a secret in every text that is no structure, and in a member and a name of its own."""
    if isinstance(value, str):
        return value if name in _NAMES or _STRUCTURE.fullmatch(value) else beside(value)
    if isinstance(value, list):
        return [planted(item, name) for item in value]
    if not isinstance(value, Mapping):
        return value
    found = {key: planted(member, key) for key, member in value.items() if key != "content" or member is None}
    if isinstance(value.get("content"), str):
        body = base64.b64decode(value["content"]).decode()
        found["content"] = base64.b64encode(in_a_file(body).encode()).decode()
    return {**found, "note": secret(), beside("name"): 1}


def in_a_file(body: str) -> str:
    """A file with a secret in a comment behind its last line, and in the names that people give in a workflow."""
    named = re.sub(r"(?m)^( *(?:- )?name: *)(?![\"'&*|>])(\S.*)$", lambda found: f"{found[1]}{beside(found[2])}", body)
    return f"{named}\n# {secret()}\n"


def in_a_log(body: str) -> str:
    """A log with a line of each shape before each of its tenths."""
    lines = body.split("\n")
    stamp = lines[0][:29] if re.match(r"\d{4}-", lines[0]) else ""
    for place in range(0, len(lines), max(1, len(lines) // 10)):
        lines[place] = beside(lines[place])
    return "\n".join([*lines[:-1], *(f"{stamp}token is {secret()}" for _ in _SHAPES), lines[-1]])


def in_an_answer(body: bytes, kind: str) -> bytes:
    """The body of an answer of GitHub's or of its storage."""
    if body[:2] == b"PK":
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w") as new:
            for entry in old.infolist():
                text = old.read(entry).decode()
                new.writestr(entry.filename, json.dumps(planted(json.loads(text))) if text[:1] in "{[" else text)
            new.writestr(f"{_SHAPES[0].replace('{n}', '')}.json", json.dumps({"a": secret()}))
        return made.getvalue()
    if "json" in kind:
        return json.dumps(planted(json.loads(body))).encode()
    return in_a_log(body.decode()).encode() if body and kind.startswith("text") else body


def in_a_policy(text: str) -> str:
    """A policy with a secret as its Id, in a Sid, and in a condition of a further statement."""
    encoded = text[:1] == "%"
    tree = json.loads(unquote(text) if encoded else text)
    listed = tree["Statement"] if isinstance(tree["Statement"], list) else [tree["Statement"]]
    first = listed[0]
    door = {
        "Sid": secret(),
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": [secret(), secret()]}},
    }
    door |= {"Principal": {"AWS": "arn:aws:iam::210987654321:root"}} if "Principal" in first else {"Resource": "*"}
    made = json.dumps({**tree, "Id": secret(), "Statement": [{**first, "Sid": secret()}, *listed[1:], door]})
    return quote(made) if encoded else made


def in_aws(value: Any, *, everywhere: bool, name: str = "") -> Any:
    """An answer of AWS's with secrets in policies, tags and descriptions, or in every text whatever becomes of it."""
    if isinstance(value, str):
        if '"Statement"' in unquote(value):
            return in_a_policy(value)
        people_wrote = name in ("Value", "Description", "description")
        return beside(value) if people_wrote or (everywhere and name not in ("NextToken", "nextToken")) else value
    if isinstance(value, list):
        return [in_aws(item, everywhere=everywhere, name=name) for item in value]
    if isinstance(value, dict):
        found = {
            key: member if key == "ResponseMetadata" else in_aws(member, everywhere=everywhere, name=key)
            for key, member in value.items()
        }
        if name == "Role":
            found |= {"Description": secret(), "Tags": [{"Key": beside("team"), "Value": secret()}]}
        return found
    return value
