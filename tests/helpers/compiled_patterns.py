"""Every regular expression that the packages compile when they are imported, with its place; run as a program it prints them."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]
_PACKAGES = ("diagnosis", "probes", "tui")


class Compiled(NamedTuple):
    """One pattern, the line that compiles it and its flags."""

    file: str
    line: int
    pattern: str
    flags: int


def compiled_patterns() -> list[Compiled]:
    """Import every module in a process of its own, where ``re.compile`` notes who calls it."""
    told = subprocess.run([sys.executable, __file__], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Compiled(*row) for row in json.loads(told.stdout)]


def _main() -> None:
    sys.path.insert(0, str(ROOT))
    found: dict[tuple[str, int, str, int], None] = {}
    own = re.compile

    def compile_noted(pattern: Any, flags: Any = 0) -> Any:
        made = own(pattern, flags)
        caller = sys._getframe(1)
        file = Path(caller.f_code.co_filename)
        if isinstance(made.pattern, str) and file.is_relative_to(ROOT):
            found[file.relative_to(ROOT).as_posix(), caller.f_lineno, made.pattern, made.flags] = None
        return made

    re.compile = compile_noted
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            if not name.endswith("__main__"):
                importlib.import_module(name)
    print(json.dumps([key for key in found if key[0].split("/")[0] in _PACKAGES]))


if __name__ == "__main__":
    _main()
