"""Follow how the files of evidence come to be: which step writes each, from what, and under which condition."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.closure.steps.constants.jq_filter import input_names, made_by_jq, slurped_names
from diagnosis.closure.steps.constants.marked_json import read_marked
from diagnosis.closure.steps.constants.python_literals import written_by_javascript, written_by_python
from diagnosis.closure.steps.constants.verdict_members import speaks_of_a_verdict
from diagnosis.closure.steps.guards import asks, asks_of_steps
from diagnosis.closure.steps.release_steps import Release, ReleaseJob, ReleaseStep
from diagnosis.closure.steps.watched_script import Ran, Watched, Wrote
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.script.around import Guard
from diagnosis.steps.tools.call import arguments, option

_TEXTS = frozenset(
    {"cat", "echo", "printf", "tee", "sponge", "base64", "xxd", "tr", "head", "tail", "sort", "awk", "perl"}
)
"""Programs that can print whatever they are told: what they print is understood by their text, or not at all."""
_FETCHERS = frozenset({"curl", "wget", "aria2c", "gh", "sftp", "dd"})
"""Programs that bring a file which anybody may have written."""
_PYTHON = re.compile(r"python(?:\d(?:\.\d+)?)?")
_NO_FILES = re.compile(
    r"GITHUB_(?:OUTPUT|ENV|STEP_SUMMARY|PATH|STATE)|github\.(?:output|env)|^/dev/|^[12]$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Writing:
    """One way in which a file may come to be."""

    name: str
    """The file's path in the workspace, or as it is written."""
    step: ReleaseStep
    value: object | None
    """The JSON that is written, with marks; None where that is not understood."""
    text: str | None = None
    measured: bool = False
    """Whether what is written depends on how a command or a step ended, or is a program's own output."""
    why: str = ""
    """Why it is not understood; empty where it is."""
    append: bool = False


def writings_of(release: Release) -> dict[str, list[Writing]]:
    """Return the ways in which each file of the release comes to be, by the file's path, in the order of the steps."""
    found: dict[str, list[Writing]] = {}
    for job in release.jobs:
        for step in job.steps:
            for writing in _of_step(step, found):
                _add(found, writing)
    return found


def _add(found: dict[str, list[Writing]], writing: Writing) -> None:
    earlier = found.setdefault(writing.name, [])
    if writing.append and earlier:
        joined = [_joined(each, writing) for each in earlier]
        found[writing.name] = joined if not any(each.measured for each in joined) else [*earlier, *joined]
    elif writing.measured:
        earlier.append(writing)
    else:
        found[writing.name] = [writing]


def _joined(first: Writing, more: Writing) -> Writing:
    if first.text is not None and first.text.strip() and more.text is None and more.measured and not first.measured:
        # What was there before stays there, whatever is printed behind it.
        value = read_marked(first.text)
        return Writing(
            first.name, more.step, value, None, why="" if value is not None else "a piece of it is not known"
        )
    if first.text is None or more.text is None:
        return Writing(
            first.name,
            more.step,
            None,
            None,
            first.measured or more.measured,
            more.why or first.why or "a piece of it is not known",
        )
    text = f"{first.text}\n{more.text}"
    return Writing(first.name, more.step, read_marked(text), text, first.measured or more.measured)


def measures(guards: tuple[Guard, ...], step: ReleaseStep) -> bool:
    """Return whether a condition asks how a command or a step ended, and not only what is always so."""
    return asks_of_steps(step.written.condition or "") or asks(guards)


def _of_step(step: ReleaseStep, found: dict[str, list[Writing]]) -> Iterator[Writing]:
    seen = step.watched
    events: list[Ran | Wrote] = [*seen.ran, *seen.wrote]
    for event in sorted(events, key=lambda each: each.place):
        if isinstance(event, Wrote):
            if not _NO_FILES.search(event.target):
                yield _wrote(event, step, seen, found)
        else:
            yield from _ran(event, step, found)


def _path(name: str, folder: str | None) -> str:
    return path_in(folder, name) or name


def _wrote(wrote: Wrote, step: ReleaseStep, seen: Watched, found: dict[str, list[Writing]]) -> Writing:
    name = _path(wrote.target, wrote.folder)
    measured = measures(wrote.guards, step)
    text = wrote.text
    if text is not None:
        return Writing(
            name,
            step,
            read_marked(text),
            text,
            measured,
            "" if _parses(text) else "it is no JSON that is understood",
            wrote.append,
        )
    ran = wrote.ran
    if ran is None:
        return Writing(name, step, None, None, measured, "what it holds is not known", wrote.append)
    printed = _printed(ran, step, seen, found, 0)
    if isinstance(printed, str):
        own = printed == ""
        return Writing(name, step, None, None, measured or own, printed, wrote.append)
    return Writing(name, step, printed[0], None, measured, "", wrote.append)


def _parses(text: str) -> bool:
    return read_marked(text) is not None


def _printed(
    ran: Ran, step: ReleaseStep, seen: Watched, found: dict[str, list[Writing]], depth: int
) -> tuple[object] | str:
    """Return the JSON that a command prints; empty text where it is a measurement of its own; else why it is not understood."""
    if depth > 5:
        return "its pipe is too long"
    before = _before(ran, seen)
    match ran.program:
        case "jq":
            given = _given(ran, input_names(ran.tail), before, step, seen, found, depth)
            if isinstance(given, str) and given:
                return given
            files: dict[str, object] = {}
            for variable, file in slurped_names(ran.tail):
                content = _content(_path(file, ran.folder), step.job, found)
                if isinstance(content, tuple):
                    files[variable] = [content[0]]
                elif content:
                    return content
            start = given[0] if isinstance(given, tuple) else None
            value = made_by_jq(ran.tail, start, _environment(ran, step, seen), files)
            if isinstance(value, (dict, list)):
                return (value,)
            measured = given == "" and not _is_fresh(ran)
            return "" if measured and value is None else f"the filter of {ran.shown} is not understood"
        case "yq":
            return _by_yq(ran)
        case "sed" | "envsubst" | "cat" | "sort" | "head" | "tail":
            plain = arguments(ran.tail, frozenset({"-e", "-f"}))
            if ran.program == "sed" and not {"-e", "-f"} & set(ran.tail):
                del plain[:1]
            names = tuple(name for name in plain if ran.program == "sed" or ("." in name and "/" not in name[:2]))[-1:]
            names = names or ((ran.tail[-1],) if ran.tail and ran.program not in ("envsubst", "sed") else ())
            if ran.stdin is not None:
                value = read_marked(ran.stdin)
                return (value,) if value is not None else f"what {ran.shown} prints is not understood"
            if not names and before is None:
                return f"where {ran.shown} has it from is not known"
            given = _given(ran, names, before, step, seen, found, depth)
            if ran.program == "sed" and given == "" and speaks_of_a_verdict(" ".join(ran.tail)):
                return f"what {ran.shown} makes of it is not understood"
            return given if isinstance(given, tuple) else given or ""
        case program if _PYTHON.fullmatch(program) or program in ("node", "nodejs", "deno", "bun"):
            values = [value for name, value in _by_language(ran) or () if name == ""]
            return (values[0],) if len(values) == 1 else f"what {ran.shown} prints is not read"
        case program if program in _TEXTS:
            return f"what {program} prints is not known"
        case program if program in _FETCHERS:
            return f"{ran.shown} brings it from elsewhere"
        case _:
            gaps = {each.gap.what for each in seen.opaque if each.gap is not None}
            if any(
                what and (what.startswith(ran.program) or ran.words[0] in what or what in ran.shown) for what in gaps
            ):
                return f"{ran.shown} is not read"
            return ""


def _environment(ran: Ran, step: ReleaseStep, seen: Watched) -> dict[str, str]:
    """Return the variables that a command sees and that are written out, in the file or the script."""
    written = (*step.job.workflow.env, *step.job.written.env, *step.written.env)
    made = [(was.name, was.value) for was in seen.was if was.place <= ran.place]
    return {
        name: value
        for name, value in dict((*written, *made, *ran.own)).items()
        if "$" not in value and "`" not in value
    }


def _before(ran: Ran, seen: Watched) -> Ran | None:
    """Return the command before this one in its pipe."""
    earlier = [each for each in seen.ran if each.place < ran.place]
    return earlier[-1] if earlier and ran.program in earlier[-1].piped_to else None


def _given(
    ran: Ran,
    names: tuple[str, ...],
    before: Ran | None,
    step: ReleaseStep,
    seen: Watched,
    found: dict[str, list[Writing]],
    depth: int,
) -> tuple[object] | str:
    """Return the JSON that a command takes in: by name, by its pipe, or as it is given; a text as :func:`_printed` has it."""
    if ran.program == "jq" and _is_fresh(ran):
        return ""
    if names:
        return _content(_path(names[0], ran.folder), step.job, found)
    if ran.stdin is not None:
        value = read_marked(ran.stdin)
        return (value,) if value is not None else ""
    if before is not None:
        return _printed(before, step, seen, found, depth + 1)
    return ""


def _is_fresh(ran: Ran) -> bool:
    return "--null-input" in ran.tail or any(
        word[:1] == "-" and word[1:].isalpha() and "n" in word for word in ran.tail
    )


def _content(name: str, job: ReleaseJob, found: dict[str, list[Writing]]) -> tuple[object] | str:
    earlier = found.get(name)
    if earlier:
        last = earlier[-1]
        if last.measured:
            return ""
        return (last.value,) if last.value is not None else last.why
    text = job.files.text(name)
    if text is not None:
        value = read_marked(text)
        return (value,) if value is not None else f"{name} is no JSON"
    return f"where {name} comes from is not known"


_VALUED_OF_YQ = frozenset({"-o", "-p", "-I", "--output-format", "--input-format", "--indent"})


def _by_yq(ran: Ran) -> tuple[object] | str:
    words = [word for word in arguments(ran.tail, _VALUED_OF_YQ) if word not in ("eval", "e", "ea")]
    if words and "=" in words[0] and "env(" not in words[0]:
        value = made_by_jq((words[0],), None)
        if isinstance(value, (dict, list)):
            return (value,)
    return f"what {ran.shown} prints is not understood"


def _by_language(ran: Ran) -> tuple[tuple[str, object], ...] | None:
    code = option(ran.tail, "-c", "-e", "-p", "--eval", "--print")
    if code is None and (not arguments(ran.tail, frozenset()) or ran.tail[-1:] == ("-",) or "-" in ran.tail):
        code = ran.stdin
    if code is None:
        return None
    return written_by_python(code) if _PYTHON.fullmatch(ran.program) else written_by_javascript(code)


def _ran(ran: Ran, step: ReleaseStep, found: dict[str, list[Writing]]) -> Iterator[Writing]:
    """Yield what a command writes into files that it names itself."""
    measured = measures(ran.guards, step)
    if _PYTHON.fullmatch(ran.program) or ran.program in ("node", "nodejs", "deno", "bun"):
        for name, value in _by_language(ran) or ():
            if name:
                yield Writing(_path(name, ran.folder), step, value, None, measured)
        return
    if ran.program in ("cp", "mv", "install", "ln", "rsync"):
        named = [word for word in ran.tail if not word.startswith("-")]
        for source in named[:-1]:
            if not source.endswith(".json") and not named[-1].endswith(".json"):
                continue
            target = named[-1]
            target = target if target.endswith(".json") else f"{target.rstrip('/')}/{source.rpartition('/')[2]}"
            content = _content(_path(source, ran.folder), step.job, found)
            if isinstance(content, tuple):
                yield Writing(_path(target, ran.folder), step, content[0], None, measured)
            else:
                yield Writing(_path(target, ran.folder), step, None, None, measured or not content, content)
        return
    if ran.program in ("sed", "yq") and any(re.match(r"-i|--in-?place", word) for word in ran.tail):
        name = _path(ran.tail[-1], ran.folder)
        content = _content(name, step.job, found)
        if ran.program == "yq":
            printed = _by_yq(ran)
            if isinstance(printed, tuple):
                yield Writing(name, step, printed[0], None, measured)
                return
        sets = ran.program == "yq" and any("=" in word for word in ran.tail)
        if isinstance(content, tuple):
            yield Writing(name, step, content[0], None, measured)
        elif not content and (sets or speaks_of_a_verdict(" ".join(ran.tail))):
            yield Writing(name, step, None, None, measured, f"what {ran.shown} makes of it is not understood")
        return
    output = option(
        ran.tail, "-o", "--output", "--output-file", "--out", "--report-path", "--metadata-file", "--report"
    )
    if output is not None and output.endswith(".json") and ran.program not in _TEXTS:
        gaps = {each.gap.what for each in step.watched.opaque if each.gap is not None}
        unread = any(ran.words[0] in what or what in ran.shown for what in gaps)
        why = f"{ran.shown} is not read" if unread else ""
        why = f"{ran.shown} brings it from elsewhere" if ran.program in _FETCHERS else why
        yield Writing(_path(output, ran.folder), step, None, None, not why, why)
