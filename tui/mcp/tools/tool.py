"""What a tool is: its name, what it takes and gives, how long it may take, and the function that answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from diagnosis.documents.json_values import Object
from tui.backend import CancelHook, ProgressHook
from tui.mcp.foreign_text import Marker
from tui.mcp.result import LARGEST_LIMIT, LIMIT, SMALLEST_LIMIT, Answer, Kept
from tui.mcp.sources import Sources


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool: its arguments, which fit the tool's schema, and what it may use."""

    arguments: Mapping[str, Any]
    sources: Sources
    kept: Kept
    progress: ProgressHook
    cancelled: CancelHook
    marker: Marker = field(default_factory=Marker)

    def text(self, name: str) -> str:
        """Return a text argument, empty where it is not given."""
        value = self.arguments.get(name)
        return value if isinstance(value, str) else ""

    def number(self, name: str) -> int | None:
        """Return a whole number, which JSON may write as ``5.0``; None where it is not given."""
        value = self.arguments.get(name)
        return int(value) if isinstance(value, (int, float)) else None

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts, empty where it is not given."""
        value = self.arguments.get(name)
        return tuple(value) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool of the server."""

    name: str
    title: str
    description: str
    properties: Object
    answer: Callable[[Call], Answer | Object]
    """Raises BackendProblem, Cancelled."""
    required: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    """The members of the document, of which a caller may choose."""
    default_sections: tuple[str, ...] = ()
    """Those that are given where none is chosen; empty for all."""
    seconds: float = 60.0
    """After which it is given up."""
    asks_others: bool = False
    """Whether it asks GitHub or AWS."""

    @property
    def input_schema(self) -> Object:
        """The schema of its arguments."""
        more: Object = {"limit": LIMIT_OF_ANSWER}
        if self.sections:
            more["sections"] = {
                "type": "array",
                "items": {"enum": list(self.sections)},
                "maxItems": len(self.sections),
                "uniqueItems": True,
                "description": "The sections of the document to return; each is named in `other_sections` of an answer without it.",
            }
        made: Object = {"type": "object", "properties": {**self.properties, **more}, "additionalProperties": False}
        return {**made, "required": list(self.required)} if self.required else made


LIMIT_OF_ANSWER: Object = {
    "type": "integer",
    "minimum": SMALLEST_LIMIT,
    "maximum": LARGEST_LIMIT,
    "default": LIMIT,
    "description": "The most characters of the answer; what does not fit is named in `left_out` and read with `more`.",
}

OUTPUT_SCHEMA: Object = {
    "type": "object",
    "required": ["schema", "exit_code", "exit_code_means"],
    "properties": {
        "schema": {"const": "planescope.mcp/1"},
        "answer": {"type": "array", "items": {"type": "string"}, "description": "The most important first."},
        "exit_code": {"enum": [0, 1, 2, 3, 4, 5, 6, 7, 70, 130]},
        "exit_code_means": {"type": "string"},
        "marking": {"type": "object", "properties": {"word": {"type": "string"}, "meaning": {"type": "string"}}},
        "result": {"type": "string", "description": "For `more`."},
        "fix": {"type": "object", "description": "Proved paths with patches; the unproved named without."},
        "document": {"type": "object", "description": "Sections of the --json document, foreign text marked."},
        "part": {},
        "path": {"type": "string"},
        "left_out": {"type": "array", "items": {"type": "object"}},
        "other_sections": {"type": "array", "items": {"type": "string"}},
        "how_to_get_it": {"type": "string"},
        "document_schema": {"type": "string", "description": "The resource with the whole schema."},
        "error": {},
        "way_out": {},
    },
}
"""What every tool gives: small, since a client may show it to its model with each session; the whole schemas are resources."""
