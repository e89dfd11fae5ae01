"""Listen, serve, and end in order when the user stops it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from aiohttp import web

from tui.backend import BackendProblem
from tui.interrupts import INTERRUPTS
from tui.serve.access import Access
from tui.serve.server import Server

IDLE_SECONDS = 15.0
"""How long a connection may stay on which nothing is asked."""
MOST_STRANGERS = 32
"""Connections at once that have not shown the token; the oldest gives way."""
_BACKLOG = 32
_SHUTDOWN_SECONDS = 0.3
"""How long answers that are under way may take once all tabs have ended."""


def run(arguments: Sequence[str], host: str, port: int, told: Callable[[Access], None]) -> None:
    """Serve until the user stops it, which ends as KeyboardInterrupt. ``told`` is called once it listens.

    Raises BackendProblem where the address cannot be had.
    """
    listening = listen(host, port)
    access = Access(host, listening.getsockname()[1])
    try:
        asyncio.run(_serve(Server(arguments, access), listening, lambda: told(access)))
    finally:
        INTERRUPTS.during(None)
        listening.close()
    raise KeyboardInterrupt


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on one address. Raises BackendProblem where that cannot be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()
        except BaseException:
            listening.close()
            raise
    except (OSError, OverflowError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        way_out = "Leave --port out for one that is free." if port else "Leave --host out for this machine alone."
        raise BackendProblem(f"{host} port {port} cannot be listened on: {why}.", way_out) from None
    return listening


async def _serve(server: Server, listening: socket.socket, told: Callable[[], None]) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # Called in the main thread, between two steps of the loop.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stopped.set)

    INTERRUPTS.during(stop)
    loop.set_exception_handler(_passed_over)
    async with serving(server, listening):
        told()
        await stopped.wait()


@contextlib.asynccontextmanager
async def serving(server: Server, listening: socket.socket) -> AsyncIterator[None]:
    """Answer on a socket that listens; in the end every tab is ended.

    Any user of the machine may connect, so whoever has not shown the token keeps no connection for long, and none from others.
    """
    runner = web.AppRunner(
        server.application(),
        handle_signals=False,
        access_log=None,
        shutdown_timeout=_SHUTDOWN_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
    )
    await runner.setup()
    answering = runner.server
    if answering is None:
        raise RuntimeError("a runner that was set up has a server")

    def connected() -> asyncio.Protocol:
        strangers = [each for each in answering.connections if not server.is_known(each.transport)]
        for oldest in strangers[: max(0, len(strangers) - MOST_STRANGERS + 1)]:
            oldest.force_close()
        return answering()

    accepting = await asyncio.get_running_loop().create_server(connected, sock=listening, backlog=_BACKLOG)
    try:
        yield
    finally:
        accepting.close()
        await server.close()
        await runner.cleanup()


def _passed_over(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Say nothing of a connection that could not be taken or broke off: it is tried again, and would be said without end."""
    if not isinstance(context.get("exception"), OSError):
        loop.default_exception_handler(context)
