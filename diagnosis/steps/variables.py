"""Expand ``$NAME`` and ``${{ inputs.name }}`` by the values that a run shows, never by guesses.

Values live in one mapping: environment variables under their name, GitHub's contexts under their path
(``inputs.region``, ``github.sha``, ``steps.ID.outputs.NAME``). What is not in the mapping stays as written, and a masked
value (``***``) stays masked: whoever reads the result sees that it is not legible.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from diagnosis.claims.run_context import refs_of_run
from diagnosis.facts.runs import Attempt, Repository
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.steps.expressions.text import filled
from diagnosis.steps.expressions.values import TypedText, parse_number

LONGEST = 4_000
"""Characters of an expanded text; a longer one is left as it is."""
LONGEST_SCRIPT = 400_000
_ROUNDS = 5
_BRACED = re.compile(r"\$\{([A-Za-z_]\w*)(?::?-([^${}]*)|:(\d*):(\d+)|(,,)|(##?\*[^}*]|%%?[^}*]\*))?\}")
_PLAIN = re.compile(r"\$(?:env:)?([A-Za-z_]\w*)")
_ON_MERGE = frozenset({"pull_request", "pull_request_review", "pull_request_review_comment"})
"""Events whose runs are on the merge of a pull request."""
_MERGE = re.compile(r"(\d+)/merge")
_NUMBER = "${{ github.event.number }}"


def expand(text: str, values: Mapping[str, str]) -> str:
    """Replace every known variable and expression in a text."""
    for _ in range(_ROUNDS):
        if "$" not in text or len(text) > LONGEST:
            return text
        replaced = filled(text, values)
        replaced = _BRACED.sub(lambda found: _braced(found, values), replaced)
        replaced = _PLAIN.sub(lambda found: values.get(found[1], found[0]), replaced)
        if replaced == text or len(replaced) > LONGEST:
            return text
        text = replaced
    return text


def with_expressions(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the known ``${{ … }}`` replaced, as GitHub does before a shell sees it.

    The shell's own variables and their defaults stay.
    """
    for _ in range(_ROUNDS):
        if "${{" not in text:
            return text
        replaced = filled(text, values)
        if replaced == text or len(replaced) > LONGEST_SCRIPT:
            return text
        text = replaced
    return text


def is_legible(text: str | None) -> bool:
    """Return whether a value is fully known: not empty, nothing masked, nothing left to expand."""
    return bool(text) and "***" not in str(text) and "$" not in str(text)


def written_values(
    workflow: Workflow, job: WorkflowJob | None, step: WorkflowStep | None, known: Mapping[str, str]
) -> dict[str, str]:
    """Return the values at a step: what is known of the run, then ``env:`` of the file from the outside in.

    The default of an input is no value: nobody tells what was given when a workflow was dispatched or called.
    """
    values: dict[str, str] = {}
    values |= given_inputs(workflow)
    values.update(known)
    blocks = (workflow.env, job.env if job else (), step.env if step else ())
    for name, value in (pair for block in blocks for pair in block):
        values[name] = expand(value, values)
        values[f"env.{name}"] = values[name]
    return values


def given_inputs(workflow: Workflow) -> dict[str, str]:
    """Return the inputs that the run was dispatched with, where the event's payload tells them."""
    kinds = {each.name: each.kind for each in workflow.declared_inputs if each.trigger == "workflow_dispatch"}
    return {f"inputs.{name}": of_kind(value, kinds.get(name, "string")) for name, value in workflow.given_inputs}


def of_kind(text: str, kind: str) -> str:
    """Return the text of an input as the value of the kind that its declaration gives it."""
    if kind == "boolean" and text.lower() in ("", "true", "false"):
        return TypedText.of(text.lower() == "true")
    if kind == "number" and not math.isnan(number := parse_number(text)):
        return TypedText.of(number)
    return text


def repository_values(repository: Repository) -> dict[str, str]:
    """Return what GitHub sets alike for every run of a repository, under both names."""
    known = _both(
        {
            "repository": repository.full_name,
            "repository_owner": repository.owner,
            "repository_id": str(repository.id or ""),
            "repository_owner_id": str(repository.owner_id or ""),
        }
    )
    event = {
        "repository.name": repository.name,
        "repository.full_name": repository.full_name,
        "repository.owner.login": repository.owner,
        "repository.default_branch": repository.default_branch or "",
    }
    return known | {f"github.event.{name}": value for name, value in event.items() if value}


def run_values(attempt: Attempt) -> dict[str, str]:
    """Return what GitHub sets for every step of this attempt, under both names, and what its event leaves empty."""
    facts = {
        "sha": attempt.head_sha,
        "run_id": str(attempt.run_id),
        "run_number": str(attempt.run_number),
        "run_attempt": str(attempt.attempt),
        "actor": attempt.first_actor or attempt.actor,
        "triggering_actor": attempt.actor,
        "event_name": attempt.event,
        "workflow": attempt.workflow_name,
    }
    return repository_values(attempt.repository) | _both(facts | _ref_values(attempt)) | _event_values(attempt)


def _both(facts: Mapping[str, str]) -> dict[str, str]:
    """Return facts as the ``github`` context and as the runner's variables; what is not legible is no variable."""
    known = {name: value for name, value in facts.items() if value}
    return {f"github.{name}": value for name, value in known.items()} | {
        f"GITHUB_{name.upper()}": value for name, value in known.items() if "$" not in value
    }


def _ref_values(attempt: Attempt) -> dict[str, str]:
    """Return what is known of the run's ref; of a pull request's, that it is one."""
    named = attempt.workflow_path.partition("@")[2]
    if named.startswith("refs/"):
        ref = named
    elif attempt.event in _ON_MERGE:
        number = _MERGE.fullmatch(attempt.head_branch or "")
        ref = f"refs/pull/{number[1] if number else _NUMBER}/merge"
    elif attempt.event == "pull_request_target":
        ref = "refs/heads/${{ github.base_ref }}"
    else:
        refs = refs_of_run(attempt)
        ref = refs[0] if len(refs) == 1 else ""
        if len(refs) > 1:
            return {
                "ref": f"refs/${{{{ github.ref_type }}}}/{attempt.head_branch}",
                "ref_name": attempt.head_branch or "",
            }
    name = ref.split("/", 2)[2] if ref.count("/") > 1 else ""
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    return {"ref": ref, "ref_name": name, "ref_type": kind} if ref else {}


def _event_values(attempt: Attempt) -> dict[str, str]:
    """Return what the event gives to contexts, and which it leaves without a value."""
    if not attempt.event:
        return {}
    empty: dict[str, str] = {}
    if attempt.event not in ("pull_request", "pull_request_target"):
        if not attempt.event.startswith("pull_request"):
            empty |= dict.fromkeys(("github.head_ref", "github.base_ref"), "")
            empty["github.event.pull_request"] = TypedText.of(None)
    elif attempt.head_branch and not _MERGE.fullmatch(attempt.head_branch):
        empty["github.head_ref"] = attempt.head_branch
    if attempt.event == "release" and attempt.head_branch:
        empty["github.event.release.tag_name"] = attempt.head_branch
    if attempt.event != "workflow_dispatch":
        empty["inputs"] = TypedText.of({})
        empty["github.event.inputs"] = TypedText.of(None)
    return empty


def _braced(found: re.Match[str], values: Mapping[str, str]) -> str:
    name, default, start, length, lower, cut = found.groups()
    value = values.get(name)
    if value is None:
        return found[0] if default is None else default
    if length is not None:
        begin = int(start or 0)
        return value[begin : begin + int(length)]
    if cut:
        return _cut(value, cut)
    return value.lower() if lower else value


def _cut(value: str, cut: str) -> str:
    """Apply ``#*c``, ``##*c``, ``%c*`` or ``%%c*``: the ways in which scripts take an image address apart."""
    mark = cut.strip("#%*")
    if not mark or mark not in value:
        return value
    match cut[: 2 if cut[1] in "#%" else 1]:
        case "#":
            return value.partition(mark)[2]
        case "##":
            return value.rpartition(mark)[2]
        case "%":
            return value.rpartition(mark)[0]
        case _:
            return value.partition(mark)[0]
