"""Short labels for what a rerun would meet, of which no two read alike: they carry what differs, and no more.

``registry-push boundary`` and ``registry-push policy`` where one place is barred twice; else the place alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from diagnosis.causes import Cause
from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import Problem

FEW = 2
"""Problems of one place and cause that stand each for itself; more of them, one after another, are one item."""
_NAMED = 2
_Group: TypeAlias = tuple[Problem, ...]

_KINDS = {
    Cause.GET_AUTHORIZATION_TOKEN: "policy",
    Cause.PUSH_SCOPE: "policy",
    Cause.PULL_SCOPE: "policy",
    Cause.SERVICE_ACTION: "policy",
    Cause.REPOSITORY_POLICY_DENY: "repository policy",
    Cause.RESOURCE_POLICY: "resource policy",
    Cause.SESSION_POLICY: "session policy",
    Cause.RESOURCE_CONTROL_POLICY: "RCP",
    Cause.SCP: "SCP",
}
"""The policy that is in the way, for the causes that are one; the others' slugs say enough."""


@dataclass(frozen=True, slots=True)
class ForecastItem:
    """One item of the forecast: a problem, or several of one kind one after another."""

    first: int
    """The number of its first problem, from 1."""
    problems: _Group
    label: str

    @property
    def number(self) -> str:
        """``3``, or ``3–5`` for several."""
        last = self.first + len(self.problems) - 1
        return str(self.first) if last == self.first else f"{self.first}–{last}"

    @property
    def actions(self) -> tuple[str, ...]:
        """All actions of its problems, each once."""
        return _once(action for problem in self.problems for action in problem.actions)


def place_of(problem: Problem) -> str:
    """Return the checkpoint of a problem, or its plane where there is none."""
    return problem.checkpoint.value if problem.checkpoint else problem.plane.label


def labels(problems: Iterable[Problem]) -> tuple[str, ...]:
    """Return a label for each problem."""
    return _told_apart([(problem,) for problem in problems])


def items(problems: Sequence[Problem]) -> tuple[ForecastItem, ...]:
    """Return the forecast with many problems of one place and cause, one after another, as one item."""
    groups: list[_Group] = []
    for _, same in groupby(problems, lambda each: (each.plane, each.checkpoint, each.cause)):
        found = tuple(same)
        groups += [found] if len(found) > FEW else [(problem,) for problem in found]
    first, made = 1, []
    for group, label in zip(groups, _told_apart(groups), strict=True):
        made.append(ForecastItem(first, group, label))
        first += len(group)
    return tuple(made)


def _told_apart(groups: Sequence[_Group]) -> tuple[str, ...]:
    found = [place_of(group[0]) for group in groups]
    for part in _PARTS:
        alike = Counter(found)
        if len(alike) == len(found):
            break
        told = [_joined(part, group) for group in groups]
        differing = {
            label: len({word for word, other in zip(told, found, strict=True) if other == label}) > 1 for label in alike
        }
        found = [
            f"{label} {word}".rstrip() if differing[label] else label for label, word in zip(found, told, strict=True)
        ]
    return _numbered(found)


def _numbered(found: Sequence[str]) -> tuple[str, ...]:
    """Return the labels, with a number behind those that nothing tells apart."""
    taken: set[str] = set()
    for place, label in enumerate(found):
        name, number = label, 1
        while name in taken or (number > 1 and name in found):
            number += 1
            name = f"{label} ({number})"
        taken.add(name)
        found = [*found[:place], name, *found[place + 1 :]]
    return tuple(found)


def _joined(part: Callable[[Problem], str], group: _Group) -> str:
    words = _once(part(problem) for problem in group if part(problem))
    return ", ".join(words[:_NAMED]) + (f" and {len(words) - _NAMED} more" if len(words) > _NAMED else "")


def _kind(problem: Problem) -> str:
    return _KINDS.get(problem.cause, problem.cause.value)


def _resource(problem: Problem) -> Arn | None:
    return Arn.parse(problem.resource)


def _name(problem: Problem) -> str:
    arn = _resource(problem)
    return (arn.resource_id or arn.resource) if arn is not None else problem.resource or ""


def _action(problem: Problem) -> str:
    more = len(problem.actions) - 1
    return "" if more < 0 else problem.actions[0] + (f" and {more} more" if more else "")


def _role(problem: Problem) -> str:
    return f"role {problem.role_arn.name}" if problem.role_arn is not None else ""


def _account(problem: Problem) -> str:
    arn = _resource(problem)
    account = arn.account if arn is not None and arn.account else problem.role_arn.account if problem.role_arn else ""
    return f"in {account}" if account else ""


def _region(problem: Problem) -> str:
    arn = _resource(problem)
    return arn.region if arn is not None else ""


_PARTS: tuple[Callable[[Problem], str], ...] = (
    _kind,
    _action,
    _name,
    _role,
    _account,
    _region,
    lambda problem: f"of role {problem.role_arn.path}" if problem.role_arn else "",
    lambda problem: f"by {problem.role_arn.account}" if problem.role_arn else "",
    lambda problem: problem.cause.value,
    lambda problem: f"job {', '.join(problem.jobs)}" if problem.jobs else "",
    lambda problem: f"step {problem.step}" if problem.step else "",
    lambda problem: ", ".join(problem.actions),
    lambda problem: problem.resource or "",
)
"""What may tell two problems apart, the most telling first."""


def _once(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
