"""Take a command line of the AWS CLI apart: global options, service, operation, options, and what stands between.

Source: AWS CLI User Guide, "Command structure in the AWS CLI", "Command line options in the AWS CLI", "Loading a parameter
from a file" and "Generating a CLI skeleton parameter from a JSON or YAML input file".
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import RepositoryFile

_GLOBAL_FLAGS = frozenset(
    {"debug", "noverifyssl", "nopaginate", "nosignrequest", "noclipager", "cliautoprompt", "nocliautoprompt", "version"}
    | {"noclierrorformat", "v2debug"}
)
_MOST_TEXT = 200_000
"""Characters of a JSON document that is read; a longer one counts as not legible."""


def folded(name: str) -> str:
    """Return a name without dashes, underscores and letter case: the CLI's ``--function-name`` is the API's ``FunctionName``."""
    return name.replace("-", "").replace("_", "").lower()


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of the AWS CLI."""

    service: str = ""
    """As the command line writes it: ``elbv2``, ``s3api``; empty for ``aws --version``."""
    operation: str = ""
    arguments: tuple[str, ...] = ()
    """What follows the operation and belongs to no option: ``wait`` is followed by the name of a waiter."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By folded name (:func:`folded`); a flag has no value. Top-level members of ``--cli-input-json`` stand here too."""
    documents: Mapping[str, object] = field(default_factory=dict)
    """The JSON documents among the values of options and the members of ``--cli-input-json``, by folded name."""
    unread: bool = False
    """Whether the command takes parameters from a document that is not legible."""

    @property
    def name(self) -> str:
        """Service and operation: ``ecs update-service``."""
        return f"{self.service} {self.operation}"

    def has(self, name: str) -> bool:
        """Return whether an option is given at all."""
        return folded(name) in self.options

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of an option; empty where it is not given, or is a flag."""
        return self.options.get(folded(name), ())

    def option(self, *names: str) -> str | None:
        """Return the first value of the first of these options that has one."""
        return next((values[0] for name in names if (values := self.values(name))), None)


FileReader: TypeAlias = Callable[[str], str | None]
"""Returns the text of a file as the command names it; None for one that was not read."""


def read_command(words: tuple[str, ...], text_of: FileReader = lambda _path: None) -> Command:
    """Return the command that the words after ``aws`` make, with the documents that it takes from the repository's files."""
    return _with_documents(_split(words), text_of)


def _split(words: tuple[str, ...]) -> Command:
    """Take the words apart; an option takes all words up to the next one, as options of the CLI may hold several values.

    The commands of ``aws s3`` are the exception: theirs take one value, and their paths may stand after it.
    """
    options: dict[str, list[str]] = {}
    plain: list[str] = []
    name: str | None = None
    for word in words:
        if word.startswith("--") and len(word) > 2:
            given, sign, value = word[2:].partition("=")
            given = folded(given)
            kept = options.setdefault(given, [])
            if sign:
                kept.append(value)
            name = None if sign or given in _GLOBAL_FLAGS or (plain[:1] == ["s3"] and given in _S3_FLAGS) else given
        elif name is not None:
            options[name].append(word)
            # Before the operation every option is a global one and takes one value at most.
            name = name if len(plain) > 1 and (plain[0] != "s3" or name == "grants") else None
        else:
            plain.append(word)
    service, operation = (*plain, "", "")[:2]
    return Command(service, operation, tuple(plain[2:]), {key: tuple(kept) for key, kept in options.items()})


_S3_FLAGS = frozenset(
    {"recursive", "dryrun", "quiet", "delete", "force", "humanreadable", "summarize", "followsymlinks", "sizeonly"}
    | {"nofollowsymlinks", "noguessmimetype", "onlyshowerrors", "noprogress", "exacttimestamps", "nooverwrite"}
    | {"ignoreglacierwarnings", "forceglaciertransfer", "validatesames3paths"}
)


def _with_documents(command: Command, text_of: FileReader) -> Command:
    options = dict(command.options)
    documents: dict[str, object] = {}
    unread = command.has("cli-input-yaml")
    for name, values in command.options.items():
        if len(values) != 1:
            continue
        path_alone = (command.name, name) in _PATHS
        text = text_of(values[0]) if path_alone else _text_of(values[0], text_of)
        if text is None:
            options[name] = () if values[0].startswith(("file:", "fileb:")) else values
            unread = unread or name == "cliinputjson"
        else:
            document = _parsed(text)
            if document is not None:
                documents[name] = document
            elif name == "cliinputjson":
                unread = True
            if text is not values[0]:
                options[name] = (text.strip(),)
    for name, member in _members(documents.get("cliinputjson")):
        # What the command line says itself overrides the document.
        if name not in options:
            options[name] = tuple(_texts(member))
            if isinstance(member, dict | list):
                documents[name] = member
    return replace(command, options=options, documents=documents, unread=unread)


_PATHS = frozenset({("ecs deploy", "taskdefinition")})
"""Options whose value is the path of a document, without ``file://``."""
_FROM_FILE = re.compile(r"file://(.+)|\$\(\s{0,9}(?:cat\s|<)\s{0,9}([^\s$()`|;&<>]+)\s{0,9}\)", re.DOTALL)


def _text_of(value: str, text_of: FileReader) -> str | None:
    """Return a value, or the text of the file that it refers to (``file://x``, ``$(cat x)``); None where that is not known.

    A file that is sent as it stands (``fileb://x``) is no text.
    """
    found = _FROM_FILE.fullmatch(value)
    if found is None:
        return None if value.startswith(("fileb://", "$(")) else value
    return text_of(found[1] or found[2])


def file_text(path: str, files: tuple[RepositoryFile, ...]) -> str | None:
    """Return the text of a file of the repository by the path that a command gives, from the root; None where it was not read."""
    wanted = _parts(path)
    for file in files:
        if _parts(file.path) == wanted and isinstance(file.text, Known):
            return file.text.value
    return None


def _parts(path: str) -> tuple[str, ...]:
    """Return the parts of a path from the repository's root; ``./`` and ``//`` make no difference."""
    return tuple(part for part in path.split("/") if part not in ("", "."))


def _parsed(text: str) -> object:
    """Return the JSON object or list that a text is; None where it is none."""
    if text.lstrip()[:1] not in ("{", "[") or len(text) > _MOST_TEXT:
        return None
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def _members(document: object) -> Iterable[tuple[str, object]]:
    if isinstance(document, dict):
        yield from ((folded(str(name)), member) for name, member in document.items())


def _texts(member: object) -> Iterable[str]:
    """Return a member as the values of an option: a text, or a list of texts."""
    listed = member if isinstance(member, list) else [member]
    yield from (str(item) for item in listed if isinstance(item, str | int) and not isinstance(item, bool))
