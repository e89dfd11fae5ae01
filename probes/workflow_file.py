"""Parse the text of a workflow file or of an action's file into :mod:`diagnosis.facts.workflow`, with line numbers.

The file is foreign. It is composed into nodes and never constructed, so no tag runs anything and no alias is ever
unfolded: only the members that planescope knows are looked at, and their number is bounded.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, NoReturn, TypeAlias, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode

from diagnosis.facts.reading import Reading, mapped
from diagnosis.facts.workflow import (
    ANY_NAMES,
    Action,
    ActionFile,
    JobImage,
    UnparsableWorkflow,
    Workflow,
    WorkflowFile,
    WorkflowInput,
    WorkflowJob,
    WorkflowStep,
)
from diagnosis.logs.scrubbed_values import MARK, scrub_member

_LONGEST = 512_000
_MOST_STEPS = 5_000
_MOST_MEMBERS = 20_000
_MOST_LISTED = 500
_DEEPEST_VALUE = 20
_NUMBER = re.compile(r"[-+]?(?:\d{1,300}(?:\.\d{0,300})?|\.\d{1,300})(?:[eE][-+]?\d{1,3})?")
_EXACT = 2**53
_HALF = re.compile("[\ud800-\udfff]")

Pairs: TypeAlias = tuple[tuple[str, str], ...]
T = TypeVar("T")


class _NotAWorkflow(Exception):  # noqa: N818 - becomes a value at once
    def __init__(self, why: str, node: Any) -> None:
        super().__init__(why)
        self.line: int = node.start_mark.line + 1


def workflow_file(text: Reading[str], path: str) -> Reading[WorkflowFile]:
    """Return the text of a workflow file together with the values that it parses into. Never raises."""
    return mapped(text, lambda known: WorkflowFile(known, parse_workflow(known, path)))


def action_file(text: Reading[str], path: str) -> Reading[ActionFile]:
    """Return the text of an action's file together with the values that it parses into. Never raises."""
    return mapped(text, lambda known: ActionFile(known, parse_action(known, path)))


def parse_workflow(text: str, path: str) -> Workflow | UnparsableWorkflow:
    """Return the workflow file as values, or why it is none and at which line. Never raises."""
    return replace(_workflow(text), path=path)


def parse_action(text: str, path: str) -> Action | UnparsableWorkflow:
    """Return the action's file as values, or why it is none and at which line. Never raises."""
    return replace(_action(text), path=path)


# Remembered by text: a file rarely changes between commits, and parsing it takes longer than asking for it.
@lru_cache(maxsize=64)
def _workflow(text: str) -> Workflow | UnparsableWorkflow:
    return _parsed(text, lambda root: _Reader().workflow(root))


@lru_cache(maxsize=64)
def _action(text: str) -> Action | UnparsableWorkflow:
    return _parsed(text, lambda root: _Reader().action(root))


def _parsed(text: str, read: Callable[[Any], T]) -> T | UnparsableWorkflow:
    """Parse a text; the path, which the text does not tell, is left empty."""
    path = ""
    if len(text) > _LONGEST:
        return UnparsableWorkflow(path, f"it is longer than {_LONGEST // 1000} thousand characters")
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        if root is None:
            return UnparsableWorkflow(path, "it is empty")
        if "\\" in text:
            _scrub_escaped(root)
        return read(root)
    except _NotAWorkflow as fault:
        return UnparsableWorkflow(path, str(fault), fault.line)
    except MarkedYAMLError as fault:
        mark = fault.problem_mark or fault.context_mark
        why = " ".join(str(fault.problem or fault.context or "it is no YAML").split())
        return UnparsableWorkflow(path, f"it is no valid YAML: {why}"[:200], mark.line + 1 if mark else None)
    except RecursionError:
        return UnparsableWorkflow(path, "it is nested too deeply")
    except (YAMLError, ValueError) as fault:
        return UnparsableWorkflow(path, f"it is no valid YAML: {' '.join(str(fault).split())}"[:200])


def _scrub_escaped(root: Any) -> None:
    """Scrub the double-quoted texts: the file was scrubbed as it entered, but for what escapes hid there."""
    open_nodes, seen = [(root, "")], set[int]()
    while open_nodes:
        node, name = open_nodes.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            node.value = scrub_member(name, node.value) if node.style == '"' else node.value
        elif isinstance(node, MappingNode):
            for key, value in node.value:
                open_nodes += ((key, ""), (value, key.value if isinstance(key, ScalarNode) else ""))
        else:
            open_nodes += ((item, name) for item in node.value)


class _Reader:
    """Reads one file; counts what it reads, since an alias can repeat a whole job for a few bytes."""

    def __init__(self) -> None:
        self._steps = 0
        self._members = 0

    def workflow(self, root: Any) -> Workflow:
        top = self._map(root, "the file")
        jobs = top.get("jobs")
        if jobs is None:
            raise _NotAWorkflow("it has no `jobs`", root)
        return Workflow(
            path="",
            name=_scalar(top.get("name")),
            jobs=self._jobs(jobs, self._run_defaults(top.get("defaults"))),
            permissions=self._permissions(top.get("permissions")),
            env=self._env(top.get("env")),
            triggers=self._triggers(top.get("on")),
            inputs=self._inputs(top.get("on")),
            push_filters=tuple(self._push_filters(top.get("on"))),
            push_patterns=self._push_patterns(top.get("on")),
            declared_inputs=self._declared(top.get("on")),
            outputs=self._call_outputs(top.get("on")),
        )

    def action(self, root: Any) -> Action:
        top = self._map(root, "the file")
        if "runs" not in top:
            raise _NotAWorkflow("it has no `runs`", root)
        runs = self._map(top["runs"], "`runs`")
        steps = runs.get("steps") if (_scalar(runs.get("using")) or "").lower() == "composite" else None
        image = _scalar(runs.get("image")) or ""
        return Action(
            path="",
            image=image if image.lower().startswith("docker://") else "",
            line=top["runs"].start_mark.line + 1,
            steps=self._steps_of(steps, "the action", {}),
            inputs=tuple((name, _default(members) or "") for name, members in self._described(top, "inputs")),
            outputs=tuple(
                (name, value)
                for name, members in self._described(top, "outputs")
                if (value := _scalar(members.get("value")))
            ),
        )

    def _described(self, top: dict[str, Any], what: str) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, node in self._members_of(top.get(what), f"`{what}`"):
            yield name, dict(self._members_of(node, f"`{name[:40]}`"))

    def _jobs(self, node: Any, defaults: dict[str, str]) -> tuple[WorkflowJob, ...]:
        jobs = self._map(node, "`jobs`")
        # A job's line is that of its name; its node begins below it, or elsewhere if it is an alias.
        lines = {_scalar(key): key.start_mark.line + 1 for key, _ in node.value}
        return tuple(self._job(name, job, lines[name], defaults) for name, job in jobs.items())

    def _run_defaults(self, node: Any) -> dict[str, str]:
        """Read ``defaults.run``: where scripts run, and by which shell."""
        return dict(self._pairs(dict(self._members_of(node, "`defaults`")).get("run")))

    def _job(self, name: str, node: Any, line: int, defaults: dict[str, str]) -> WorkflowJob:
        job = self._map(node, f"the job `{name[:40]}`")
        defaults = defaults | self._run_defaults(job.get("defaults"))
        return WorkflowJob(
            id=name,
            name=_scalar(job.get("name")),
            steps=self._steps_of(job.get("steps"), f"the job `{name[:40]}`", defaults),
            permissions=self._permissions(job.get("permissions")),
            environment=self._environment(job.get("environment")),
            condition=_scalar(job.get("if")),
            continue_on_error=_flag(job.get("continue-on-error")),
            uses=_scalar(job.get("uses")),
            env=self._env(job.get("env")),
            line=line,
            inputs=self._pairs(job.get("with")),
            needs=self._texts(job.get("needs")),
            outputs=self._pairs(job.get("outputs")),
            matrix=self._matrix(job.get("strategy")),
            runs_on=_scalar(job.get("runs-on")),
            labels=self._labels(job.get("runs-on")),
            handed_on=self._secrets(job),
            images=tuple(self._images(job)),
        )

    def _labels(self, node: Any) -> tuple[str, ...]:
        """Read ``runs-on`` as a label, a list of labels, or a group of runners with labels."""
        if not isinstance(node, MappingNode):
            return self._texts(node)
        own = dict(self._members_of(node, "`runs-on`"))
        return (*(f"group:{name}" for name in self._texts(own.get("group"))), *self._texts(own.get("labels")))

    def _images(self, job: dict[str, Any]) -> Iterator[JobImage]:
        """Yield the images of ``container`` (a name, or a mapping) and of ``services``."""
        services = (node for _, node in self._members_of(job.get("services"), "`services`"))
        for node in (job.get("container"), *services):
            own = dict(self._members_of(node, "a container"))
            image = _scalar(own.get("image")) or _scalar(node)
            if image:
                given = dict(self._pairs(own.get("credentials")))
                env, options = self._env(own.get("env")), _scalar(own.get("options")) or ""
                yield JobImage(image, given.get("username", ""), given.get("password", ""), env, options)

    def _steps_of(self, node: Any, what: str, defaults: dict[str, str]) -> tuple[WorkflowStep, ...]:
        if node is not None and not isinstance(node, SequenceNode):
            raise _NotAWorkflow(f"the steps of {what} are no list", node)
        return tuple(self._step(step, defaults) for step in node.value) if node is not None else ()

    def _step(self, node: Any, defaults: dict[str, str]) -> WorkflowStep:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise _NotAWorkflow(f"it has more than {_MOST_STEPS} steps", node)
        step = self._map(node, "a step")
        run = _scalar(step.get("run"))
        given = defaults if run is not None else {}
        return WorkflowStep(
            name=_scalar(step.get("name")),
            uses=_scalar(step.get("uses")),
            run=run,
            inputs=self._pairs(step.get("with")),
            env=self._env(step.get("env")),
            condition=_scalar(step.get("if")),
            continue_on_error=_flag(step.get("continue-on-error")),
            line=node.start_mark.line + 1,
            working_directory=_scalar(step.get("working-directory")) or given.get("working-directory"),
            shell=_scalar(step.get("shell")) or given.get("shell"),
            id=_scalar(step.get("id")),
        )

    def _map(self, node: Any, what: str) -> dict[str, Any]:
        """Return a mapping's members by name. A name that stands twice is an error to GitHub too."""
        if not isinstance(node, MappingNode):
            raise _NotAWorkflow(f"{what} is no mapping", node)
        members: dict[str, Any] = {}
        for key, value in node.value:
            name = _scalar(key)
            if name is None:
                _no_name(key)
            if name in members:
                raise _NotAWorkflow(f"`{name[:40]}` stands twice in {what}", key)
            members[name] = value
        self._members += len(members)
        if self._members > _MOST_MEMBERS:
            raise _NotAWorkflow(f"it has more than {_MOST_MEMBERS} members", node)
        return members

    def _members_of(self, node: Any, what: str) -> Iterator[tuple[str, Any]]:
        if isinstance(node, MappingNode):
            yield from self._map(node, what).items()

    def _pairs(self, node: Any) -> Pairs:
        """Return a mapping of scalars as text. Lists and mappings among the values mean nothing here and are left out."""
        found = ((name, _text_or_mark(value)) for name, value in self._members_of(node, "a block"))
        return tuple((name, text) for name, text in found if text is not None)

    def _env(self, node: Any) -> Pairs:
        """Read ``env``; one that is an expression as a whole is kept under a name that no variable has."""
        if isinstance(node, ScalarNode) and "${{" in _text(node):
            return ((ANY_NAMES, _text(node)),)
        return self._pairs(node)

    def _permissions(self, node: Any) -> Pairs | None:
        """Read ``permissions``: None where not stated; ``{}`` takes all away; a short form is read as ``*``."""
        if node is None:
            return None
        if isinstance(node, ScalarNode):
            short = _text(node)
            if not short:
                return None
            if short not in ("read-all", "write-all"):
                raise _NotAWorkflow(f"`permissions: {short[:40]}` is none of the forms that GitHub knows", node)
            return (("*", short),)
        self._map(node, "`permissions`")
        return self._pairs(node)

    def _environment(self, node: Any) -> str | None:
        """Read ``environment: NAME`` or ``environment: {name: NAME, url: …}``."""
        if isinstance(node, MappingNode):
            return _scalar(self._map(node, "`environment`").get("name"))
        return _scalar(node)

    def _triggers(self, node: Any) -> tuple[str, ...]:
        """Read ``on`` as a name, a list of names, or a mapping by name."""
        if isinstance(node, SequenceNode):
            return tuple(_text(name) for name in node.value[:200] if isinstance(name, ScalarNode))
        if isinstance(node, MappingNode):
            return tuple(self._map(node, "`on`"))
        return (_text(node),) if _scalar(node) else ()

    def _push_filters(self, node: Any) -> dict[str, Any]:
        """Return the filters of ``on: push`` by name."""
        push = dict(self._members_of(node, "`on`")).get("push")
        return dict(self._members_of(push, "`push`"))

    def _push_patterns(self, node: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
        return tuple((name, self._texts(patterns)) for name, patterns in self._push_filters(node).items())

    def _secrets(self, job: dict[str, Any]) -> Pairs | None:
        """Read the secrets that a call hands on; one that says nothing hands on none."""
        if "uses" not in job or isinstance(job.get("secrets"), ScalarNode):
            return None
        return self._pairs(job.get("secrets"))

    def _texts(self, node: Any) -> tuple[str, ...]:
        """Read a text or a list of texts."""
        if isinstance(node, SequenceNode):
            if len(node.value) > _MOST_LISTED:
                raise _NotAWorkflow(
                    f"a list of it has more than {_MOST_LISTED} entries", node
                )  # half of it could mislead
            return tuple(_text(item) for item in node.value if isinstance(item, ScalarNode))
        return (_text(node),) if _scalar(node) else ()

    def _matrix(self, strategy: Any) -> str | None:
        """Return ``strategy.matrix`` as JSON text; None where there is none, or where it is no data."""
        node = dict(self._members_of(strategy, "`strategy`")).get("matrix")
        if node is None:
            return None
        return json.dumps(self._value(node, 0), ensure_ascii=False)

    def _value(self, node: Any, depth: int) -> Any:
        """Return a node as the value that GitHub takes it for."""
        self._members += 1
        if self._members > _MOST_MEMBERS or depth > _DEEPEST_VALUE:
            raise _NotAWorkflow(f"it has more than {_MOST_MEMBERS} members", node)
        if isinstance(node, MappingNode):
            return {name: self._value(value, depth + 1) for name, value in self._map(node, "the matrix").items()}
        if isinstance(node, SequenceNode):
            return [self._value(item, depth + 1) for item in node.value]
        return _typed(node)

    def _inputs(self, node: Any) -> tuple[tuple[str, str | None], ...]:
        """Read ``workflow_dispatch`` and ``workflow_call`` inputs with their defaults."""
        triggers = dict(self._members_of(node, "`on`"))
        found: dict[str, str | None] = {}
        for name in ("workflow_call", "workflow_dispatch"):
            trigger = dict(self._members_of(triggers.get(name), f"`{name}`"))
            for own, value in self._members_of(trigger.get("inputs"), "`inputs`"):
                found[own] = _default(dict(self._members_of(value, f"the input `{own[:40]}`")))
        return tuple(found.items())

    def _declared(self, node: Any) -> tuple[WorkflowInput, ...]:
        """Read the inputs of each trigger with their kinds and defaults."""
        triggers = dict(self._members_of(node, "`on`"))
        return tuple(
            WorkflowInput(own, name, (_scalar(members.get("type")) or "string").lower(), _default(members))
            for name in ("workflow_call", "workflow_dispatch")
            for own, value in self._members_of(
                dict(self._members_of(triggers.get(name), f"`{name}`")).get("inputs"), "`inputs`"
            )
            for members in (dict(self._members_of(value, f"the input `{own[:40]}`")),)
        )

    def _call_outputs(self, node: Any) -> Pairs:
        """Read the outputs of ``on: workflow_call``."""
        call = dict(self._members_of(dict(self._members_of(node, "`on`")).get("workflow_call"), "`workflow_call`"))
        return tuple(
            (name, value)
            for name, members in self._described(call, "outputs")
            if (value := _scalar(members.get("value")))
        )


def _default(members: dict[str, Any]) -> str | None:
    node = members.get("default")
    return _text(node) if isinstance(node, ScalarNode) else None


def _scalar(node: Any) -> str | None:
    """Return a scalar's text; None where it is absent, null or no scalar."""
    return (_text(node) or None) if isinstance(node, ScalarNode) else None


def _text_or_mark(node: Any) -> str | None:
    """Return a scalar as it is written; None for anything else but what stands in a secret's place, which looks like a list."""
    if isinstance(node, ScalarNode):
        return _text(node)
    items: list[Any] = list(node.value) if isinstance(node, SequenceNode) else []
    mark = f"[{_text(items[0])}]" if len(items) == 1 and isinstance(items[0], ScalarNode) else ""
    return mark if mark.startswith(MARK) else None


def _text(node: Any) -> str:
    """Return a scalar as it is written: ``true`` and ``012`` stay what they are; null is empty."""
    if str(node.tag) == "tag:yaml.org,2002:null":
        return ""
    text = str(node.value)
    # JSON writes a character beyond the first plane as two escapes; what is half of one is no text.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if _HALF.search(text) else text


def _typed(node: Any) -> bool | float | int | str | None:
    """Return a scalar with the kind that YAML gives it; what is quoted is text, and a number that is none in JSON too."""
    text, tag = _text(node), str(node.tag).removeprefix("tag:yaml.org,2002:")
    match tag:
        case "null":
            return None
        case "bool" if text.lower() in ("true", "false"):
            return text.lower() == "true"
        case "int" | "float" if _NUMBER.fullmatch(text):
            number = float(text)
            return int(number) if number.is_integer() and abs(number) < _EXACT else number
        case _:
            return text


def _flag(node: Any) -> bool | str:
    """Read ``continue-on-error``: true, false, or the expression that decides."""
    written = _scalar(node) or "false"
    return {"true": True, "false": False}.get(written.lower(), written)


def _no_name(node: Any) -> NoReturn:
    raise _NotAWorkflow("a member has no name", node)
