"""Listen, serve, and end in order when the user stops it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Sequence

from aiohttp import web

from tui.backend import BackendProblem
from tui.interrupts import INTERRUPTS
from tui.serve.access import Access
from tui.serve.server import Server

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
    runner = web.AppRunner(
        server.application(), handle_signals=False, access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
    )
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        told()
        await stopped.wait()
    finally:
        await server.close()
        await runner.cleanup()
