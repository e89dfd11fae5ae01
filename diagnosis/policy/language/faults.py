"""The kinds of fault for which a document is no policy, or for which AWS would refuse to save it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with a document, an element or a value."""

    NOT_JSON = "not-json"
    DUPLICATE_JSON_KEY = "duplicate-json-key"
    ELEMENT_UNKNOWN = "element-unknown"
    ELEMENT_CONFLICT = "element-conflict"
    """An element and its negation in one statement."""
    VALUE_TYPE = "value-type"
    """A number where a string belongs, a list where an object does."""
    TOO_LONG = "too-long"
    VERSION_INVALID = "version-invalid"
    STATEMENT_MISSING = "statement-missing"
    EFFECT_INVALID = "effect-invalid"
    ACTION_MISSING = "action-missing"
    ACTION_FORM = "action-form"
    RESOURCE_MISSING = "resource-missing"
    RESOURCE_UNWANTED = "resource-unwanted"
    RESOURCE_FORM = "resource-form"
    PRINCIPAL_MISSING = "principal-missing"
    PRINCIPAL_UNWANTED = "principal-unwanted"
    PRINCIPAL_TYPE = "principal-type"
    PRINCIPAL_FORM = "principal-form"
    OPERATOR_UNKNOWN = "operator-unknown"
    CONDITION_VALUE = "condition-value"
    """A value that the operator cannot compare."""
    SID_DUPLICATE = "sid-duplicate"
    SID_FORM = "sid-form"
    SECRET = "secret-in-policy"  # noqa: S105 - a kind of fault
    """A value that looks like a secret: it was not kept, so nobody can say what it decides."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why AWS would refuse a document that has a meaning."""

    fault: Fault
    path: str
    """JSON path of the element, keys unquoted; empty for the document."""
    why: str
    """A clause without a full stop."""
    value: str | None = None
    """The string that is refused, where it is one of a list."""

    @property
    def text(self) -> str:
        """The clause with its place."""
        return f"{self.path}: {self.why}" if self.path else self.why
