"""One tab of the browser: the process whose app is drawn in it, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from diagnosis.visible_text import visible
from tui.terminal_size import LARGEST, USUAL

QUIT_SECONDS = 1.0
"""How long an app may take to end by itself once its tab is closed."""
TERMINATE_SECONDS = 0.5
"""How long it may then take after SIGTERM."""
_MOST_TOLD = 8_000
"""Bytes of an app's last words that are shown in its tab."""
_READY = b"__GANGLION__\n"
"""The line after which Textual's driver writes packets."""
_START = (
    "import sys; sys.path[:] = {path!r}; sys.argv[0] = 'planescope'; from tui.interrupts import INTERRUPTS;"
    " from tui.serve.served import begin; begin(); from tui.__main__ import main; main()"
)


def size_of(width: object, height: object) -> tuple[int, int]:
    """Return a size in cells that a tab asks for, within what the app is laid out for."""

    def within(value: object, usual: int, largest: int) -> int:
        if not isinstance(value, (str, int)) or isinstance(value, bool):
            return usual
        try:
            return min(max(int(value), 1), largest)
        except ValueError:
            return usual

    return within(width, USUAL[0], LARGEST[0]), within(height, USUAL[1], LARGEST[1])


class Tab(AppService):
    """The app of one tab. It shares no state with another's, and ends with its tab."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        write_bytes: Callable[[bytes], Awaitable[None]],
        write_str: Callable[[str], Awaitable[None]],
        close: Callable[[], Awaitable[object]],
        download_manager: DownloadManager,
    ) -> None:
        super().__init__(
            "planescope",
            write_bytes=write_bytes,
            write_str=write_str,
            close=close,  # type: ignore[arg-type]  # what it returns is not asked for
            download_manager=download_manager,
        )
        self._arguments = tuple(arguments)
        self._ending: asyncio.Task[None] | None = None

    async def _open_app_process(self, width: int = USUAL[0], height: int = USUAL[1]) -> Process:
        # Isolated, with this process's own path: nothing is imported from the current folder; and no shell between.
        flags = ["-I", "-X", "utf8", *(["-B"] if sys.dont_write_bytecode else [])]
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *flags,
            "-c",
            _START.format(path=_path()),
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=_environment(width, height),
            # Ctrl-C in the server's terminal is for the server, which ends its tabs in order.
            start_new_session=True,
        )
        self._process, self._stdin = process, process.stdin
        return process

    async def run(self) -> None:
        """Hand on what the app draws until it ends; then its last words, and the end."""
        process = self._process
        if process is None or process.stdout is None or process.stderr is None:
            return
        words = asyncio.create_task(_last_words(process.stderr))
        with contextlib.suppress(asyncio.IncompleteReadError, ValueError):
            while (line := await process.stdout.readline()) and line != _READY:
                pass
            while True:
                kind = await process.stdout.readexactly(1)
                length = int.from_bytes(await process.stdout.readexactly(4), "big")
                payload = await process.stdout.readexactly(length)
                await self._hand_on(kind, payload)
        text = await words
        with contextlib.suppress(ConnectionError, RuntimeError):
            if text:
                await self.remote_write_bytes(b"\x1b[?1049l\x1b[0m" + text.replace("\n", "\r\n").encode())
            await self.remote_close()

    async def _hand_on(self, kind: bytes, payload: bytes) -> None:
        # A tab that is gone takes nothing, and the app must still be able to write what it ends with.
        with contextlib.suppress(ConnectionError, RuntimeError):
            if kind == b"D":
                await self.on_data(payload)
            elif kind == b"M" and b'"exit"' not in payload[:20]:  # the end is told when the process has ended
                await self.on_meta(payload)
            elif kind == b"P":
                await self.on_packed(payload)

    async def stop(self) -> None:
        """End the process, by force where it does not end by itself, and wait for it: whoever asks, and however often."""
        if self._ending is None:
            self._ending = asyncio.create_task(self._end())
        await asyncio.shield(self._ending)

    async def _end(self) -> None:
        process, task = self._process, self._task
        if process is None or task is None:
            return
        await self._download_manager.cancel_app_downloads(app_service_id=self.app_service_id)
        await self.send_meta({"type": "quit"})
        for seconds, act in ((QUIT_SECONDS, process.terminate), (TERMINATE_SECONDS, process.kill)):
            try:
                await asyncio.wait_for(process.wait(), seconds)
                break
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    act()
        await process.wait()
        await task


def _path() -> list[str]:
    return [str(Path(entry).absolute()) for entry in sys.path if entry]


async def _last_words(stream: asyncio.StreamReader) -> str:
    """Return what an app said on standard error: why it did not begin, or what it did not keep."""
    kept = b""
    while piece := await stream.read(4096):
        kept = (kept + piece)[-_MOST_TOLD:]
    return visible(kept.decode("utf-8", "replace"))


def _environment(width: int, height: int) -> dict[str, str]:
    size = {"COLUMNS": str(width), "LINES": str(height), "ROWS": str(height)}
    colours = {"TEXTUAL_COLOR_SYSTEM": "truecolor", "COLORTERM": "truecolor", "TERM": "xterm-256color"}
    return {**os.environ, **size, **colours}
