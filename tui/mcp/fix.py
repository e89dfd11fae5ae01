"""The fix that an agent is given: patches that were proved on the model, with what they newly admit and take away, and no wildcard.

A path counts as proved where all gates were judged again after its changes and what AWS enforces passes. One whose proof does not
cover steps that were not understood says so. Of any other only the title leaves, labelled, without a patch. A change that
would grant by a wildcard what the account's own document does not grant by the same wildcard is withheld, with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum

from diagnosis.causes import Cause
from diagnosis.documents.json_values import Json, Object, strings
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import Remediation
from tui.mcp.wildcards import wildcards_added


class Proof(StrEnum):
    """How far a path is proved."""

    PROVED = "proved"
    """One more run passes what AWS enforces."""
    UNDERSTOOD = "proved-as-far-as-understood"
    """The same, but for steps of the release that could not be read."""
    NOT_PROVED = "not-proved"


def proof_of(path: Path) -> Proof:
    """Return how far a path is proved."""
    if path.passes_run or path.opens_all:
        return Proof.PROVED if not path.not_covered else Proof.UNDERSTOOD
    return Proof.UNDERSTOOD if path.opens_all_understood else Proof.NOT_PROVED


FORMATS = ("aws_cli", "terraform", "cloudformation")


def fix_object(diagnosis: Diagnosis, text: str = "aws_cli") -> Object:
    """Return the paths in their order: first those that are proved, each change with its patch as a difference and as ``text``."""
    withheld: dict[str, str] = {}
    for each in diagnosis.remediations:
        added = wildcards_added(each, diagnosis.live.account if diagnosis.live else None)
        if added:
            withheld[each.id] = (
                f"It would grant by a wildcard that the account's own document does not hold: {', '.join(added[:3])}."
            )
    offered: list[Object] = []
    others: list[Json] = []
    for path in diagnosis.paths:
        held = [each for each in path.remediations if each.id in withheld]
        proof = proof_of(path)
        if held or proof is Proof.NOT_PROVED:
            others.append(
                {
                    "title": path.title,
                    "proof": proof.value,
                    "why_not_offered": withheld[held[0].id] if held else _lacks(path),
                    "withheld": bool(held),
                    "changes": [_words(item) for item in path.remediations],
                }
            )
            continue
        offered.append(_path(path, proof, text))
    return {"paths": _without_repeats(offered), "not_offered": others}


def _path(path: Path, proof: Proof, text: str) -> Object:
    return {
        "proof": proof.value,
        "title": path.title,
        "proves": path.proves,
        "does_not_prove": path.does_not_prove,
        "not_covered": strings(path.not_covered),
        "newly_admits_beyond_the_need": strings(path.newly_admitted),
        "newly_admits": strings(_each(path.remediations, lambda item: item.widens)),
        "takes_away": strings(_each(path.remediations, lambda item: item.tightens)),
        "changes": [_change(item, text) for item in path.remediations],
    }


def _words(item: Remediation) -> Object:
    return {"id": item.id, "owner": item.owner.value, "title": item.title}


def _change(item: Remediation, text: str) -> Object:
    return {
        "id": item.id,
        "owner": item.owner.value,
        "causes": strings(item.causes),
        "title": item.title,
        "words": item.words,
        "warnings": strings(item.warnings),
        "difference": item.difference or None,
        text: getattr(item, text) or None,
    }


def _without_repeats(paths: list[Object]) -> list[Json]:
    """Return the paths, in which a change that an earlier one holds too names its place there instead of its patch again."""
    seen: list[tuple[Object, Object]] = []
    told: list[Json] = []
    for number, path in enumerate(paths):
        held = path["changes"]
        changes: list[Json] = []
        for place, change in enumerate(held if isinstance(held, list) else []):
            if not isinstance(change, dict):
                continue
            first = next((where for each, where in seen if each == change), None)
            if first is None:
                seen.append((change, {"path": number, "change": place}))
                changes.append(change)
            else:
                changes.append({**{name: change[name] for name in ("id", "owner", "title")}, "same_as": first})
        told.append({**path, "changes": changes})
    return told


def _each(items: Iterable[Remediation], of: object) -> Iterator[str]:
    seen: set[str] = set()
    for item in items:
        for word in of(item) if callable(of) else ():
            if word not in seen:
                seen.add(word)
                yield word


def _lacks(path: Path) -> str:
    return path.does_not_prove or "Its gates do not all pass on the model."


def without_patches(document: Object) -> Object:
    """Return a diagnosis document without the texts of patches: these leave by :func:`fix_object` alone, which looks at them."""
    return {name: _bare(value) for name, value in document.items()}


_TEXTS = frozenset({*FORMATS, "difference"})


def _bare(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: None if name in _TEXTS else _bare(item) for name, item in value.items()}
    return [_bare(item) for item in value] if isinstance(value, list) else value


FIX: Object = {
    "type": "object",
    "properties": {
        "paths": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "proof": {"enum": ["proved", "proved-as-far-as-understood"]},
                    **{each: {"type": "string"} for each in ("title", "proves", "does_not_prove")},
                    **{
                        each: {"type": "array", "items": {"type": "string"}}
                        for each in ("not_covered", "newly_admits_beyond_the_need", "newly_admits", "takes_away")
                    },
                    "changes": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "causes": {"type": "array", "items": {"$ref": "#/$defs/cause"}},
                                "warnings": {"type": "array", "items": {"type": "string"}},
                                **{
                                    each: {"type": ["string", "null"]}
                                    for each in ("id", "owner", "title", "words", "difference", *FORMATS)
                                },
                                "same_as": {
                                    "type": "object",
                                    "properties": {each: {"type": "integer"} for each in ("path", "change")},
                                },
                            },
                        },
                    },
                },
            },
        },
        "not_offered": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "proof": {"enum": ["proved", "proved-as-far-as-understood", "not-proved"]},
                    "why_not_offered": {"type": "string"},
                    "withheld": {"type": "boolean"},
                    "changes": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {each: {"type": "string"} for each in ("id", "owner", "title")},
                        },
                    },
                },
            },
        },
    },
    "$defs": {"cause": {"enum": [cause.value for cause in Cause]}},
}
"""What `fix` holds, before foreign text is marked."""
