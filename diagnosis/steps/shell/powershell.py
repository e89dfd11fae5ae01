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
  | @\((?=[ \t]*[A-Za-z&])                             # the list of what a command prints
  | (?<![\w$.-])(?P<word>(?i:if|elseif|while|until|for|foreach|switch)(?=\s*\()|(?i:else|catch)(?=\s*\{))
  | @\{ | \{ | \}
    """,
    re.VERBOSE | re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{env:([A-Za-z_]\w*)\}", re.IGNORECASE)

_HEADER = re.compile(r"""[()]|"(?:[^"`]|`.)*"|'[^']*'|[^\s]""", re.DOTALL)
_LONGEST_HEADER = 2_000
_MAYBE = '\n[ "$PowerShell" ] && '
"""What nobody here can settle."""
_ENDS_WITH = re.compile(r"^[ \t]*(return|exit)[ \t]+([A-Za-z(&][^\n]*)", re.MULTILINE)
"""A command whose output a function or script ends with: it runs first."""


def is_powershell(shell: str | None, runner: str | None) -> bool:
    """Return whether a step's script is PowerShell: by its shell, or, where none is written, by the runner's system."""
    if shell is None:
        return runner == "Windows"
    return (shell.split() or [""])[0].lower().removesuffix(".exe") in ("pwsh", "powershell")


def _block_behind(script: str, at: int) -> int:
    """Return where the block behind a condition in round brackets begins, or behind ``else`` or ``catch``; -1 where none does."""
    depth = 0
    for found in _HEADER.finditer(script, at, min(len(script), at + _LONGEST_HEADER)):
        if found[0] == "(":
            depth += 1
        elif found[0] == ")":
            depth -= 1
        elif depth == 0:
            return found.start() if found[0] == "{" else -1
    return -1


def with_blocks_apart(script: str) -> str:
    """Return the script with the braces of its blocks at the ends and beginnings of lines, and without longer comments."""
    tables: list[bool] = []
    guarded: set[int] = set()

    def apart(found: re.Match[str]) -> str:
        text = found[0]
        if text.startswith("<#"):
            return " "
        if text == "@(":
            return "$("
        if found["word"]:
            # A shell would look for its own end of such a statement. The block may run or not.
            guarded.add(_block_behind(script, found.end()))
            return ""
        if text in ("{", "@{"):
            tables.append(text == "@{")
            guard = _MAYBE if found.start() in guarded else ""
            return text if tables[-1] else f"{guard}{{\n"
        if text == "}":
            return text if tables and tables.pop() else "\n}\n"
        return text

    return _ENDS_WITH.sub(r"\2\n\1", _VARIABLE.sub(r"${\1}", _TOKEN.sub(apart, script)))
