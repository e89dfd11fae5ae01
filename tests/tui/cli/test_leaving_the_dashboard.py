"""`q` leaves at once, whatever is waited for: a pause, a log, an answer that stops, an account that is silent."""

from __future__ import annotations

import os
import re
import select
import socket
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from github_faults import hang, secondary_rate_limit, trickle
from on_a_terminal import kill, started_on_terminal
from thoroughness import some

from diagnosis.documents.exit_code import ExitCode
from probes.embedded.github.server import GitHubServer
from probes.embedded.moments import load_incident

REPOSITORY = "EsosaOrumwese/fraud-detection-system"
LEAVE_SECONDS = 5.0
"""With room for a busy machine; it is some tenths of a second."""

WAITS = {
    "a pause that GitHub asks for": ("/logs", secondary_rate_limit(50)),
    "the download of a log": ("/storage/", trickle(50)),
    "the middle of a list": ("/jobs", trickle(50)),
    "the first answer": (".", hang(50)),
    "the account": None,
}


@contextmanager
def silent_server() -> Iterator[tuple[str, socket.socket]]:
    """A server that takes every connection and never answers; its socket can be read once there is one."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", listening


def drawn_until(ours: int, enough: Callable[[bytes], bool], seconds: float = 60) -> bytes:
    """Read what the app draws, until that is enough or the app has gone."""
    drawn, end = b"", time.monotonic() + seconds
    while not enough(drawn) and time.monotonic() < end:
        if select.select([ours], [], [], 0.02)[0]:
            try:
                drawn += os.read(ours, 1 << 16)
            except OSError:  # the end of a terminal on Linux
                break
    return drawn


@pytest.mark.skipif(sys.platform != "linux", reason="the end of a terminal is told in Linux's way")
@pytest.mark.parametrize("what", some(list(WAITS), len(WAITS)))
def test_q_leaves_at_once_while_something_is_waited_for(what: str, tmp_path: Path) -> None:
    planned = WAITS[what]
    with ExitStack() as stack:
        server = stack.enter_context(GitHubServer(load_incident()))
        if planned is not None:
            server.fault(*planned)
        aws, asked = stack.enter_context(silent_server())
        words = ["--repo", REPOSITORY, "--github-url", server.url, "--no-cache", *(["--no-live"] if planned else [])]
        environment = {
            "HOME": str(tmp_path), "GH_TOKEN": "t", "AWS_ENDPOINT_URL": aws, "AWS_ACCESS_KEY_ID": "a",
            "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-west-2", "XDG_STATE_HOME": str(tmp_path),
        }  # fmt: skip
        ours, child = started_on_terminal([sys.executable, "-m", "tui", *words], tmp_path, **environment)
        stack.callback(kill, child)
        stack.callback(os.close, ours)
        before = termios.tcgetattr(ours)
        if planned is not None:
            drawn_until(ours, lambda _: any(re.search(planned[0], request.path) for request in server.requests))
        else:
            drawn_until(ours, lambda _: bool(select.select([asked], [], [], 0)[0]))
        drawn_until(ours, lambda _: False, 0.5)
        begun = time.monotonic()
        os.write(ours, b"q")
        drawn = drawn_until(ours, lambda _: child.poll() is not None)
        assert child.wait(60) == ExitCode.PASSED
        assert time.monotonic() - begun < LEAVE_SECONDS
        drawn += drawn_until(ours, lambda _: False, 0.1)
        assert b"\x1b[?1049l" in drawn, "the other screen is left"
        assert b"\x1b[?25h" in drawn, "the cursor is shown"
        assert termios.tcgetattr(ours)[3] == before[3], "keys are echoed, and come line by line"
