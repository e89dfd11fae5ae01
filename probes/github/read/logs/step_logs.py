"""Read the logs of the steps that decide, for a job whose log is too large to be read whole.

GitHub documents the call since 2026 and does not serve it everywhere: where it is not there, that is found out once. It
counts steps by their position, from zero, which is not the step's ``number``; both are tried, and the times in the log
tell whether it is the right one.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from diagnosis.facts.runs import Job, Repository, Step
from probes.github.http.client import Client
from probes.github.http.errors import NotFound, ReadFailure, TooLarge
from probes.github.http.room import take_text, taking_turns
from probes.github.http.storage import download

_BOM = "\ufeff"
_TIME = re.compile(r"^\ufeff?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)(?= |$)", re.MULTILINE)
_SLACK = timedelta(seconds=2)
"""The API gives whole seconds."""
_EDGE = 4_000


class StepLogs:
    """Remembers for one GitHub whether it has logs by step. Safe to share between threads."""

    def __init__(self) -> None:
        self.absent = False
        """Whether it was found not to have them."""

    def read(
        self, client: Client, repository: Repository, job: Job, steps: Sequence[Step], *, limit: int
    ) -> tuple[str, tuple[int, ...]] | None:
        """Read the logs of some steps in the order of the job, as one text, and return the numbers of the steps that it holds.

        At most ``limit`` bytes; the steps given first are read first. None where nothing could be had. Raises Cancelled.
        """
        found: dict[int, str] = {}
        left = limit
        for step in steps:
            if self.absent:
                break
            try:
                text = self._step(client, repository, job, step, limit=left)
            except ReadFailure:
                continue
            if text:
                left -= len(text)
                found[step.number] = text
        if not found:
            return None
        numbers = tuple(sorted(found))
        return _BOM + "".join(found[number] for number in numbers), numbers

    def _step(self, client: Client, repository: Repository, job: Job, step: Step, *, limit: int) -> str | None:
        """Read one step's log without byte order mark; None where there is none. Raises ReadFailure."""
        served = False
        position = job.steps.index(step)
        for place in dict.fromkeys((position, step.number)):
            path = f"/repos/{repository.full_name}/actions/jobs/{job.id}/steps/{place}/logs"
            try:
                body = download(client, path, limit=limit)
            except NotFound:
                continue
            except TooLarge:
                served = True
                continue
            served = True
            with taking_turns(len(body)):
                text = body.decode("utf-8", errors="replace").removeprefix(_BOM)
            take_text(client.line.watch.room, text, len(body))
            if text.strip() and _is_of(step, text):
                return text if text.endswith("\n") else f"{text}\n"
        if not served and step.failed:
            # A step that failed has printed something, so the call itself is not there.
            self.absent = True
        return None


def _is_of(step: Step, text: str) -> bool:
    """Return whether the text's times lie within the step's; where one of them is missing, nothing speaks against it."""
    first = _moment(next(_TIME.finditer(text[:_EDGE]), None))
    last = first
    for found in _TIME.finditer(text[-_EDGE:]):
        last = _moment(found)
    begun = step.started_at is None or first is None or first >= step.started_at - _SLACK
    ended = step.completed_at is None or last is None or last <= step.completed_at + _SLACK
    return begun and ended


def _moment(found: re.Match[str] | None) -> datetime | None:
    try:
        return datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        return None
