"""Find the legs of a job with a matrix: the name that GitHub shows for each, and its values.

Source: GitHub's documentation of ``strategy.matrix``, and the open code that builds a matrix: the product of the lists in
their order, without what ``exclude`` names; an ``include`` adds to every combination whose own values it does not contradict,
else it is a leg by itself. A leg's name has the values of its combination, not what an ``include`` added to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from diagnosis.facts.workflow import WorkflowJob
from diagnosis.steps.expressions.json_text import NoJson, read_json
from diagnosis.steps.expressions.text import filled, spans, value_of
from diagnosis.steps.expressions.values import TypedText, Value, equal, folded, is_known, text_of

MOST_LEGS = 256
"""Of one job; GitHub allows no more."""
LONGEST_NAME = 100
"""Characters of a leg's name; GitHub cuts off a longer one and puts three dots."""
_PREFIX = "matrix."


@dataclass(frozen=True, slots=True)
class Leg:
    """One job that a job of the file becomes."""

    name: str
    """As GitHub shows it; with ``${{ … }}`` in it where it is not known."""
    values: tuple[tuple[str, str], ...] = ()
    """``matrix`` (the whole) and ``matrix.KEY``, as :class:`TypedText`; none for a job without matrix."""
    known: bool = True
    """Whether the file tells the legs. Where it does not, one leg without values stands for all of them."""
    full_name: str = ""
    """The name with what an ``include`` added, where that is another one."""


class _NotLegible(Exception):  # noqa: N818 - becomes a value at once
    """A part of the matrix is an expression whose value is not known."""


def legs_of(job: WorkflowJob, values: Mapping[str, str] | None = None) -> tuple[Leg, ...]:
    """Return the legs of a job, in GitHub's order: one for a job without matrix, none for a matrix that is empty.

    ``values``: what is known of the run, for expressions in the matrix and in the name.
    """
    known = values or {}
    if job.matrix is None:
        return (Leg(filled(_base(job), known)),)
    try:
        found = _combinations(read_json(job.matrix), known)
    except (_NotLegible, NoJson):
        return (Leg(filled(_base(job), known), known=False),)
    return tuple(_leg(job, own, added, known) for own, added in found)


def leg_named(job: WorkflowJob, shown: str, values: Mapping[str, str] | None = None) -> Leg | None:
    """Return the leg of that name; where the matrix is not known, with the one value that the name tells.

    Of several legs of that name, what they have in common; None where no leg has it.
    """
    legs = legs_of(job, values)
    fitting = _named(legs, shown)
    if fitting:
        return fitting[0] if len(fitting) == 1 else _in_common(fitting)
    unknown = next((leg for leg in legs if not leg.known), None)
    return _told_by_name(job, unknown, shown) if unknown else None


def legs_named(job: WorkflowJob, shown: str, values: Mapping[str, str] | None = None) -> list[Leg]:
    """Return every leg of that name that the file tells."""
    return _named(legs_of(job, values), shown)


def _named(legs: Sequence[Leg], shown: str) -> list[Leg]:
    return [leg for leg in legs if leg.known and shown == leg.name] or [
        leg for leg in legs if leg.known and shown == leg.full_name
    ]


def _in_common(legs: Sequence[Leg]) -> Leg:
    """Return the values that all these legs have."""
    first, *others = legs
    same = tuple(pair for pair in first.values if all(pair in leg.values for leg in others))
    return Leg(first.name, same, known=len(same) == len(first.values))


@lru_cache(maxsize=1024)
def names_of_legs(matrix: str, base: str) -> frozenset[str]:
    """Return the names of the legs of a job with this matrix and name, as far as the file alone tells them."""
    legs = legs_of(WorkflowJob(base, base, matrix=matrix))
    return frozenset(name for leg in legs if leg.known for name in (leg.name, leg.full_name) if name)


def _base(job: WorkflowJob) -> str:
    return job.name or job.id


def _leg(job: WorkflowJob, own: dict[str, Value], added: dict[str, Value], known: Mapping[str, str]) -> Leg:
    whole = own | added
    values = (("matrix", TypedText.of(whole)), *((_PREFIX + key, TypedText.of(value)) for key, value in whole.items()))
    base = _base(job)
    if "${{" in base:
        return Leg(_cut(filled(base, {**known, **dict(values)})), values)
    name, full = _with_values(base, own), _with_values(base, whole)
    return Leg(name, values, full_name=full if full != name else "")


def _with_values(base: str, values: Mapping[str, Value]) -> str:
    shown = [text for value in values.values() for text in _leaves(value) if text]
    return _cut(f"{base} ({', '.join(shown)})" if shown else base)


def _cut(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 3] + "..."


def _leaves(value: Value) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    else:
        yield text_of(value)


def _combinations(written: Value, known: Mapping[str, str]) -> list[tuple[dict[str, Value], dict[str, Value]]]:
    """Return each combination's own values, with those that are added to it."""
    matrix = _evaluated(written, known)
    if not isinstance(matrix, dict):
        raise _NotLegible
    lists = {key: value for key, value in matrix.items() if key.lower() not in ("include", "exclude")}
    include, exclude = (_objects(matrix, name) for name in ("include", "exclude"))
    keys = {folded(key) for key in lists}
    found: list[tuple[dict[str, Value], dict[str, Value]]] = []
    used = [False] * len(include)
    for own in _product(lists):
        if any(_matches(own, each) for each in exclude):
            continue
        added: dict[str, Value] = {}
        for place, each in enumerate(include):
            if _matches(own, {key: value for key, value in each.items() if folded(key) in keys}):
                used[place] = True
                added |= {key: value for key, value in each.items() if folded(key) not in keys}
        found.append((own, added))
    for each, taken in zip(include, used, strict=True):
        if not taken:
            # The keys of the matrix come first, in the order in which the entry has them.
            ordered = sorted(each, key=lambda key: folded(key) not in keys)
            found.append(({key: each[key] for key in ordered}, {}))
    if len(found) > MOST_LEGS:
        raise _NotLegible
    return found


def _evaluated(value: Value, known: Mapping[str, str]) -> Value:
    if isinstance(value, dict):
        return {key: _evaluated(item, known) for key, item in value.items()}
    if isinstance(value, list):
        return [_evaluated(item, known) for item in value]
    if not isinstance(value, str) or "${{" not in value:
        return value
    found = spans(value)
    if len(found) == 1 and found[0][:2] == (0, len(value)):
        result = value_of(found[0][2], known)
        if is_known(result):
            return result
        raise _NotLegible
    text = filled(value, known)
    if "${{" in text or "***" in text:
        raise _NotLegible
    return text


def _objects(matrix: Mapping[str, Value], name: str) -> list[dict[str, Value]]:
    found = next((value for key, value in matrix.items() if key.lower() == name), None) or []
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found) or len(found) > MOST_LEGS * 4:
        raise _NotLegible
    return [item for item in found if isinstance(item, dict) and item]


def _product(lists: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """Yield the combinations; the last list changes fastest. Without any list there is none."""
    size = 1
    for value in lists.values():
        if not isinstance(value, list):
            raise _NotLegible
        size *= len(value)
        if size > MOST_LEGS * 16:
            raise _NotLegible
    if not lists:
        return
    made: list[dict[str, Value]] = [{}]
    for key, value in lists.items():
        made = [{**before, key: item} for before in made for item in (value if isinstance(value, list) else [])]
    yield from made


def _matches(within: Value, wanted: Value) -> bool:
    """Return whether everything that ``wanted`` names is there with an equal value, however deep."""
    if isinstance(wanted, dict):
        members = {folded(key): value for key, value in within.items()} if isinstance(within, dict) else {}
        return all(_matches(members.get(folded(key)), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        items = within if isinstance(within, list) else []
        return all(_matches(items[at] if at < len(items) else None, value) for at, value in enumerate(wanted))
    return equal(within, wanted)


def _told_by_name(job: WorkflowJob, leg: Leg, shown: str) -> Leg | None:
    """Return the leg with the value of a matrix of one key, which the shown name tells between brackets."""
    keys = _keys(job.matrix or "")
    inner = shown.removeprefix(f"{leg.name} (").removesuffix(")")
    if len(keys) != 1 or "${{" in leg.name or shown != f"{leg.name} ({inner})" or not _is_whole(shown, inner):
        return Leg(shown, known=False)
    return Leg(shown, ((_PREFIX + keys[0], inner),), known=False)


def _is_whole(shown: str, inner: str) -> bool:
    """Return whether a name was not cut, and tells a text or a number: of ``true`` it does not tell which it was."""
    return len(shown) < LONGEST_NAME and inner not in ("true", "false") and "***" not in inner and "$" not in inner


@lru_cache(maxsize=256)
def _keys(matrix: str) -> tuple[str, ...]:
    """Return the keys of a matrix that neither adds nor takes away legs."""
    try:
        found = read_json(matrix)
    except NoJson:
        return ()
    keys = tuple(found) if isinstance(found, dict) else ()
    return () if {"include", "exclude"} & {key.lower() for key in keys} else keys
