"""GitHubs that lie: a small true one, and a table of what each puts in the place of one of its answers."""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import stat
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from hostile_answers import BODIES, WIRE, Act
from raw_server import Asked, RawServer, Wire

REPOSITORY = "example/widgets"
RUN = 7
_BASE = f"/repos/{REPOSITORY}"
_LOG = (
    "2026-05-01T10:00:06.0000000Z ##[group]Run aws-actions/configure-aws-credentials@v4\n"
    "2026-05-01T10:00:07.0000000Z ##[error]Could not assume role with OIDC: "
    "Not authorized to perform sts:AssumeRoleWithWebIdentity\n"
)
_WORKFLOW = """on: push
permissions: {id-token: write, contents: read}
jobs:
  publish:
    runs-on: ubuntu-latest
    steps:
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-2}
      - run: docker push 111122223333.dkr.ecr.eu-west-2.amazonaws.com/widgets:1
"""
_OWNER = {"login": "example", "id": 1001}
_WHEN = "2026-05-01T10:00:00Z"

OBJECTS: dict[str, Any] = {
    _BASE: {
        "id": 2002,
        "full_name": REPOSITORY,
        "owner": _OWNER,
        "created_at": "2024-01-01T00:00:00Z",
        "default_branch": "main",
        "html_url": f"https://github.com/{REPOSITORY}",
    },
    f"{_BASE}/actions/runs/{RUN}": {
        "id": RUN,
        "name": "release",
        "path": ".github/workflows/release.yml",
        "run_number": 3,
        "run_attempt": 1,
        "event": "push",
        "head_branch": "main",
        "head_sha": "a" * 40,
        "display_title": "release",
        "status": "completed",
        "conclusion": "failure",
        "created_at": _WHEN,
        "run_started_at": _WHEN,
        "updated_at": "2026-05-01T10:05:00Z",
        "actor": {"login": "first", "id": 11},
        "triggering_actor": {"login": "second", "id": 22},
        "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{RUN}",
        "repository": {"id": 2002, "full_name": REPOSITORY, "owner": _OWNER},
        "head_repository": {"full_name": REPOSITORY},
        "referenced_workflows": [],
    },
    f"{_BASE}/actions/runs/{RUN}/attempts/1/jobs": {
        "total_count": 1,
        "jobs": [
            {
                "id": 71,
                "name": "publish",
                "status": "completed",
                "conclusion": "failure",
                "started_at": "2026-05-01T10:00:05Z",
                "completed_at": "2026-05-01T10:00:25Z",
                "html_url": f"https://github.com/{REPOSITORY}/actions/runs/{RUN}/job/71",
                "labels": ["ubuntu-latest"],
                "runner_name": "GitHub Actions 1",
                "steps": [
                    {"number": 1, "name": "Set up job", "status": "completed", "conclusion": "success"},
                    {"number": 2, "name": "Sign in", "status": "completed", "conclusion": "failure"},
                ],
            }
        ],
    },
    f"{_BASE}/contents/.github/workflows/release.yml": {
        "type": "file",
        "encoding": "base64",
        "size": len(_WORKFLOW),
        "path": ".github/workflows/release.yml",
        "content": base64.b64encode(_WORKFLOW.encode()).decode(),
    },
    f"{_BASE}/actions/oidc/customization/sub": {"use_default": True},
    f"{_BASE}/actions/runs/{RUN}/artifacts": {
        "total_count": 1,
        "artifacts": [{"id": 5, "name": "evidence", "size_in_bytes": 300, "expired": False, "created_at": _WHEN}],
    },
    f"{_BASE}/check-runs/71/annotations": [
        {"annotation_level": "failure", "message": "it failed", "path": ".github", "start_line": 1, "end_line": 1}
    ],
    f"{_BASE}/environments": {"total_count": 0, "environments": []},
}
"""What the true one says in JSON, by path."""
SHA, SHA_BEFORE = "a" * 40, "b" * 40
_OTHERS = ("ci.yml", "nightly.yml")
_OTHER = "on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: make}]}}\n"
FURTHER: dict[str, Any] = {
    f"{_BASE}/actions/runs": {"total_count": 1, "workflow_runs": [OBJECTS[f"{_BASE}/actions/runs/{RUN}"]]},
    f"{_BASE}/actions/workflows": {
        "total_count": 1,
        "workflows": [{"id": 1, "name": "release", "path": ".github/workflows/release.yml", "state": "active"}],
    },
    f"{_BASE}/contents/.github/workflows": [
        {"name": name, "type": "file", "sha": f"{number}" * 40, "size": 80, "path": f".github/workflows/{name}"}
        for number, name in enumerate(("release.yml", *_OTHERS))
    ],
    "/graphql": {
        "data": {
            "repository": {
                "object": {
                    "entries": [
                        {
                            "name": name,
                            "object": {
                                "oid": f"{number}" * 40,
                                "byteSize": len(_OTHER),
                                "isBinary": False,
                                "isTruncated": False,
                                "text": _OTHER,
                            },
                        }
                        for number, name in enumerate(_OTHERS, 1)
                    ]
                }
            }
        }
    },
    f"{_BASE}/compare/{SHA_BEFORE}...{SHA}": {
        "status": "ahead",
        "total_commits": 1,
        "html_url": f"https://github.com/{REPOSITORY}/compare/b...a",
        "files": [{"filename": "Dockerfile"}],
        "commits": [
            {
                "sha": SHA,
                "author": {"login": "first"},
                "parents": [{"sha": SHA_BEFORE}],
                "commit": {"message": "Mend it", "author": {"name": "First"}, "committer": {"date": _WHEN}},
            }
        ],
    },
    f"{_BASE}/commits/{SHA}/pulls": [{"number": 5, "title": "Mend it"}],
    f"{_BASE}/environments": {
        "total_count": 1,
        "environments": [
            {
                "id": 1,
                "name": "prod",
                "protection_rules": [],
                "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
            }
        ],
    },
    f"{_BASE}/environments/prod/deployment-branch-policies": {
        "total_count": 1,
        "branch_policies": [{"id": 1, "name": "main", "type": "branch"}],
    },
    "/users/initech": {"login": "initech", "id": 777, "type": "Organization"},
}
"""What it says beside that where it is asked for lists, folders, commits and owners."""
_LOG_ADDRESS = f"{_BASE}/actions/jobs/71/logs"
_ZIP_ADDRESS = f"{_BASE}/actions/artifacts/5/zip"


@dataclass(frozen=True)
class Hostile:
    """One lie: what is answered to requests of this path instead of the truth."""

    name: str
    path: str
    act: Act


class HostileGitHub:
    """Answers truly but for one lie. ``foreign`` is a server that must never see a token; it answers nothing of use.

    ``lie`` may be another one for the next question; ``further`` is what it knows beside :data:`OBJECTS`.
    """

    def __init__(self, lie: Hostile | None, further: Mapping[str, Any] | None = None) -> None:
        self.lie = lie
        self._objects = OBJECTS | dict(further or {})
        self.foreign = RawServer(lambda wire, _asked: wire.answer(b"{}"))
        self.server = RawServer(self._answer)
        self.url = self.server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.__exit__()
        self.foreign.__exit__()

    def forget(self) -> None:
        """Forget what was asked so far."""
        self.server.asked.clear()
        self.foreign.asked.clear()

    def leaked(self, token: str) -> list[Asked]:
        """Return the requests that showed the token where it does not belong: elsewhere, or to the storage."""
        elsewhere = [
            *self.foreign.asked,
            *(asked for asked in self.server.asked if asked.path.startswith("/storage/")),
        ]
        return [each for each in elsewhere if token in repr(each)]

    def _answer(self, wire: Wire, asked: Asked) -> None:
        truth = self._truth(asked.path)
        if self.lie is not None and re.fullmatch(self.lie.path, asked.path):
            self.lie.act(_Here(wire, self), truth or b"{}")
        elif asked.path in (_LOG_ADDRESS, _ZIP_ADDRESS):
            place = "log" if asked.path == _LOG_ADDRESS else "zip"
            wire.answer(b"", "302 Found", f"Location: http://localhost:{self.server.port}/storage/{place}")
        elif truth is None:
            wire.answer(b'{"message": "Not Found"}', "404 Not Found")
        else:
            wire.answer(truth)

    def _truth(self, path: str) -> bytes | None:
        if path in self._objects:
            return json.dumps(self._objects[path]).encode()
        if path == "/storage/log":
            return _LOG.encode()
        return _archive({"evidence.json": b'{"verdict": "PASS"}'}) if path == "/storage/zip" else None


class _Here(Wire):
    """A wire that knows which servers there are: ``{foreign}`` and ``{own}`` in what is sent stand for their places."""

    def __init__(self, wire: Wire, github: HostileGitHub) -> None:
        self.__dict__.update(wire.__dict__)
        self._places = {
            b"{foreign}": f"localhost:{github.foreign.port}".encode(),
            b"{own}": f"127.0.0.1:{github.server.port}".encode(),
        }

    def send(self, data: bytes) -> None:
        if len(data) < 10_000:
            for name, place in self._places.items():
                data = data.replace(name, place)
        super().send(data)


def _redirected(status: str, location: str) -> Act:
    return lambda wire, _truth: wire.answer(b"", status, f"Location: {location}")


_PLACES = {
    "itself": "http://{own}/repos/example/widgets/actions/runs/7",
    "a foreign host": "http://{foreign}/repos/example/widgets",
    "a foreign host without a scheme": "//{foreign}/repos/example/widgets",
    "a foreign host with a password": "http://user:secret@{foreign}/x",
    "a foreign host behind its own name": "http://127.0.0.1@{foreign}/x",
    "a file": "file:///etc/passwd",
    "another protocol": "ftp://{foreign}/x",
    "data": "data:application/json,{}",
    "the metadata of a machine": "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
    "a private address": "http://10.0.0.1/",
    "IPv6 that is none": "http://[::1/x",
    "a port that is none": "http://localhost:99999/x",
    "a path upwards": "/repos/example/widgets/../../../user/keys",
    "what is not read": "/repos/example/widgets/actions/secrets",
    "nowhere": "",
    "control characters": "http://{foreign}/\x1b]52;c;aGVsbG8=\x07",
    "a very long place": "http://{own}/" + "a" * 60_000,
}


def _redirects() -> Iterator[Hostile]:
    paths = (_BASE, _LOG_ADDRESS, "/storage/log")
    for (name, place), path in itertools.product(_PLACES.items(), paths):
        yield Hostile(f"{path} redirects to {name}", re.escape(path), _redirected("302 Found", place))
    for status in ("301 Moved Permanently", "307 Temporary Redirect", "308 Permanent Redirect"):
        for name in ("itself", "a foreign host", "a file"):
            yield Hostile(f"{status} to {name}", re.escape(_BASE), _redirected(status, _PLACES[name]))


_LIMITS: dict[str, tuple[str, list[str]]] = {
    "reset in the year 9999": ("403 Forbidden", ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 253402300799"]),
    "reset beyond all years": ("403 Forbidden", ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 99999999999"]),
    "reset in the past": ("403 Forbidden", ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1"]),
    "a negative reset": ("403 Forbidden", ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: -5"]),
    "a reset that is no number": ("403 Forbidden", ["X-RateLimit-Remaining: 0", "X-RateLimit-Reset: NaN"]),
    "digits of other scripts": ("429 Too Many Requests", ["Retry-After: \u0661\u0662"]),
    "retry after a googol": ("429 Too Many Requests", ["Retry-After: " + "9" * 100]),
    "retry after a day": ("429 Too Many Requests", ["Retry-After: 86400"]),
    "retry after three seconds, again and again": ("429 Too Many Requests", ["Retry-After: 3"]),
    "retry after nothing": ("429 Too Many Requests", ["Retry-After: 0"]),
    "retry at a date": ("429 Too Many Requests", ["Retry-After: Fri, 31 Dec 9999 23:59:59 GMT"]),
    "less than nothing left": ("200 OK", ["X-RateLimit-Limit: -1", "X-RateLimit-Remaining: -1"]),
    "nothing left for ever": (
        "200 OK",
        ["X-RateLimit-Limit: 1", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 253402300799"],
    ),
    "faults for ever": ("500 Internal Server Error", []),
    "a bad gateway for ever": ("502 Bad Gateway", ["Content-Type: text/html"]),
    "not ready for ever": ("202 Accepted", []),
    "payment required": ("402 Payment Required", []),
    "a teapot": ("418 I'm a teapot", []),
    "for legal reasons": ("451 Unavailable For Legal Reasons", []),
    "the token is refused": ("401 Unauthorized", ['WWW-Authenticate: Basic realm="x"']),
    "a proxy wants a password": ("407 Proxy Authentication Required", ['Proxy-Authenticate: Basic realm="x"']),
    "single sign-on somewhere": ("403 Forbidden", ["X-GitHub-SSO: required; url=http://{foreign}/?k=secret"]),
    "a next page for ever": ("200 OK", ['Link: <http://{own}/x?page=2>; rel="next"']),
    "a next page elsewhere": ("200 OK", ['Link: <http://{foreign}/x?page=2>; rel="next"']),
}


def _statuses() -> Iterator[Hostile]:
    jobs = f"{_BASE}/actions/runs/{RUN}/attempts/1/jobs"
    for name, (status, headers) in _LIMITS.items():
        for path in (_BASE, jobs):
            yield Hostile(f"{path} says: {name}", re.escape(path), _said(status, headers))
    for count in ("10000000000", "-1", "1e9", '"many"', "null", "NaN"):
        body = json.dumps(OBJECTS[jobs]).replace('"total_count": 1', f'"total_count": {count}').encode()
        yield Hostile(f"{count} jobs in all", re.escape(jobs), _said("200 OK", [], body))


def _said(status: str, headers: list[str], body: bytes | None = None) -> Act:
    def act(wire: Wire, truth: bytes) -> None:
        said = truth if status.startswith("200") else b'{"message": "secondary rate limit"}'
        wire.answer(said if body is None else body, status, *headers)

    return act


_WRONG: dict[str, Any] = {
    "null": None,
    "a negative number": -1,
    "a fraction": 0.5,
    "true": True,
    "a text": "\x1b[2J\u202e../..",
    "an empty text": "",
    "a long text": "x" * 200_000,
    "a huge number": 10**4000,
    "a list": [[]],
    "an object": {"id": {"id": {}}},
    "a time that is none": "9999-99-99T99:99:99Z",
    "a time out of range": "0000-00-00T00:00:00+99:99",
}


def _places_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, each in inner:
        yield from _places_of(each, (*path, key))


def _with(value: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    made = dict(value) if isinstance(value, dict) else list(value)
    made[path[0]] = _with(value[path[0]], path[1:], wrong)
    return made


def _mutations(objects: Mapping[str, Any] = OBJECTS) -> Iterator[Hostile]:
    for path, value in objects.items():
        for place in _places_of(value):
            for name, wrong in _WRONG.items():
                # A number written with so many digits is a fault of JSON, not of the member.
                text = json.dumps(_with(value, place, "HUGE" if name == "a huge number" else wrong))
                body = text.replace('"HUGE"', "9" * 4000).encode()
                where = ".".join(map(str, place)) or "all"
                yield Hostile(f"{path}: {where} is {name}", re.escape(path), _said("200 OK", [], body))
        doubled = json.dumps(value)
        if doubled.startswith("{") and len(doubled) > 2:
            twice = f"{doubled[:-1]}, {doubled[1:]}".encode()
            yield Hostile(f"{path}: every member twice", re.escape(path), _said("200 OK", [], twice))


def _archive(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return made.getvalue()


def _linked() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        link = zipfile.ZipInfo("evidence.json")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    return made.getvalue()


def _true_archive() -> bytes:
    return _archive({"evidence.json": b"{}"})


def _of_lying_size() -> bytes:
    sized = bytearray(_archive({"evidence.json": b'{"a": "' + b"a" * 1_500_000 + b'"}'}))
    end = sized.rindex(b"PK\x01\x02")
    sized[end + 24 : end + 28] = (10).to_bytes(4, "little")
    return bytes(sized)


def _encrypted() -> bytes:
    encrypted = bytearray(_true_archive())
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(sign) + place] |= 1
    return bytes(encrypted)


_ARCHIVES: dict[str, Callable[[], bytes]] = {
    "a bomb": lambda: _archive({"evidence.json": b" " * 400_000_000}),
    "a bomb in a bomb": lambda: _archive({"inner.zip": _archive({"evidence.json": b" " * 1_900_000})}),
    "paths upwards": lambda: _archive(
        {"../../../tmp/evidence.json": b"{}", "/etc/evidence.json": b"{}", "a\\..\\b.json": b"{}"}
    ),
    "a link": _linked,
    "a member twice": lambda: _true_archive()[:-22] + _true_archive(),
    "encrypted members": _encrypted,
    "a size that lies": _of_lying_size,
    "more members than there are": lambda: _true_archive()[:-12] + b"\xff\xff\xff\xff" + _true_archive()[-8:],
    "ten thousand members": lambda: _archive({f"{number}.json": b"{}" for number in range(10_000)}),
    "names of controls": lambda: _archive({"\x1b]52;c;YQ==\x07.json": b"{}", "\u202enosj.json": b"{}"}),
    "a name of 60 kB": lambda: _archive({"a" * 60_000 + ".json": b"{}"}),
    "JSON nested deep": lambda: _archive({"evidence.json": b"[" * 200_000}),
    "no archive": lambda: b"PK\x03\x04" + b"\xff" * 500,
    "nothing but the end": lambda: _true_archive()[-22:],
    "two gigabytes announced": _true_archive,
}


@cache
def _archive_of(name: str) -> bytes:
    """Return an archive of the table; each is made when it is asked for, since some take seconds."""
    return _ARCHIVES[name]()


def _zips() -> Iterator[Hostile]:
    for name in _ARCHIVES:
        yield Hostile(f"an artifact: {name}", "/storage/zip", _archived(name))


def _archived(name: str) -> Act:
    def act(wire: Wire, _truth: bytes) -> None:
        body = _archive_of(name)
        announced = 2_000_000_000 if name == "two gigabytes announced" else len(body)
        wire.answer(body, "200 OK", f"Content-Length: {announced}", "Content-Type: application/zip")

    return act


_LOGS = {
    "a line without end": b"x" * 1_000_000,
    "escapes": b"\x1b]52;c;YQ==\x07\x9b2J\n" * 10_000,
    "keys that begin and never end": b"-----BEGIN RSA PRIVATE KEY-----\n" * 20_000,
    "line ends alone": b"\r\n" * 1_000_000,
    "NUL bytes": b"\0" * 1_000_000,
    "groups that never end": b"2026-05-01T10:00:06.0000000Z ##[group]a\n" * 100_000,
}


def _logs() -> Iterator[Hostile]:
    for name, body in _LOGS.items():
        yield Hostile(f"a log: {name}", "/storage/log", _said("200 OK", ["Content-Type: text/plain"], body))


def _everywhere() -> Iterator[Hostile]:
    jobs = f"{_BASE}/actions/runs/{RUN}/attempts/1/jobs"
    for path in (_BASE, jobs, "/storage/log", ".*"):
        for name, act in WIRE.items():
            yield Hostile(f"{path} answers: {name}", path, act)
    for path in (_BASE, *(re.escape(each) for each in OBJECTS if each != _BASE), ".*"):
        for name, act in BODIES.items():
            yield Hostile(f"{path} answers: {name}", path, act)


def hostile_githubs() -> list[Hostile]:
    """Return the whole table, the costly kinds first."""
    return [*_everywhere(), *_redirects(), *_statuses(), *_zips(), *_logs(), *_mutations()]


def hostile_readings() -> list[Hostile]:
    """Return the lies about :data:`FURTHER`, each of one answer, the costly kinds first."""
    table = [
        Hostile(f"{path} answers: {name}", re.escape(path), act)
        for path in FURTHER
        for name, act in (WIRE | BODIES).items()
    ]
    table += [
        Hostile(f"{path} redirects to {name}", re.escape(path), _redirected("302 Found", place))
        for path in FURTHER
        for name, place in _PLACES.items()
    ]
    table += [
        Hostile(f"{path} says: {name}", re.escape(path), _said(status, headers))
        for path in FURTHER
        for name, (status, headers) in _LIMITS.items()
    ]
    return [*table, *_mutations(FURTHER)]
