"""Call a tool: check its arguments, run it in a thread of its own, bound its answer, turn whatever ends it into a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.json_values import Json, Object
from tui import internal_error
from tui.backend import BackendProblem, Cancelled
from tui.mcp.bounds import size_of
from tui.mcp.foreign_text import foreign
from tui.mcp.own_words import is_own_sentence
from tui.mcp.result import LIMIT, Answer, Kept, bounded, error
from tui.mcp.sources import Sources
from tui.mcp.tools.table import TOOLS
from tui.mcp.tools.tool import Call, Tool
from tui.progress import Progress

MOST_AT_ONCE = 4
MOST_ARGUMENTS = 3_000_000
"""Characters of all arguments of a call."""
_BEAT = 0.25
"""Seconds between two reports of progress."""

Report = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a call came to."""

    value: Object
    failed: bool


@dataclass(slots=True)
class Calls:
    """The calls of one server."""

    sources: Sources
    kept: Kept = field(default_factory=Kept)
    tools: Mapping[str, Tool] = field(default_factory=lambda: TOOLS)
    _running: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(MOST_AT_ONCE))

    async def call(self, name: str, arguments: Mapping[str, Any] | None, report: Report) -> Outcome:
        """Call a tool. Never raises but for a cancelled task: then the tool's thread is told to stop."""
        tool = self.tools.get(name)
        if tool is None:
            return _failed(f"There is no such tool. The tools are: {', '.join(self.tools)}.", "", ExitCode.USAGE)
        given = dict(arguments or {})
        wrong = fault_of(tool, given)
        if wrong:
            return _failed(wrong, "See the tool's input schema.", ExitCode.USAGE)
        if not await self._has_room(tool.seconds):
            return _failed("The calls that are under way did not end.", "Call again later.", ExitCode.INTERRUPTED)
        return await self._called(tool, given, report)

    async def _has_room(self, seconds: float) -> bool:
        """Wait until one of the places is free, for so long at most, and take it."""
        end = asyncio.get_running_loop().time() + seconds
        while not self._running.acquire(blocking=False):
            if asyncio.get_running_loop().time() >= end:
                return False
            await asyncio.sleep(_BEAT / 5)
        return True

    async def _called(self, tool: Tool, arguments: dict[str, Any], report: Report) -> Outcome:
        stop = threading.Event()
        latest: list[Progress] = []
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Outcome] = loop.create_future()

        def told(progress: Progress) -> None:
            latest[:] = [progress]

        def run() -> None:
            try:
                outcome = self._outcome(tool, arguments, told, stop.is_set)
            finally:
                self._running.release()
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(lambda: None if done.done() else done.set_result(outcome))

        # A daemon: a thread that nobody waits for any more does not hold up the end of the process.
        try:
            threading.Thread(target=run, name=f"tool {tool.name}", daemon=True).start()
        except RuntimeError as fault:  # no thread to be had
            self._running.release()
            return _failed(*_internal(fault), ExitCode.INTERNAL)
        try:
            return await self._awaited(done, latest, report, tool.seconds)
        finally:
            stop.set()

    async def _awaited(
        self, done: asyncio.Future[Outcome], latest: list[Progress], report: Report, seconds: float
    ) -> Outcome:
        """Return the outcome, and report meanwhile; give up after so many seconds."""
        loop = asyncio.get_running_loop()
        end, beats, said = loop.time() + seconds, 0, ""
        while True:
            finished, _ = await asyncio.wait({done}, timeout=_BEAT)
            if finished:
                return done.result()
            if loop.time() >= end:
                return _failed(
                    f"It was given up after {seconds:g} seconds.",
                    "Ask for fewer runs, or run the command itself.",
                    ExitCode.INTERRUPTED,
                )
            words = _words(latest[-1]) if latest else ""
            if words and words != said:
                beats, said = beats + 1, words
                await report(float(beats), words)

    def _outcome(
        self, tool: Tool, arguments: dict[str, Any], progress: Callable[[Progress], None], cancelled: Callable[[], bool]
    ) -> Outcome:
        call = Call(arguments, self.sources, self.kept, progress, cancelled)
        limit = int(arguments.get("limit", LIMIT))
        try:
            answer = tool.answer(call)
            if isinstance(answer, Answer):
                sections = arguments.get("sections") or tool.default_sections
                answer = bounded(answer, self.kept, limit, sections)
        except BackendProblem as problem:
            return _failed(problem.sentence, problem.way_out, problem.exit_code)
        except Cancelled:
            return _failed("It was stopped.", "", ExitCode.INTERRUPTED)
        except Exception as fault:  # noqa: BLE001 - the last line: no error leaves as a trace
            return _failed(*_internal(fault), ExitCode.INTERNAL)
        return Outcome(answer, failed=False)


def fault_of(tool: Tool, arguments: Mapping[str, Any]) -> str:
    """Return what is wrong with the arguments, in words that repeat none of them; empty where nothing is."""
    try:
        if size_of(dict(arguments)) > MOST_ARGUMENTS:
            return f"The arguments have more than {MOST_ARGUMENTS:,} characters."
        found = next(Draft202012Validator(tool.input_schema).iter_errors(arguments), None)
    except (RecursionError, ValueError, TypeError):
        return "The arguments are nested too deep, or are no JSON."
    return _sentence(found) if found is not None else ""


_RULES = {
    "type": "is not of the type {0}",
    "enum": "is none of {0}",
    "maxLength": "is longer than {0} characters",
    "minLength": "is empty",
    "maxItems": "has more than {0} items",
    "minItems": "has fewer than {0} items",
    "minimum": "is less than {0}",
    "maximum": "is greater than {0}",
    "pattern": "is not of the form {0}",
    "uniqueItems": "names something twice",
}


def _sentence(found: ValidationError) -> str:
    place = "/".join(str(part) for part in found.absolute_path)
    what = f"The argument {place}" if place else "What was given"
    if found.validator == "required":
        known = found.validator_value if isinstance(found.validator_value, list) else []
        return f"{what} lacks a member; required: {', '.join(map(str, known))}."
    if found.validator == "additionalProperties":
        known = list(found.schema.get("properties", {})) if isinstance(found.schema, Mapping) else []
        return f"{what} has a member that is not taken; taken: {', '.join(map(str, known))}."
    rule = _RULES.get(str(found.validator), "does not fit the schema of the tool")
    value = found.validator_value
    shown = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return f"{what} {rule.format(shown)}."


def _failed(sentence: str, way_out: str, code: int) -> Outcome:
    return Outcome(error(_told(sentence), _told(way_out) if way_out else None, code), failed=True)


def _told(sentence: str) -> Json:
    """Return a sentence plain where it is ours letter for letter; one that quotes names, answers or files is marked."""
    return sentence if is_own_sentence(sentence) else foreign(sentence)


def _internal(fault: Exception) -> tuple[str, str]:
    kept = internal_error.keep(fault)
    return "A fault of planescope itself, not of what it was given.", f"{kept.kind}: {kept.way_out}."


def _words(progress: Progress) -> str:
    """Return how far a call is, in words of ours alone: progress often names a repository or a role."""
    what = progress.what if is_own_sentence(progress.what) else "reading"
    return f"{what} ({progress.done} of {progress.total})" if progress.total else what
