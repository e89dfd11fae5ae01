"""The server of `planescope serve`: what it gives to whom, and the processes of its tabs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

from tui.backend import BackendProblem
from tui.serve import running
from tui.serve import server as served
from tui.serve.access import Access
from tui.serve.running import listen
from tui.serve.server import Server
from tui.serve.tab import Tab, size_of


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[tuple[Server, Access, ClientSession]]:
    listening = listen("127.0.0.1", 0)
    access = Access("127.0.0.1", listening.getsockname()[1])
    server = Server(arguments, access)
    async with running.serving(server, listening), ClientSession() as session:
        yield server, access, session


def origin(access: Access) -> dict[str, str]:
    return {"Origin": f"http://127.0.0.1:{access.port}"}


async def test_nothing_is_given_without_the_token_or_to_another_name(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving("demo") as (server, access, session):
        root = f"http://127.0.0.1:{access.port}"
        for path in (
            "/",
            "/ws",
            f"/{access.token[:-1]}/",
            "/static/textual.js",
            f"//{access.token}/",
            "/download/0",
            "/open/x",
        ):
            async with session.get(root + path, headers=origin(access)) as answer:
                assert answer.status == 403, path
                assert "planescope serve" in await answer.text()
        async with session.get(access.address, headers={"Host": f"evil.example:{access.port}"}) as answer:
            assert answer.status == 403, "a page whose name was made to point here"
        for stranger in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
            with pytest.raises(WSServerHandshakeError, match="403"):
                await session.ws_connect(f"{access.address}ws", headers=stranger)
        assert server.tabs == 0
    assert access.token not in caplog.text


async def test_the_page_and_its_files_come_from_the_server_alone() -> None:
    async with serving("demo") as (_, access, session):
        async with session.get(access.address.removesuffix("/")) as answer:
            page = await answer.text()
            assert str(answer.url) == access.address
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert f"connect-src 'self' ws://127.0.0.1:{access.port};" in policy
        assert not re.search(r"(src|href)=\"(https?:|//)", page)
        for name in (*re.findall(r"static/([\w.-]+)", page), "mono.ttf", "mono-italic.ttf"):
            async with session.get(f"{access.address}static/{name}") as answer:
                assert answer.status == 200, name
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
        for absent in ("static/", "static/..%2fpage.html", "static/server.py", "download/0123", "nothing"):
            async with session.get(access.address + absent) as answer:
                assert answer.status in (403, 404), absent


async def test_the_code_that_a_browser_is_started_with_works_once() -> None:
    async with serving("demo") as (_, access, session):
        async with session.get(access.address_once, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, f"/{access.token}/")
        async with session.get(access.address_once, allow_redirects=False) as answer:
            assert answer.status == 403


async def test_connections_of_strangers_give_way_and_end_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_STRANGERS", 4)
    monkeypatch.setattr(running, "IDLE_SECONDS", 0.2)
    async with asyncio.timeout(30), serving("demo") as (_, access, session):
        async with session.get(access.address) as answer:
            assert answer.status == 200
        strangers = []
        for _each in range(40):
            strangers.append(await asyncio.open_connection("127.0.0.1", access.port))
            strangers[-1][1].write(b"GET / HTTP/1.1\r\n")
        async with session.get(access.address) as answer:
            assert answer.status == 200
        # The oldest at once, the others when their time is over: the request of none is ever complete.
        for reader, writer in strangers:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()


async def test_an_app_that_does_not_begin_says_why_in_its_tab() -> None:
    async with asyncio.timeout(60), serving("--case", "absent.toml") as (server, access, session):
        words = b""
        async with session.ws_connect(f"{access.address}ws?width=90&height=30", headers=origin(access)) as socket:
            async for message in socket:
                if message.type is WSMsgType.BINARY:
                    words += message.data
        assert b"absent.toml" in words
        assert words.count(b"\n") == words.count(b"\r\n")
        for _ in range(100):
            if not server.tabs:
                break
            await asyncio.sleep(0.05)
        assert server.tabs == 0


async def test_a_closed_tab_ends_its_process_even_one_that_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[asyncio.subprocess.Process] = []
    begun = asyncio.Event()

    async def deaf(tab: Tab, width: int = 80, height: int = 24) -> asyncio.subprocess.Process:
        code = "import signal,time; signal.signal(15, signal.SIG_IGN); print('deaf\\n__GANGLION__', flush=True); time.sleep(600)"
        pipe = asyncio.subprocess.PIPE
        tab._process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, stdin=pipe, stdout=pipe, stderr=pipe
        )
        tab._stdin = tab._process.stdin
        assert tab._process.stdout is not None
        # Only then does it pass over the signal.
        assert await tab._process.stdout.readline() == b"deaf\n"
        started.append(tab._process)
        begun.set()
        return tab._process

    monkeypatch.setattr(Tab, "_open_app_process", deaf)
    monkeypatch.setattr("tui.serve.tab.QUIT_SECONDS", 0.05)
    monkeypatch.setattr("tui.serve.tab.TERMINATE_SECONDS", 0.05)
    monkeypatch.setattr(served, "MOST_TABS", 2)
    async with serving("demo") as (_, access, session):
        address = f"{access.address}ws"
        one = await session.ws_connect(address, headers=origin(access))
        await asyncio.wait_for(begun.wait(), 30)
        two = await session.ws_connect(address, headers=origin(access))
        for nonsense in ("", "[]", "{", '["resize"]', '["resize", {"width": "x"}]', '["stdin", 7]', '["ping"]', '"x"'):
            await two.send_str(nonsense)
        await two.send_str('["ping", "1"]')
        assert await two.receive_json(timeout=5) == ["pong", "1"]
        third = await session.ws_connect(address, headers=origin(access))
        assert b"tabs are open" in (await third.receive(5)).data
        assert (await third.receive(5)).type is WSMsgType.CLOSE
        await one.close()
        assert await asyncio.wait_for(started[0].wait(), 10) == -signal.SIGKILL
        assert started[1].returncode is None, "another tab's app goes on"
    assert [process.returncode for process in started] == [-signal.SIGKILL, -signal.SIGKILL]


def test_a_size_is_kept_within_what_the_app_is_laid_out_for() -> None:
    assert size_of("120", 40) == (120, 40)
    assert size_of("10" * 9, "-3") == (500, 1)
    assert size_of(None, True) == (80, 24)
    assert size_of("wide", [1]) == (80, 24)


def test_a_port_that_is_taken_is_a_sentence() -> None:
    taken = listen("127.0.0.1", 0)
    try:
        with pytest.raises(BackendProblem, match="cannot be listened on"):
            listen("127.0.0.1", taken.getsockname()[1])
    finally:
        taken.close()


def test_ctrl_c_ends_it_with_the_code_of_an_interrupt() -> None:
    command = [sys.executable, "-m", "tui", "serve", "--host", "127.0.0.1", "demo"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        assert re.match(r"planescope in the browser: http://127\.0\.0\.1:\d+/[\w-]{43}/\n", process.stdout.readline())
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
    assert (process.returncode, told) == (130, "planescope: stopped.\n")
