"""The command over real pipes: the SDK's client, broken messages, a client that goes away, and nothing else on the pipe."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters
from places import ROOT
from thoroughness import THOROUGH

from tui.mcp.pipes import INVALID_REQUEST, LONGEST_LINE, PARSE_ERROR

pytestmark = pytest.mark.terminal

thorough = pytest.mark.skipif(not THOROUGH, reason="one process is enough for a quick run")
COMMAND = [sys.executable, "-m", "tui", "mcp"]
HELLO: dict[str, Any] = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "a test", "version": "1"},
    },
}


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    """What the command is started with: no credentials, no home of whoever runs the tests."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")
        if name in os.environ
    }
    return {**kept, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path), "AWS_EC2_METADATA_DISABLED": "true", **more}


class Served:
    """The command as a process, and the lines that it writes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self.process, self.stdin, self.stdout, self.stderr = process, process.stdin, process.stdout, process.stderr

    def give(self, *lines: bytes) -> None:
        self.stdin.write(b"".join(lines))
        self.stdin.flush()

    def message(self) -> dict[str, Any]:
        """The next line, which must be a message."""
        value = json.loads(self.stdout.readline())
        assert isinstance(value, dict)
        return value


@contextmanager
def serving(tmp_path: Path) -> Iterator[Served]:
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    served = Served(subprocess.Popen(COMMAND, cwd=tmp_path, env=environment(tmp_path), **pipes))
    try:
        yield served
    finally:
        for stream in (served.stdin, served.stdout, served.stderr):
            with suppress(OSError):
                stream.close()
        served.process.wait(30)


CUT = {"log": "##[error]Could not assume role with OIDC: cut \ud83d"}
"""Half of a sign: what a client gives that cut a text by its length."""


def deep(levels: int) -> Any:
    """A value nested so deep."""
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


def line(value: Any) -> bytes:
    return json.dumps(value).encode() + b"\n"


@thorough
async def test_the_client_of_the_sdk_gets_an_answer_from_the_demo(tmp_path: Path) -> None:
    started = StdioServerParameters(
        command=COMMAND[0], args=COMMAND[1:], env=environment(tmp_path, PYTHONWARNINGS="always"), cwd=tmp_path
    )
    async with Client(started) as client:
        held: Any = (await client.call_tool("diagnose", {"demo": {"stage": "2"}})).structured_content
        assert held["exit_code"] == 1
        assert held["fix"]["paths"][0]["proof"] == "proved"
        refused: Any = (await client.call_tool("diagnose", {"repository": "octo-org/shop"})).structured_content
        assert refused["exit_code"] == 4


@thorough
@pytest.mark.parametrize(("sent", "code"), [(None, 0), (signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_the_end_of_the_pipe_is_no_fault_and_a_signal_stops_it(
    tmp_path: Path, sent: signal.Signals | None, code: int
) -> None:
    demo = {"name": "diagnose", "arguments": {"demo": {"stage": "2"}}}
    with serving(tmp_path) as served:
        served.give(line(HELLO))
        assert served.message()["id"] == 1
        # In the middle of a call.
        served.give(line({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": demo}))
        if sent is None:
            served.stdin.close()
        else:
            served.process.send_signal(sent)
        assert served.process.wait(30) == code
        assert served.stderr.read() == (b"planescope: stopped.\n" if sent else b"")


def test_broken_messages_are_answered_and_a_client_may_go_away(tmp_path: Path) -> None:
    given = [
        b"{\n",
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b'{"a": "' + b"x" * LONGEST_LINE + b'"}\n',
        line(HELLO),
        line({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        line({"jsonrpc": "2.0", "id": 9, "method": "no/such"}),
        line({"jsonrpc": "2.0", "id": 8, "method": "tools/call", "params": {"name": 3}}),
        line({"not": "a request"}),
        # The SDK drops what it cannot read: without an answer, the client would wait for ever.
        line({"jsonrpc": "2.0", "id": 4, "method": "tools/call", "params": {"arguments": deep(300)}}),
        line({"jsonrpc": "2.0", "id": 1.5, "method": "ping"}),
        line({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": {"name": "explain", "arguments": CUT}}),
        line({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "causes", "arguments": {}}}),
    ]
    with serving(tmp_path) as served:
        served.give(*given)
        answers = [served.message() for _ in range(12)]
        # The client goes away: a message that nobody takes ends the server, quietly.
        served.stdout.close()
        served.give(line({"jsonrpc": "2.0", "id": 3, "method": "tools/list"}))
        assert served.process.wait(30) == 0
        assert served.stderr.read() == b""
    by_id = {answer["id"]: answer for answer in answers}
    broken = [answer["error"]["code"] for answer in answers if answer["id"] is None]
    assert broken == [*[PARSE_ERROR] * 3, *[INVALID_REQUEST] * 3]
    assert by_id[4]["error"]["code"] == INVALID_REQUEST
    assert "\ufffd" in json.dumps(by_id[5]["result"], ensure_ascii=False)
    assert by_id[1]["result"]["serverInfo"]["name"] == "planescope"
    assert {by_id[9]["error"]["code"], by_id[8]["error"]["code"]} <= {-32601, -32602}
    assert not by_id[2]["result"]["isError"]


def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    script = "import sys; sys.modules['mcp'] = None; from tui.cli.main import planescope; planescope.main(['mcp'])"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=environment(tmp_path),
        cwd=tmp_path,
        check=False,
    )
    assert done.returncode == 2
    assert 'pip install "planescope[mcp]"' in done.stderr
    assert done.stdout == ""
