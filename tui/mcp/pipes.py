"""Standard input and output as the protocol's pipe: lines of bounded length in, whole lines out, and nothing else on it.

While it is open, descriptor 0 is the null device and descriptor 1 is standard error: whatever a library, a child process or a
stray ``print`` writes misses the pipe. A client that goes away ends the server quietly.
"""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import BinaryIO

from mcp_types import jsonrpc_message_adapter

from probes.github.http.daemon_pool import DaemonPool

LONGEST_LINE = 8 * 1024 * 1024
"""In bytes; a longer message is answered with an error and skipped piece by piece."""
PARSE_ERROR, INVALID_REQUEST = -32700, -32600


class Pipe:
    """Both directions; what the SDK takes as standard input and output."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self._source, self._sink = source, sink
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lines: asyncio.Queue[str | None] = asyncio.Queue(1)
        self._writing = threading.Lock()
        # A client that reads no more must not keep the process from its end.
        self._writer = DaemonPool(1, "standard output")
        self.is_lost = False
        """Whether the client went away."""

    async def __aiter__(self) -> AsyncIterator[str]:
        """Yield each message that is JSON; any other is answered at once."""
        self._loop = asyncio.get_running_loop()
        # A daemon, since nothing ends a read that waits.
        threading.Thread(target=self._read, name="standard input", daemon=True).start()
        while (line := await self._lines.get()) is not None:
            yield line

    async def write(self, text: str) -> int:
        """Write a message."""
        await asyncio.wrap_future(self._writer.submit(self._write, text))
        return len(text)

    async def flush(self) -> None:
        """Do nothing: each message is handed on when it is written."""

    def _write(self, text: str) -> None:
        with self._writing:
            if self.is_lost:
                return
            try:
                self._sink.write(text.encode("utf-8", "replace"))
                self._sink.flush()
            except (OSError, ValueError):
                self.is_lost = True
        if self.is_lost:
            self._put(None)

    def _read(self) -> None:
        try:
            for raw in self._raw_lines():
                if raw is None:
                    self._refuse(INVALID_REQUEST, f"A message is longer than {LONGEST_LINE} bytes.")
                    continue
                text = raw.decode("utf-8", "replace").lstrip("\ufeff").strip()
                if not text:
                    continue
                message = _message(text)
                if isinstance(message, str):
                    self._put(message)
                else:
                    self._refuse(*message)
        finally:
            self._put(None)

    def _raw_lines(self) -> Iterator[bytes | None]:
        try:
            while not self.is_lost and (line := self._source.readline(LONGEST_LINE + 1)):
                if len(line) > LONGEST_LINE and not line.endswith(b"\n"):
                    while (rest := self._source.readline(LONGEST_LINE)) and not rest.endswith(b"\n"):
                        pass
                    yield None
                else:
                    yield line
        except (OSError, ValueError):
            return

    def _put(self, line: str | None) -> None:
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        try:
            waiting = asyncio.run_coroutine_threadsafe(self._lines.put(line), loop)
            if line is not None:
                waiting.result()
        except RuntimeError:
            return  # the loop has just ended

    def _refuse(self, code: int, message: str, request: int | str | None = None) -> None:
        answer = {"jsonrpc": "2.0", "id": request, "error": {"code": code, "message": message}}
        self._write(json.dumps(answer) + "\n")


def _message(text: str) -> str | tuple[int, str] | tuple[int, str, int | str | None]:
    """Return a message that the SDK reads, else the error to answer: it drops what it cannot read, and the client would wait.

    Half of a pair of surrogates, which is what is left of a text that was cut within a sign, is replaced.
    """
    try:
        value = json.loads(text)
        if isinstance(value, dict) and "\\ud" in text.lower():
            text = json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        return PARSE_ERROR, "A message is no JSON object."
    name = value.get("id")
    is_id = (isinstance(name, int) and not isinstance(name, bool)) or (isinstance(name, str) and name.isprintable())
    try:
        jsonrpc_message_adapter.validate_json(text, by_name=False)
        # Without an id that it can be, a request would pass for a notification.
        is_read = is_id or "id" not in value or "method" not in value
    except ValueError:
        is_read = False
    if not is_read:
        return INVALID_REQUEST, "A message is no request of the protocol, or nested too deep.", name if is_id else None
    return text


@contextmanager
def standard_pipe() -> Iterator[Pipe]:
    """Yield the pipe of this process's standard input and output, and put both back afterwards."""
    own_in, own_out = os.dup(0), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDONLY)
    try:
        os.dup2(nowhere, 0)
        os.dup2(2, 1)
        # Not closed at the end: a thread may still wait in a read of it.
        yield Pipe(os.fdopen(own_in, "rb", closefd=False), os.fdopen(own_out, "wb", closefd=False))
    finally:
        os.close(nowhere)
        os.dup2(own_in, 0)
        os.dup2(own_out, 1)
