"""The server of ``planescope serve``: one page, one WebSocket a tab, downloads, and the few files that the page needs.

Each of them lies below the token, and only their own page may ask for them; nothing is loaded from anywhere else.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from weakref import WeakSet

import textual_serve
from aiohttp import WSMsgType, web
from aiohttp.helpers import content_disposition_header
from textual_serve.download_manager import DownloadManager

from tui.serve.access import Access
from tui.serve.tab import Tab, size_of

MOST_TABS = 12
"""Tabs at once; each is a process of some hundred megabytes."""
_LARGEST_MESSAGE = 1_000_000
"""Bytes of one message of a tab; the largest is what is pasted."""

_OURS = Path(__file__).parent / "static"
_THEIRS = Path(textual_serve.__file__).parent / "static"
_FILES = {
    "page.js": (_OURS / "page.js", "text/javascript"),
    "page.css": (_OURS / "page.css", "text/css"),
    "textual.js": (_THEIRS / "js" / "textual.js", "text/javascript"),
    "xterm.css": (_THEIRS / "css" / "xterm.css", "text/css"),
    "mono.ttf": (_THEIRS / "fonts" / "RobotoMono-VariableFont_wght.ttf", "font/ttf"),
    "mono-italic.ttf": (_THEIRS / "fonts" / "RobotoMono-Italic-VariableFont_wght.ttf", "font/ttf"),
}
"""Every file that the page may ask for: where it lies, and its type."""

_REFUSED = "planescope serve: this address is not the one that was printed, which ends with a token.\n"
_FULL = f"planescope serve: {MOST_TABS} tabs are open, which is the most. Close one, and load this page again.\r\n"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves one command line of planescope to every tab that comes with the token."""

    def __init__(self, arguments: Sequence[str], access: Access) -> None:
        self._arguments = tuple(arguments)
        self._access = access
        self._downloads = DownloadManager()
        self._tabs: dict[Tab, web.WebSocketResponse] = {}
        self._opened = False
        self._known: WeakSet[asyncio.BaseTransport] = WeakSet()

    @property
    def tabs(self) -> int:
        """How many are open."""
        return len(self._tabs)

    def is_known(self, connection: asyncio.BaseTransport | None) -> bool:
        """Return whether the token came by this connection."""
        return connection in self._known

    def application(self) -> web.Application:
        """Return the web application."""
        for name in ("aiohttp", "textual-serve"):
            # Their lines hold addresses, and so the token.
            logging.getLogger(name).disabled = True
        logging.getLogger("aiohttp.server").disabled = True
        application = web.Application(middlewares=[self._guarded])
        application.add_routes(
            [
                web.get("/{token}", self._begun),
                web.get("/{token}/", self._page),
                web.get("/{token}/ws", self._connected),
                web.get("/{token}/static/{name}", self._file),
                web.get("/{token}/download/{key}", self._download),
            ]
        )
        return application

    async def close(self) -> None:
        """End every tab and its process."""
        # The sockets are closed too: their handlers wait for the browser.
        sockets = list(self._tabs.values())
        await asyncio.gather(*(tab.stop() for tab in list(self._tabs)), return_exceptions=True)
        await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)

    @web.middleware
    async def _guarded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse whoever lacks the token or comes by another name; tell browsers what the page may do."""
        host = request.headers.get("Host", "")
        first, _, rest = request.path.removeprefix("/").partition("/")
        known = self._access.knows(first)
        if not self._access.is_host(host):
            answer: web.StreamResponse = web.Response(status=403, text=_REFUSED)
        elif first == "open" and self._access.opens(rest) and not self._opened:
            self._opened = True
            answer = web.Response(status=303, headers={"Location": f"/{self._access.token}/"})
        elif not known:
            answer = web.Response(status=403, text=_REFUSED)
        else:
            if request.transport is not None:
                self._known.add(request.transport)
            try:
                answer = await handler(request)
            except web.HTTPException as error:
                answer = web.Response(status=error.status, text=f"{error.reason}\n")
        if not answer.prepared:
            answer.headers.update(_headers(host if known else ""))
        return answer

    async def _begun(self, _request: web.Request) -> web.StreamResponse:
        """Lead an address that was copied without its last character to the page."""
        return web.Response(status=303, headers={"Location": f"/{self._access.token}/"})

    async def _page(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_OURS / "page.html", headers={"Content-Type": "text/html; charset=utf-8"})

    async def _file(self, request: web.Request) -> web.StreamResponse:
        found = _FILES.get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return web.FileResponse(found[0], headers={"Content-Type": found[1]})

    async def _download(self, request: web.Request) -> web.StreamResponse:
        key = request.match_info["key"]
        try:
            meta = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        # Always a file to keep: what the browser would show could be a page.
        named = content_disposition_header("attachment", filename=meta.file_name)
        answer = web.StreamResponse(headers={"Content-Type": "application/octet-stream", "Content-Disposition": named})
        answer.headers.update(_headers(request.headers.get("Host", "")))
        await answer.prepare(request)
        async for chunk in self._downloads.download(key):
            await answer.write(chunk)
        await answer.write_eof()
        return answer

    async def _connected(self, request: web.Request) -> web.StreamResponse:
        if not self._access.is_origin(request.headers.get("Origin"), request.headers.get("Host", "")):
            return web.Response(status=403, text=_REFUSED)
        socket = web.WebSocketResponse(heartbeat=15, max_msg_size=_LARGEST_MESSAGE)
        await socket.prepare(request)
        if len(self._tabs) >= MOST_TABS:
            await socket.send_bytes(_FULL.encode())
            await socket.close()
            return socket
        tab = Tab(
            self._arguments,
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=socket.close,
            download_manager=self._downloads,
        )
        self._tabs[tab] = socket
        try:
            await tab.start(*size_of(request.query.get("width"), request.query.get("height")))
            await _pass_on(socket, tab)
        finally:
            await tab.stop()
            del self._tabs[tab]
        return socket


async def _pass_on(socket: web.WebSocketResponse, tab: Tab) -> None:
    """Pass keys, pointer and size on to the app until the tab is closed. What is no message of the page's is passed over."""
    async for message in socket:
        if message.type is not WSMsgType.TEXT:
            continue
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError, IndexError):
            kind, *rest = json.loads(message.data)
            if kind == "stdin":
                await tab.send_bytes(rest[0].encode("utf-8", "replace"))
            elif kind == "resize":
                await tab.set_terminal_size(*size_of(rest[0]["width"], rest[0]["height"]))
            elif kind == "ping":
                await socket.send_json(["pong", str(rest[0])[:40]])
            elif kind == "focus":
                await tab.focus()
            elif kind == "blur":
                await tab.blur()


def _headers(host: str) -> dict[str, str]:
    """Return the headers of every answer. ``host`` is the server's name in this request, which was checked."""
    socket = f" ws://{host}" if host else ""
    return {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; img-src 'self' data:;"
            f" connect-src 'self'{socket}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }
