"""Every command, every field: what others wrote reaches a terminal as text, and a job's log without a command of the runner."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from on_a_terminal import EVERY_KIND, Shown, Step, hostile_texts, on_terminal
from runner_commands import Command, Runner
from thoroughness import THOROUGH, some

import probes.embedded
from tui.cli.annotations import Kind

EVIL = EVERY_KIND
WORD = EVIL.replace("\x00", "").replace("\ud800", "\udc9b")
"""The same as the command line may carry it: a byte that is no UTF-8 in place of the surrogate."""
INCIDENT = Path(probes.embedded.__file__).parent / "incident"
RUN = "21985402789"
_FORMS = {
    "status",
    "event",
    "node_id",
    "created_at",
    "updated_at",
    "run_started_at",
    "started_at",
    "completed_at",
    "file",
}
"""Members that a reader checks; a recording with another text in them is refused by a sentence that quotes it."""


def with_evil(value: Any, evil: str, only: str | None, name: str = "") -> Any:
    """Return JSON with the evil behind every text, or behind the texts of one member."""
    if isinstance(value, dict):
        return {key: with_evil(item, evil, only, key) for key, item in value.items()}
    if isinstance(value, list):
        return [with_evil(item, evil, only, name) for item in value]
    if isinstance(value, str) and (name == only if only else name in _QUOTED):
        return value + evil
    return value


_QUOTED = {
    "name",
    "head_branch",
    "display_title",
    "message",
    "title",
    "login",
    "raw_details",
    "workflow_name",
    "annotation_level",
}


def recording(folder: Path, evil: str, only: str | None = None) -> Path:
    """Make a recording of one run with evil texts."""
    shutil.copytree(INCIDENT, folder)
    index = json.loads((folder / "recording.json").read_text())
    index.pop("account")
    (folder / "recording.json").write_text(json.dumps(with_evil(index, evil, only) if only else index))
    for path in (folder / "runs").glob("*.json"):
        path.write_text(json.dumps(with_evil(json.loads(path.read_text()), evil, only)))
    return folder


def members() -> list[str]:
    """Return the names of all members of a recording that hold texts."""
    found: dict[str, None] = {}

    def walk(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, item in value.items():
                walk(item, key)
        elif isinstance(value, list):
            for item in value:
                walk(item, name)
        elif isinstance(value, str):
            found[name] = None

    for path in ("recording.json", f"runs/{RUN}.json"):
        walk(json.loads((INCIDENT / path).read_text()), "")
    return list(found)


def recordings(folder: Path) -> Iterator[Step]:
    offline = ("--no-live", "--no-cache")
    whole = recording(folder / "whole", EVIL)
    yield Step(["diagnose", RUN, "--recording", str(whole), *offline])
    yield Step(["diagnose", RUN, "--recording", str(whole), *offline, "--json"])
    yield Step(["packet", "export", RUN, "--recording", str(whole), *offline, "-o", str(folder / "packet")])
    for text in some([*members()], 16):
        yield Step(["diagnose", RUN, "--recording", str(recording(folder / f"of-{text}", EVIL, text)), *offline])
    for number, text in enumerate(some(hostile_texts(16), 16)):
        yield Step(["diagnose", RUN, "--recording", str(recording(folder / f"text-{number}", text)), *offline])


def policies(folder: Path) -> Iterator[Step]:
    statement = {
        "Sid": EVIL, "Effect": "Allow", "Action": ["sts:AssumeRoleWithWebIdentity", f"ecr:{EVIL}"],
        "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com{EVIL}"},
        "Condition": {f"StringLike{EVIL}": {f"token.actions.githubusercontent.com:sub{EVIL}": f"repo:o/r:*{EVIL}"}},
        EVIL: EVIL,
    }  # fmt: skip
    trust = folder / f"trust\x1b]0;x\x07\u202e{WORD[-30:].replace('/', '')}.json"
    trust.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement], EVIL: [EVIL]}))
    plain = folder / "trust.json"
    plain.write_text(
        json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Sid": EVIL,
                    "Effect": "Allow",
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Principal": {
                        "Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com",
                        "AWS": EVIL,
                    },
                    "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": f"repo:o/*{EVIL}"}},
                },
            }
        )
    )
    torn = folder / "torn.json"
    torn.write_text('{"' + EVIL.encode("utf-8", "replace").decode() + '": ')
    for path in map(str, (trust, plain, torn, folder / f"absent{WORD}")):
        for how in ((), ("--json",), ("--sarif",)):
            yield Step(["policy", "lint", path, *how])
        yield Step(["policy", "admits", path, "--repo", "o/r"])
        yield Step(["policy", "admits", path, "--repo", "o/r", "--json"])
        yield Step(["what-if", "--demo", "1", "--trust", path])
    rows = folder / "rows.jsonl"
    rows.write_text(json.dumps({"id": EVIL, "request": {EVIL: EVIL}}) + "\n" + EVIL.encode("utf-8", "replace").decode())
    yield Step(["policy", "evaluate", str(rows)])


def logs(folder: Path) -> Iterator[Step]:
    log = folder / f"log{WORD[:20].replace('/', '')}.txt"
    text = (
        f"##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity {EVIL}\n"
        f"User: arn:aws:sts::123456789012:assumed-role/x{EVIL}/y is not authorized to perform: ecr:PutImage on resource: "
        f"arn:aws:ecr:eu-west-1:123456789012:repository/shop{EVIL}\n{EVIL}\n"
    )
    log.write_bytes(text.encode("utf-8", "replace"))
    yield Step(["explain", str(log)])
    yield Step(["explain", str(log), "--json"])
    rows = folder / "log.jsonl"
    rows.write_text(json.dumps({"id": EVIL, "excerpt": text}) + f"\n{EVIL[:20]}\n")
    yield Step(["explain", "--jsonl", str(rows)])
    yield Step(["explain", f"absent{WORD}"])
    yield Step(["explain", "--cause", WORD])


def packets(folder: Path) -> Iterator[Step]:
    packet = folder / f"packet{WORD[:30].replace('/', '')}"
    packet.mkdir()
    (packet / "MANIFEST.sha256").write_text(
        f"{0:064d}  {EVIL[:-60]}\n{0:064d}  packet.json\n".encode("utf-8", "replace").decode()
    )
    (packet / "packet.json").write_text(json.dumps({"schema": EVIL, EVIL: EVIL}))
    (packet / f"more{WORD[:30].replace('/', '')}").write_text("x")
    yield Step(["packet", "verify", str(packet)])
    yield Step(["packet", "verify", f"absent{WORD}"])


def words(folder: Path) -> Iterator[Step]:
    """Yield what is wrong usage, by words that the sentence quotes."""
    for command in ((), ("policy",), ("packet",), ("case",), ("cache",), ("schema",)):
        yield Step([*command, WORD])
        yield Step([*command, f"--{WORD}"])
    for command in (
        "demo --stage", "demo --incident", "diagnose --recording", "diagnose --repo", "diagnose --github-url", "diagnose --case",
        "diagnose --role-arn", "diagnose --repository-uri", "diagnose --plan", "diagnose --image-tag", "permissions --variant",
        "permissions --role", "permissions --repository", "permissions --evidence-root", "policy lint --kind",
        "policy lint x --account", "policy lint x --region", "policy admits x --repo-id", "policy admits x --repo",
        "migrate --repo", "migrate --repo o/r --after", "migrate --repo o/r --role", "migrate --repo o/r --show", "record",
        "record 1 --repo", "record --case", "cache clear --repo", "what-if --trust", "what-if --demo", "preflight --workflow",
        "packet export --demo", "packet export --recording", "--refresh", "--case", "settings", "case init", "case check",
        "case init --demo", "case init --repo", "case init --recording", "case init --demo 3 --output",
    ):  # fmt: skip
        yield Step([*command.split(), WORD])
    case = folder / "case.toml"
    for text in (f'title = 5\n"{EVIL!r}" = 1', f"{json.dumps(EVIL)} = 1", f"repository = {json.dumps(EVIL[:40])}"):
        named = case.with_name(f"case{len(text)}.toml")
        named.write_text(text.replace("\\ud800", ""))
        yield Step(["diagnose", "1", "--case", str(named)])


def environment(folder: Path) -> Iterator[Step]:
    settings = folder / "config" / "planescope"
    settings.mkdir(parents=True)
    (settings / "config.toml").write_text(f"{json.dumps(EVIL.replace(chr(0xD800), ''))} = 1\n")
    yield Step(["diagnose", "1"], {"XDG_CONFIG_HOME": str(folder / "config")})
    yield Step(["settings"], {"XDG_CONFIG_HOME": str(folder / "config")})
    yield Step(["settings"], {"XDG_CONFIG_HOME": str(folder / WORD[:40])})
    yield Step(["cache"], {"XDG_CACHE_HOME": str(folder / WORD[:40].replace("/", ""))})
    yield Step(["cache", "--json"], {"XDG_CACHE_HOME": str(folder / WORD[:40].replace("/", ""))})
    if not THOROUGH:
        return  # what follows waits for addresses that do not answer
    github = {"GH_TOKEN": "x", "GITHUB_API_URL": "http://127.0.0.1:9"}
    for name in ("GITHUB_API_URL", "GH_HOST", "GH_TOKEN", "HTTPS_PROXY", "HTTP_PROXY", "GITHUB_SERVER_URL"):
        yield Step(["diagnose", "1", "--repo", "o/r", "--no-live", "--no-cache"], {**github, name: f"http://x{WORD}"})
    yield Step(["demo", "--stage", "1", "--json"], {"AWS_PROFILE": WORD, "AWS_REGION": WORD})
    job = {
        "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "1", "GITHUB_RUN_ATTEMPT": "1", "GITHUB_JOB": "release",
        "GITHUB_SHA": "0" * 40,
        "GITHUB_REF": "refs/heads/main", "GITHUB_EVENT_NAME": "push", "GITHUB_WORKFLOW": "release", "GITHUB_ACTOR": "a",
        "GITHUB_WORKFLOW_REF": "o/r/.github/workflows/release.yml@refs/heads/main", "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_WORKSPACE": str(folder), **github,
    }  # fmt: skip
    (folder / "release.yml").write_text(
        "on: push\njobs:\n  release:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ls\n"
    )
    for name in (
        "GITHUB_REF",
        "GITHUB_JOB",
        "GITHUB_SERVER_URL",
        "GITHUB_WORKFLOW_REF",
        "GITHUB_EVENT_NAME",
        "GITHUB_REPOSITORY",
    ):
        yield Step(["preflight", "--workflow", "release.yml", "--region", WORD], {**job, name: job[name] + WORD})


class Hostile(BaseHTTPRequestHandler):
    """A GitHub that answers everything by a refusal with evil words."""

    def do_GET(self) -> None:
        body = json.dumps(
            {"message": f"Resource not accessible {EVIL}", "documentation_url": EVIL, "errors": [EVIL]}
        ).encode()
        self.send_response(403 if "runs" in self.path else 200, "No \x1b]52;c;QQ==\x07")
        self.send_header("Content-Type", "application/json\x1b]0;x\x07")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def servers(folder: Path) -> Iterator[Step]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    whom = ("--repo", "o/r", "--github-url", url)
    token = {"GH_TOKEN": "x"}
    yield Step(["diagnose", "1", *whom, "--no-live", "--no-cache"], token)
    yield Step(["record", "1", *whom, "-o", str(folder / "recording")], token)
    yield Step(["migrate", *whom, "--no-live", "--no-cache"], token)
    yield Step(["diagnose", "1", *whom[:3], f"{url}/{WORD}", "--no-live", "--no-cache"], token)
    yield Step(["drift", *whom, "--no-live", "--no-cache", "--baseline", str(folder / "none.json")], token)
    yield Step(["fleet", *whom, "--no-live", "--no-cache", "--csv", str(folder / "fleet.csv")], token)


def pipeline(folder: Path) -> Iterator[Step]:
    """Yield what runs in a job: a clone whose files, steps, roles and documents are named by a stranger."""
    name = EVIL.replace("\x00", "").replace("\ud800", "").replace("/", "")
    quoted = json.dumps(EVIL.replace("\ud800", ""))
    allow = {
        "Sid": EVIL, "Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity",
        "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
        "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": f"repo:o/r:ref:refs/heads/{EVIL}"}},
    }  # fmt: skip
    files = {
        f"{name[:60]}.json": json.dumps({"Version": "2012-10-17", "Statement": allow}),
        f"-o{name[-40:]}.json": json.dumps({"Version": "2012-10-17", "Statement": [EVIL]}),
        "stack.json": json.dumps(
            {
                "Resources": {
                    EVIL: {
                        "Type": "AWS::IAM::Role",
                        "Properties": {"RoleName": EVIL, "AssumeRolePolicyDocument": {"Statement": allow}},
                    }
                }
            }
        ),
        "torn.yml": f"Resources: {{{quoted}: [::error::x",
        f".github/workflows/{name[:50]}.yml": f"name: {quoted}\non: push\njobs:\n  {quoted}:\n    runs-on: {quoted}\n    steps:\n"
        f"      - uses: {quoted}\n      - name: {quoted}\n        run: {quoted}\n"
        "      - {uses: aws-actions/configure-aws-credentials@v4, with: {role-to-assume: 'arn:aws:iam::111122223333:role/r'}}\n",
        "case.toml": "title = '::error::x ##[error]x'\n",
    }
    for path, text in files.items():
        place = folder.parent / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode("utf-8", "replace"))
    subprocess.run(
        ["git", "init", "-q", str(folder.parent)], check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull}
    )
    job = {
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "GITHUB_REF": EVIL.replace("\0", "")[:-30],
    }
    job["GITHUB_REF"] = job["GITHUB_REF"].replace("\ud800", "")
    yield Step(["conform", "--case", "case.toml"], job)
    yield Step(["conform", "--sarif"], job)
    yield Step(["conform", "--json", "--no-annotations", *list(files)[:1]], job)
    yield Step(
        ["conform", "--base", WORD, "--repo", WORD, "--role", f"{WORD}=x", "--output", str(folder / WORD[:20])], job
    )
    yield Step(["policy", "lint", "--", *files])
    row = {"schema": "planescope.fleet/1", "repository": EVIL, "why": EVIL, EVIL: [EVIL]}
    rows = folder / "fleet.jsonl"
    rows.write_text(json.dumps(row) + "\n" + EVIL.encode("utf-8", "replace").decode())
    yield Step(["fleet", "collect", str(rows), str(folder / WORD[:20])], job)
    baseline = folder / "baseline.json"
    baseline.write_text(json.dumps({"schema": "planescope.baseline/1", "repository": EVIL, EVIL: EVIL}))
    recorded = recording(folder / "recorded", EVIL)
    for how in ((), ("--json",), ("--accept", "--rationale", WORD, "--by", WORD)):
        yield Step(["drift", "--recording", str(recorded), "--no-live", "--baseline", str(baseline), *how], job)


SURFACES = (pipeline, servers, recordings, policies, logs, packets, words, environment)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Step, Shown]]:
    folder = tmp_path_factory.mktemp("surfaces")
    steps: list[Step] = []
    for surface in SURFACES:
        place = folder / surface.__name__
        place.mkdir()
        steps += some([*surface(place)], 3 if surface is pipeline else 24)
    shown = on_terminal(steps, folder, GITHUB_ACTIONS="true")
    return list(zip(steps, shown, strict=True))


def test_nothing_that_others_wrote_is_obeyed_by_a_terminal(written: list[tuple[Step, Shown]]) -> None:
    assert [(step.args, shown.obeyed) for step, shown in written if shown.obeyed] == []


def test_no_line_is_a_command_of_the_runner(written: list[tuple[Step, Shown]]) -> None:
    """But annotations of ours, whose words are data: what is printed around them cannot end them, nor begin another."""
    obeyed = 0
    for step, shown in written:
        runner = Runner().read(shown.text.replace("\x1b[2K", ""))
        assert (step.args, [each for each in runner.obeyed if not is_ours(each)], runner.token) == (step.args, [], "")
        obeyed += len(runner.obeyed)
    assert obeyed


def is_ours(command: Command) -> bool:
    if command.name not in set(map(str, Kind)):
        return False
    return set(command.properties) <= {"file", "line", "title"} and command.properties["title"].startswith(
        "planescope: "
    )


def test_every_command_ends_with_a_code_of_its_own(written: list[tuple[Step, Shown]]) -> None:
    assert [
        (step.args, shown.code, shown.text[-300:]) for step, shown in written if not isinstance(shown.code, int)
    ] == []
    assert {shown.code for _, shown in written} <= {0, 1, 2, 3, 4, 5, 6}
