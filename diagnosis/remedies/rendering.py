"""Write a change as text that engineers paste: AWS CLI lines, Terraform (HCL), CloudFormation (in JSON, which is YAML too).

All values are foreign text: they are quoted for the language that they go into, so that a ref such as ``$(id)`` or
``${path.root}`` stays a name. HCL stands as ``terraform fmt`` leaves it: two spaces a level, and the ``=`` of neighbouring
lines in one column where their values end on the line.
"""

from __future__ import annotations

import json
import re
import shlex
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from diagnosis.logs.scrubbed_values import MARK
from diagnosis.policy import PolicyDocument
from diagnosis.policy.language.strict_json import json_text

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_+=,.@-]+")
_LONGEST_POLICY_NAME = 128
_MOST_PLACES = 5

Resource: TypeAlias = tuple[str, str, Mapping[str, object]]
"""Logical id, CloudFormation type, properties."""

EXISTING = "Goes into the template that owns these resources; a new stack would make them a second time."
"""The description of a template whose resources exist already."""


def shell(*words: str) -> str:
    """Return one command line; long options start on lines of their own."""
    if any(MARK in word for word in words):
        return not_ready()
    lines: list[str] = []
    for word in words:
        quoted = shlex.quote(word)
        if word.startswith("--") or not lines:
            lines.append(quoted)
        else:
            lines[-1] += f" {quoted}"
    return " \\\n  ".join(lines)


def with_document(words: Sequence[str], option: str, document: PolicyDocument, file_name: str) -> str:
    """Return a command that takes a policy document, with the lines that write the document to a file first."""
    return not_ready(document) if document.not_kept else with_file(words, option, document.text, file_name)


def with_file(words: Sequence[str], option: str, content: str, file_name: str) -> str:
    """Return a command that takes a file of JSON, with the lines that write the file first."""
    if MARK in content:
        return not_ready()
    # The quoted delimiter keeps the shell from expanding anything; JSON text has no line of its own that equals it.
    return f"cat > {shlex.quote(file_name)} <<'POLICY'\n{content}\nPOLICY\n" + shell(
        *words, option, f"file://{file_name}"
    )


def not_ready(document: PolicyDocument | None = None) -> str:
    """Return a comment, of shell and of HCL, in the place of a change that would write a placeholder over a value.

    Values that look like secrets are not kept (:mod:`diagnosis.logs.scrubbed_values`), so what holds one cannot be written back.
    """
    places = document.not_kept[:_MOST_PLACES] if document is not None else ()
    where = f" at {' and '.join(places)}" if places else ""
    return terraform_comment(
        f"This cannot be applied as it stands: a value{where} looks like a secret and was not kept. Make the change by hand in "
        "the document as the account has it; the difference shows what changes."
    )


def hcl_string(value: str) -> str:
    """Return a quoted HCL string in which template markers are literal."""
    quoted = _PAIR.sub(_one_point, json_text(value)).replace("${", "$${").replace("%{", "%%{")
    return _NOT_IN_HCL.sub(lambda found: found[1] + _ESCAPED[found[2]], quoted)


_NOT_IN_HCL = re.compile(r"((?<!\\)(?:\\\\)*)\\([bf])")
_ESCAPED = {"b": "\\u0008", "f": "\\u000c"}
"""JSON escapes that HCL does not know."""
_PAIR = re.compile(r"((?<!\\)(?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})")
"""A character beyond the first 65,536, as JSON escapes it in two parts; HCL writes it as one."""


def _one_point(found: re.Match[str]) -> str:
    high, low = int(found[2], 16) - 0xD800, int(found[3], 16) - 0xDC00
    return f"{found[1]}\\U{0x10000 + high * 0x400 + low:08x}"


class Reference(str):
    """An HCL expression that stands as it is (``aws_iam_policy.release.arn``); made of labels only, never foreign text."""

    __slots__ = ()


def hcl(value: object, depth: int = 0) -> str:
    """Return a JSON-like value as an HCL expression."""
    pad, inner = "  " * depth, "  " * (depth + 1)
    if isinstance(value, Mapping):
        if not value:
            return "{}"
        pairs = [(_hcl_key(str(key)), hcl(item, depth + 1)) for key, item in value.items()]
        return "{\n" + "".join(f"{inner}{row}\n" for row in _aligned(pairs)) + f"{pad}}}"
    if isinstance(value, list | tuple):
        if not value:
            return "[]"
        rows = [f"{inner}{hcl(item, depth + 1)}," for item in value]
        return "[\n" + "\n".join(rows) + f"\n{pad}]"
    if isinstance(value, Reference):
        return str(value)
    if isinstance(value, str):
        return hcl_string(value)
    return json.dumps(value)


def _hcl_key(key: str) -> str:
    return key if _PLAIN_KEY.match(key) else hcl_string(key)


def _aligned(pairs: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield ``name = value`` rows; neighbours whose values are of one line each share the column of the ``=``."""
    waiting: list[tuple[str, str]] = []
    for name, value in pairs:
        if "\n" in value:
            yield from _in_one_column(waiting)
            waiting = []
            yield f"{name} = {value}"
        else:
            waiting.append((name, value))
    yield from _in_one_column(waiting)


def _in_one_column(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    width = max((_columns(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        yield f"{name}{' ' * (width - _columns(name))} = {value}"


def _columns(text: str) -> int:
    """Return how many columns ``terraform fmt`` counts: a mark belongs to the character that it stands on."""
    return sum(unicodedata.category(character) not in ("Mn", "Me", "Mc", "Cf") for character in text)


def terraform_resource(
    kind: str, label: str, body: Mapping[str, object], documents: Mapping[str, PolicyDocument]
) -> str:
    """Return one resource block; ``documents`` are attributes that hold a policy, written through ``jsonencode``."""
    for document in documents.values():
        if document.not_kept:
            return not_ready(document)
    pairs = [(key, hcl(value, 1)) for key, value in body.items()]
    pairs += [(key, f"jsonencode({hcl(document.tree, 1)})") for key, document in documents.items()]
    rows = "".join(f"  {row}\n" for row in _aligned(pairs))
    if MARK in rows:
        return not_ready()
    return f'resource "{kind}" "{terraform_label(label)}" {{\n{rows}}}'


def terraform_comment(text: str) -> str:
    """Return one comment line, which foreign text cannot leave."""
    return "# " + "".join(character for character in text if character.isprintable())


def terraform_label(text: str) -> str:
    """Make a Terraform name of any text."""
    label = re.sub(r"[^A-Za-z0-9_]+", "_", text).strip("_").lower() or "release"
    return label if label[0].isalpha() or label[0] == "_" else f"r_{label}"


def cloudformation(logical_id: str, kind: str, properties: Mapping[str, object], description: str = EXISTING) -> str:
    """Return a CloudFormation template with one resource."""
    return template([(logical_id, kind, properties)], description)


def template(resources: Sequence[Resource], description: str = EXISTING) -> str:
    """Return a CloudFormation template; logical ids are made of any text, and differ where two would be the same."""
    listed: dict[str, object] = {}
    for logical_id, kind, properties in resources:
        listed[free_name(logical_name(logical_id), listed)] = {"Type": kind, "Properties": dict(properties)}
    text = json_text({"Description": description, "Resources": listed}, indent=2)
    # A template has no comment to say why.
    return "" if MARK in text else text


def logical_name(text: str) -> str:
    """Make a logical id of any text: ASCII letters and digits only, a letter first."""
    name = "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text) if part)[:200]
    return name if name[:1].isalpha() else f"Resource{name}"


def free_name(name: str, taken: Mapping[str, object]) -> str:
    """Return the name, numbered where it is taken."""
    number, wanted = 2, name
    while wanted in taken:
        wanted, number = f"{name}{number}", number + 1
    return wanted


def policy_name(text: str) -> str:
    """Make a policy name that IAM takes: a repository's name may hold slashes, a policy's may not."""
    return _NOT_IN_NAMES.sub("-", text).strip("-")[:_LONGEST_POLICY_NAME] or "release"
