"""The arguments that several tools take: bounded texts, names by their form, files by a path within the server's folder."""

from __future__ import annotations

from diagnosis.documents.json_values import Object
from tui.backend import BackendProblem
from tui.mcp.sources import text_of
from tui.mcp.tools.tool import Call

LONGEST_POLICY = 100_000
LONGEST_LOG = 1_000_000
_LONGEST_PATH = 400
_LONGEST_NAME = 256

STAGES = ("1", "2", "3", "4", "5", "6", "later")
INCIDENTS = ("release", "services")

DEMO: Object = {
    "type": "object",
    "properties": {
        "stage": {"enum": list(STAGES), "description": "release has 1 to 3 and later, services 1 to 6."},
        "incident": {"enum": list(INCIDENTS), "default": "release"},
    },
    "required": ["stage"],
    "additionalProperties": False,
    "description": "An embedded incident instead of a repository: no credentials, nothing is asked of anybody.",
}
RUNS: Object = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 300},
    "maxItems": 20,
    "description": "Ids or addresses of workflow runs of one repository. Without any: the newest red run of the repository.",
}
REPOSITORY: Object = {
    "type": "string",
    "pattern": r"^[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}$",
    "description": "OWNER/REPO; by default the one that the server was started for.",
}
CASE: Object = {
    "type": "string",
    "minLength": 1,
    "maxLength": _LONGEST_PATH,
    "description": "A case file (TOML) within the server's folder.",
}

REGION: Object = {"type": "string", "pattern": "^[a-z0-9-]{1,32}$", "description": "An AWS region."}


def name(description: str) -> Object:
    """Return the schema of a short text."""
    return {"type": "string", "minLength": 1, "maxLength": _LONGEST_NAME, "description": description}


def text(description: str, longest: int = LONGEST_POLICY) -> Object:
    """Return the schema of a document's text."""
    return {"type": "string", "minLength": 1, "maxLength": longest, "description": description}


def file(description: str) -> Object:
    """Return the schema of a file's path."""
    return {"type": "string", "minLength": 1, "maxLength": _LONGEST_PATH, "description": f"{description} ({_WHERE})"}


_WHERE = "a path within the server's folder, instead of the text"


def given_text(call: Call, text_argument: str, values: object = None) -> tuple[str, str]:
    """Return a text that stands in the arguments or in a file of the folder, and the file's name. Raises BackendProblem."""
    held = call.arguments if values is None else values
    if not isinstance(held, dict):
        return "", ""
    direct, path = held.get(text_argument), held.get("file")
    if isinstance(direct, str) == isinstance(path, str):
        raise BackendProblem(*_ONE_OF_TWO)
    return (direct, "") if isinstance(direct, str) else (text_of(call.sources.root, str(path)), str(path))


_ONE_OF_TWO = ("A document is given as its text or as a file.", "Give exactly one of the two.")
