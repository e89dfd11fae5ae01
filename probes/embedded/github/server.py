"""A loopback GitHub: serves a recording over HTTP, so that the real client reads it as it would read api.github.com.

The API answers under ``127.0.0.1``; logs and artifacts lie under ``localhost``, as GitHub keeps them at another host.
The storage refuses a request that shows a token, so that a client which leaks it is found out.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from datetime import datetime
from types import TracebackType
from typing import Self

from probes.embedded.github.faults import Fault, PlannedFault
from probes.embedded.github.wire import API_HOST, STORAGE_HOST, Handler, Listener, ServedRequest
from probes.embedded.moments import Moment
from probes.recording.format import Recording
from probes.recording.view import RecordingView


class GitHubServer:
    """Serves ``recording`` as it stood at ``moment`` until it is closed; a context manager.

    ``latency_seconds`` delays every answer. ``token``, where given, is the only one that is let in; logs ask for one.
    """

    def __init__(
        self,
        recording: Recording,
        moment: Moment | datetime | None = None,
        *,
        latency_seconds: float = 0.0,
        token: str | None = None,
    ) -> None:
        self.recording = recording
        self.latency_seconds = latency_seconds
        self.token = token
        self.stopping = threading.Event()
        self.errors: deque[BaseException] = deque(maxlen=100)
        """What went wrong inside the server; empty unless there is a defect."""
        self._lock = threading.Lock()
        self._faults: list[tuple[re.Pattern[str], PlannedFault]] = []
        self._requests: deque[ServedRequest] = deque(maxlen=100_000)
        self._view = _view(recording, moment)
        self._server = Listener((API_HOST, 0), Handler)
        self._server.github = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="embedded-github", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port of both hosts."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """The base address of the API; ``/api/v3`` may be put behind it, as on enterprise servers."""
        return f"http://{API_HOST}:{self.port}"

    @property
    def storage_url(self) -> str:
        """The base address of logs and artifacts."""
        return f"http://{STORAGE_HOST}:{self.port}"

    @property
    def requests(self) -> list[ServedRequest]:
        """The requests so far, the oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def view(self) -> RecordingView:
        """What is served now."""
        with self._lock:
            return self._view

    def move_to(self, moment: Moment | datetime | None) -> None:
        """From now on serve what existed at this moment; None for everything. Requests under way keep the old one."""
        view = _view(self.recording, moment)
        with self._lock:
            self._view = view

    def fault(self, path: str, fault: Fault) -> None:
        """Let requests whose path (with query, without ``/api/v3``) matches the pattern meet the fault."""
        with self._lock:
            self._faults.append((re.compile(path), PlannedFault(fault)))

    def clear_faults(self) -> None:
        """Answer truly again."""
        with self._lock:
            self._faults.clear()

    def take_fault(self, path: str) -> Fault | None:
        """Take the fault that a request meets; None where it meets none."""
        with self._lock:
            for pattern, planned in self._faults:
                if pattern.search(path) and (fault := planned.take()):
                    return fault
        return None

    def note(self, request: ServedRequest) -> int:
        """Keep a request; how many there were is the used part of the rate limit."""
        with self._lock:
            self._requests.append(request)
            return len(self._requests)

    def close(self) -> None:
        """Stop listening and drop open connections; a hanging fault ends at once. May be called again."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _view(recording: Recording, moment: Moment | datetime | None) -> RecordingView:
    return RecordingView(recording, moment.at if isinstance(moment, Moment) else moment)
