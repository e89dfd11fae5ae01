"""A policy document as it was read: its source text together with what the text means.

Secrets in it are not kept, wherever it comes from. A Sid decides nothing; a condition with a value that was not kept stays
open, and any other such value leaves the document without a meaning.

A document enters through :func:`read_document` (an answer of AWS, a file, a workflow's input) or is made by
:func:`write_document` (a proposed change). Nothing else parses a policy, and whoever holds the value never has to again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from diagnosis.logs.scrubbed_values import MARK, scrub_json_text
from diagnosis.policy.language.faults import Fault
from diagnosis.policy.language.parsing import Policy, Unparsable, parse_policy
from diagnosis.policy.language.size_limits import ANY, SizeLimit
from diagnosis.policy.language.strict_json import json_text
from diagnosis.policy.language.tree import Json, JsonObject

_LONGEST_NUMBER = 300
"""Characters of a number that are read as one; Python refuses to read much longer ones."""


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy document; two are equal where their texts are."""

    text: str
    """The JSON text as it was read or written; never put into a packet."""
    policy: Policy | Unparsable = field(compare=False, repr=False)
    """The text compiled for evaluation, or why it has no meaning."""
    tree: Mapping[str, Json] = field(compare=False, repr=False)
    """The text as plain JSON values, shared by all readers: not to be changed. Empty where the text is no policy."""

    @property
    def not_kept(self) -> tuple[str, ...]:
        """The JSON paths of the values that were not kept: with one of them the document cannot be written back."""
        return tuple(dict.fromkeys(_marked(self.tree or self.text, ""))) if MARK in self.text else ()

    def editable(self) -> JsonObject:
        """Return the document's JSON values as a copy of the caller's own. Raise ValueError where the text is no policy."""
        self.compiled()
        return _values(self.text)

    def compiled(self) -> Policy:
        """Return the compiled policy. Raise ValueError where the text is no policy."""
        if isinstance(self.policy, Unparsable):
            raise ValueError(self.policy.text)  # noqa: TRY004 - a wrong document, no wrong call
        return self.policy


def read_document(text: str, limit: SizeLimit = ANY) -> PolicyDocument:
    """Read a policy document from its JSON text. Never raises: what has no meaning is ``Unparsable`` in the value.

    So is a text that is larger than AWS takes for what it is attached to: ``limit``.
    """
    clean = scrub_json_text(text)
    if (refusal := limit.refusal(text)) is not None:
        return PolicyDocument(clean, Unparsable(refusal, fault=Fault.TOO_LONG), {})
    policy = parse_policy(clean)
    if clean != text and not isinstance(policy, Unparsable) and isinstance(parse_policy(text), Unparsable):
        # What took a secret's place must not give the text a meaning that it never had.
        policy = Unparsable("a value looks like a secret and was not kept", fault=Fault.SECRET)
    return PolicyDocument(clean, policy, {} if isinstance(policy, Unparsable) else _values(clean))


def write_document(tree: Mapping[str, Json], *, compact: bool = False) -> PolicyDocument:
    """Make a document of JSON values: indented by two spaces as people write it, or ``compact``, without white space."""
    return read_document(json_text(tree, separators=(",", ":")) if compact else json_text(tree, indent=2))


def _marked(value: Json | Mapping[str, Json], path: str) -> Iterator[str]:
    """Yield the paths of the texts in which something was not kept; a name stands for its member."""
    if isinstance(value, str):
        if MARK in value:
            yield path or "the document"
    elif isinstance(value, Mapping):
        for name, member in value.items():
            here = f"{path}.{name}" if path else name
            if MARK in name:
                yield here
            yield from _marked(member, here)
    elif isinstance(value, list):
        for position, item in enumerate(value):
            yield from _marked(item, f"{path}[{position}]")


def _values(text: str) -> JsonObject:
    values: JsonObject = json.loads(text, parse_int=number_of, parse_float=number_of)
    return values


def number_of(written: str) -> Json:
    """Return a number, or its text where Python would write it otherwise (``1.10``, ``1e999``): IAM takes either, by its text."""
    if len(written) > _LONGEST_NUMBER:
        return written
    number: int | float = json.loads(written)
    return number if json.dumps(number) == written else written
