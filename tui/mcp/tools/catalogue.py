"""The tools that look something up: what a slug means, and the rest of an earlier result."""

from __future__ import annotations

from diagnosis.causes import Cause, Integrity
from diagnosis.documents import causes
from diagnosis.documents.exit_code import PASSED, ExitCode
from diagnosis.documents.json_values import Object, strings
from tui.backend import BackendProblem
from tui.mcp.result import LIMIT, Answer, page
from tui.mcp.tools.tool import Call, Tool


def _causes(call: Call) -> Answer:
    slugs = call.texts("slugs")
    found = tuple(each for each in Cause if each.value in slugs)
    integrity = tuple(each for each in Integrity if each.value in slugs)
    unknown = len(set(slugs) - {each.value for each in (*found, *integrity)})
    if not slugs:
        told = [f"{len(Cause)} causes and {len(Integrity)} integrity findings; ask for their slugs."]
        document: Object = {"schema": causes.SCHEMA, "slugs": strings(each.value for each in (*Cause, *Integrity))}
        return Answer(tuple(told), PASSED, call.marker, document)
    told = [f"{each.value}: {each.record.sentence} {each.record.next_step}" for each in found]
    told += [f"{each.value}: {each.record.sentence} {each.record.next_step}" for each in integrity]
    if unknown:
        told.append(f"{unknown} of the slugs are none of the catalogue; without `slugs` all are listed.")
    return Answer(tuple(told), ExitCode.USAGE if unknown else PASSED, call.marker, causes.document(found, integrity))


def _more(call: Call) -> Object:
    found = page(
        call.kept,
        str(call.arguments["result"]),
        call.text("path"),
        call.number("offset") or 0,
        call.number("limit") or LIMIT,
    )
    if found is None:
        raise BackendProblem(
            "There is no such result, or no such place in it.",
            "The latest results are kept alone: call the tool again.",
        )
    return found


TOOLS = (
    Tool(
        "causes",
        "What a slug means",
        "Says what slugs of causes and integrity findings mean: sentence, how to tell it apart, next step, owner. Without slugs: a"
        " list of all.",
        {"slugs": {"type": "array", "items": {"type": "string", "minLength": 1, "maxLength": 64}, "maxItems": 30}},
        _causes,
    ),
    Tool(
        "more",
        "The rest of a result",
        "Reads on in an earlier result, at a path and from an offset, without asking GitHub or AWS again.",
        {
            "result": {"type": "string", "pattern": "^r[0-9]{1,9}$", "description": "As the answer gave it."},
            "path": {
                "type": "string",
                "maxLength": 300,
                "description": "A section, or a path of `left_out`; `/` between members.",
            },
            "offset": {
                "type": "integer",
                "minimum": 0,
                "maximum": 10_000_000,
                "description": "The first item, or character.",
            },
        },
        _more,
        ("result",),
    ),
)
"""The tools that look up."""
