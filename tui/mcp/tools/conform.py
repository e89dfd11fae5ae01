"""The tool that judges what a clone changes against its base branch, from files alone."""

from __future__ import annotations

from diagnosis.documents import conform as conform_document
from diagnosis.documents.json_values import Object
from diagnosis.verdicts.conform_rule import ConformRule
from tui.mcp import schemas
from tui.mcp.foreign_text import Marking
from tui.mcp.result import Answer
from tui.mcp.sources import place_of
from tui.mcp.telling import told_of_conformance
from tui.mcp.tools import inputs
from tui.mcp.tools.codes import of_verdict
from tui.mcp.tools.tool import Call, Tool

_SECONDS = 300.0
_CONFORM = Marking(slugs=frozenset({"rule"}), known=frozenset(ConformRule))


def _conform(call: Call) -> Answer:
    given = call.arguments
    options = {
        "base": call.text("base") or None,
        "paths": tuple(call.sources.root / path for path in call.texts("paths")),
        "repo": call.text("repository") or None,
        "default_branch": call.text("default_branch") or None,
        "account": call.text("account") or None,
        "region": call.text("region") or None,
        "roles": tuple(f"{each['name']}={each['arn']}" for each in given.get("roles", ())),
        "parameters": tuple(f"{each['name']}={each['value']}" for each in given.get("parameters", ())),
        "everything": bool(given.get("everything")),
    }
    case = place_of(call.sources.root, call.text("case")) if call.text("case") else None
    judged = call.sources.conformance(options, case, call.progress, call.cancelled)
    return Answer(
        told_of_conformance(judged, call.marker),
        of_verdict(judged.verdict),
        call.marker,
        _CONFORM.of_document(conform_document.document(judged), schemas.published("conform-1")),
        schema="planescope://schemas/conform-1",
    )


def _pair(first: str, second: str) -> Object:
    """Return the schema of two names that belong together."""
    return {
        "type": "object",
        "required": [first, second],
        "properties": {first: inputs.name("The name in the files."), second: inputs.name("What stands for it.")},
        "additionalProperties": False,
    }


TOOL = Tool(
    "conform",
    "Whether a change of roles, policies and workflows may be merged",
    "Judges what the working tree of the server's clone changes against its base branch: whom or what it newly admits or"
    " grants, what would deny the next release, what AWS would refuse, wildcards, second doors, static keys, unpinned"
    " actions. From files alone: no account, no token, no network.",
    {
        "base": {
            "type": "string",
            "pattern": "^[A-Za-z0-9_][A-Za-z0-9_./-]{0,199}$",
            "description": "The base branch; by default the clone's.",
        },
        "paths": {
            "type": "array",
            "items": inputs.name("A file or folder of the clone."),
            "maxItems": 50,
            "description": "Where documents are looked for; by default everywhere. Workflows are always read.",
        },
        "case": inputs.CASE,
        "repository": inputs.REPOSITORY,
        "default_branch": inputs.name("The repository's default branch."),
        "account": {"type": "string", "pattern": "^[0-9]{12}$", "description": "Where the files are applied."},
        "region": inputs.REGION,
        "roles": {
            "type": "array",
            "items": _pair("name", "arn"),
            "maxItems": 20,
            "description": "The ARNs of roles that the files call by a name.",
        },
        "parameters": {
            "type": "array",
            "items": _pair("name", "value"),
            "maxItems": 100,
            "description": "Values of CloudFormation parameters or Terraform variables.",
        },
        "everything": {"type": "boolean", "description": "Count what is so on the base branch as well."},
    },
    _conform,
    sections=("repository", "base", "judged_at", "verdict", "counts", "documents", "releases", "findings", "notes"),
    seconds=_SECONDS,
)
