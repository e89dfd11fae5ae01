"""Fill ``$NAME`` and ``${NAME:-default}`` into the text of a file, as compose, Earthfiles and their like do."""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.steps.shell.words import Variables, parameter

_REFERENCE = re.compile(r"\$\$|\$\{[^{}\n]{1,300}\}|\$[A-Za-z_]\w{0,100}")


def interpolated(text: str, values: Mapping[str, str]) -> str:
    """Return the text with what is known filled in; the rest stays as written. ``$$`` stands for a dollar sign."""
    if "$" not in text:
        return text
    names = {name for found in _REFERENCE.findall(text) for name in re.findall(r"[A-Za-z_]\w*", found)}
    variables = Variables({name: values[name] for name in names if name in values})

    def fill(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        value = parameter(found[0], variables, lambda _: None)
        return found[0] if value is None else value

    return _REFERENCE.sub(fill, text)


def dotenv(text: str) -> dict[str, str]:
    """Return the variables of a ``.env`` file."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, sign, value = line.strip().removeprefix("export ").partition("=")
        if sign and not name.startswith("#") and re.fullmatch(r"[A-Za-z_]\w*", name.strip()):
            text_of = value.strip()
            quoted = len(text_of) > 1 and text_of[0] == text_of[-1] and text_of[0] in "'\""
            found[name.strip()] = text_of[1:-1] if quoted else text_of.split(" #")[0].strip()
    return found
