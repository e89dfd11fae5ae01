"""Say what a command prints, where that follows from what is known: account and region of the session, the commit, files."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from diagnosis.names.arn import is_account_id
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.tools.call import Call, arguments, option
from diagnosis.steps.variables import is_legible

ACCOUNT = "aws.account"
"""Under which name the account of the job's session stands among the values."""
ROLE = "aws.role"
"""The ARN of the session's role, likewise."""
_MOST_FILES = 5
_CONVERSION = re.compile(r"%[%sdb]")


def output_of(call: Call) -> str | None:
    """Return what a command prints, without the last line's end; None where nobody can tell."""
    reader = _READERS.get(call.program)
    return reader(call) if reader else None


def _echo(call: Call) -> str | None:
    words = list(call.tail)
    escapes = False
    while words and re.fullmatch(r"-[neE]+", words[0]):
        escapes = escapes or "e" in words[0]
        words.pop(0)
    text = " ".join(words)
    return _unescaped(text) if escapes else text


def _unescaped(text: str) -> str:
    for written, sign in (("\\n", "\n"), ("\\r", "\r"), ("\\t", "\t")):
        text = text.replace(written, sign)
    return text


def _printf(call: Call) -> str | None:
    if not call.tail or call.tail[0].startswith("-"):
        return None
    pattern, rest = _unescaped(call.tail[0]), list(call.tail[1:])
    if "%" in _CONVERSION.sub("", pattern):
        return None
    slots = len([found for found in _CONVERSION.findall(pattern) if found != "%%"])
    made: list[str] = []
    while True:
        made.append(
            _CONVERSION.sub(
                lambda found: "%" if found[0] == "%%" else (rest.pop(0) if rest else ""), pattern.replace("%%", "%%")
            )
        )
        if len(made) > 500:
            return None
        if not rest or not slots:
            return "".join(made).removesuffix("\n")


def _cat(call: Call) -> str | None:
    names = [word for word in call.tail if not word.startswith("-")]
    if not names:
        return call.stdin
    if len(names) > _MOST_FILES:
        return None
    texts = [call.text(name) for name in names]
    return "\n".join(text.rstrip("\n") for text in texts if text is not None) if None not in texts else None


def _basename(call: Call) -> str | None:
    names = arguments(call.tail, frozenset({"-s"}))
    if not names or "$" in names[0]:
        return None
    base = names[0].rstrip("/").rpartition("/")[2]
    ending = option(call.tail, "-s", "--suffix") or (names[1] if len(names) > 1 else "")
    return None if "$" in ending else base.removesuffix(ending)


def _dirname(call: Call) -> str | None:
    if len(call.tail) != 1 or "$" in call.tail[0]:
        return None
    return call.tail[0].rstrip("/").rpartition("/")[0] or "."


def _pwd(call: Call) -> str | None:
    return None if call.folder is None else "/github/workspace" + (f"/{call.folder}" if call.folder else "")


def _tr(call: Call) -> str | None:
    """Read the two forms that names need: to lower case, and away with a character."""
    if call.stdin is None or "$" in call.stdin:
        return None
    match call.tail:
        case ("[:upper:]" | "A-Z", "[:lower:]" | "a-z"):
            return call.stdin.lower()
        case ("[:lower:]" | "a-z", "[:upper:]" | "A-Z"):
            return call.stdin.upper()
        case ("-d", characters) if len(characters) < 10 and "[" not in characters and "-" not in characters[1:]:
            signs = _unescaped(characters)
            return None if "\\" in signs else "".join(each for each in call.stdin if each not in signs)
        case (old, new) if len(old) == len(new) == 1:
            return call.stdin.replace(old, new)
        case _:
            return None


def _cut(call: Call) -> str | None:
    delimiter, field = option(call.tail, "-d", "--delimiter"), option(call.tail, "-f", "--fields")
    if (
        call.stdin is None
        or "$" in call.stdin
        or not delimiter
        or not field
        or not field.isdecimal()
        or "\n" in call.stdin
    ):
        return None
    pieces = call.stdin.split(delimiter)
    if len(pieces) == 1:
        # A line without the delimiter is printed as it is.
        return "" if "-s" in call.tail else call.stdin
    at = int(field[:4]) - 1
    return pieces[at] if 0 <= at < len(pieces) else ""


def _git(call: Call) -> str | None:
    sha = call.values.get("GITHUB_SHA")
    match call.tail:
        case ("rev-parse", "HEAD"):
            return sha
        case ("rev-parse", short, "HEAD") if short.startswith("--short") and sha and is_legible(sha):
            length = short.partition("=")[2]
            return sha[: int(length) if length.isdecimal() and len(length) < 3 else 7]
        case ("rev-parse", "--show-toplevel"):
            return "/github/workspace"
        case _:
            return None


def _aws(call: Call) -> str | None:
    """Read what scripts ask of the AWS CLI to put an address together: account, region, a repository's address."""
    words = call.tail
    if option(words, "--profile"):
        return None
    query = (option(words, "--query") or "").strip("'\"")
    for place, word in enumerate(words[:8]):
        match words[place : place + 2]:
            case ("sts", "get-caller-identity"):
                account = call.values.get(ACCOUNT)
                if account is None or not is_account_id(account):
                    return None
                if query in ("Account", "[Account]", "Account[]"):
                    return account
                return json.dumps({"Account": account}) if not query else None
            case ("configure", "get") if words[place + 2 : place + 3] == ("region",):
                return call.values.get("AWS_REGION") or call.values.get("AWS_DEFAULT_REGION")
            case ("ecr", "describe-repositories"):
                return _repository_address(call, query)
            case _ if word in ("ecr", "s3", "sts"):
                return None
    return None


def _repository_address(call: Call, query: str) -> str | None:
    name = option(call.tail, "--repository-names", "--repository-name")
    account = option(call.tail, "--registry-id") or call.values.get(ACCOUNT)
    region = option(call.tail, "--region") or call.values.get("AWS_REGION") or call.values.get("AWS_DEFAULT_REGION")
    if not re.fullmatch(r"repositories\[0?\]\.\[?repositoryUri\]?", query) or not name or not is_legible(name):
        return None
    if not account or not is_account_id(account) or not region or not is_legible(region):
        return None
    return str(EcrAddress.private(account, region, name))


def _jq(call: Call) -> str | None:
    """Read one member of a JSON text: ``jq -r .Account``."""
    words = arguments(call.tail, frozenset({"--arg", "--argjson"}))
    found = re.fullmatch(r"\.([\w.-]{1,100})", words[0]) if words else None
    text = call.text(words[1]) if len(words) > 1 else call.stdin
    if found is None or text is None:
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    for name in found[1].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    if not isinstance(value, str):
        return None
    raw = any(
        word in ("--raw-output", "--join-output") or re.fullmatch(r"-(?=[a-zA-Z]*[rj])[a-zA-Z]++", word)
        for word in call.tail
    )
    return value if raw else json.dumps(value, ensure_ascii=False)


def _sort(call: Call) -> str | None:
    return "\n".join(sorted(call.stdin.split("\n"))) if call.stdin is not None and call.tail == () else None


_READERS: Mapping[str, Callable[[Call], str | None]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "basename": _basename,
    "dirname": _dirname,
    "pwd": _pwd,
    "tr": _tr,
    "cut": _cut,
    "git": _git,
    "aws": _aws,
    "jq": _jq,
    "tee": lambda call: call.stdin,
    "sort": _sort,
}
