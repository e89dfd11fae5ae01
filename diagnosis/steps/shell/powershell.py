"""Write a script of PowerShell so that it can be read like one of a Unix shell: each block's braces on lines of their own.

What is left alike in both is read: commands, their words, strings and variables. Comments of several lines are left out. Source:
about_Quoting_Rules, about_Comments, about_Hash_Tables and about_Script_Blocks of PowerShell's documentation.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""
    <\#.*?(?:\#>|\Z)                                   # a comment of several lines
  | (?<!\S)\#[^\n]*                                    # a comment
  | @(?P<sign>["'])[^\S\n]*\n.*?(?:\n(?P=sign)@|\Z)      # a here-string
  | "(?:[^"`]|`.|"")*(?:"|\Z) | '(?:[^']|'')*(?:'|\Z)  # strings
  | `.                                                 # an escaped sign
  | \$\{\{(?:[^{}'\n]|'[^'\n]{0,200}'){0,200}\}\}       # an expression of GitHub's
  | \$\{[^{}\n]{0,200}\}                             # a variable
  | @\{ | \{ | \}
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{env:([A-Za-z_]\w*)\}", re.IGNORECASE)


def is_powershell(shell: str | None, runner: str | None) -> bool:
    """Return whether a step's script is PowerShell: by its shell, or, where none is written, by the runner's system."""
    if shell is None:
        return runner == "Windows"
    return (shell.split() or [""])[0].lower().removesuffix(".exe") in ("pwsh", "powershell")


def with_blocks_apart(script: str) -> str:
    """Return the script with the braces of its blocks at the ends and beginnings of lines, and without longer comments."""
    tables: list[bool] = []

    def apart(found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("<#"):
            return " "
        if text in ("{", "@{"):
            tables.append(text == "@{")
            return text if tables[-1] else "{\n"
        if text == "}":
            return text if tables and tables.pop() else "\n}\n"
        return text

    return _VARIABLE.sub(r"${\1}", _TOKEN.sub(apart, script))
