"""Recognise the words with which a program says that it failed by itself: nobody refused it anything.

They matter in a step that uses AWS and that no rule explains: such words there, and no refusal, are proof of another reason.
This is a list of understood forms; what is not on it stays unknown. So does a fault behind words of a refusal, which it may
follow from, and a tool's summary that something which it ran failed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from diagnosis.logs.log_text import LogLine

_LONGEST, _LAST, _BEFORE = 400, 20, 1_000
"""Characters of a line, and lines at the end of a step, that are looked at: for a fault, and for a refusal."""
_REFUSAL = re.compile(
    r"\b40[13]\b|denied|unauthori[sz]ed|forbidden|not (?:been )?authori[sz]ed|refus(?:ed|al)|not allowed|expired|rejected",
    re.IGNORECASE,
)

_FAULT = re.compile(
    # Interpreters, of faults in the program itself.
    r"^(?:Uncaught )?(?:ModuleNotFound|Import|Syntax|Indentation|Name|Key|Type|Attribute|Index|ZeroDivision|Assertion|Recursion|"
    r"UnboundLocal|Reference|Range|FileNotFound|UnicodeDecode|JSONDecode)Error(?: \[\w{1,60}\])?: "
    r"|^(?:Error: )?Cannot find (?:module|package) '"
    r"|^panic: runtime error: |^thread '[^']{1,80}' panicked at |^Exception in thread \"[^\"]{1,80}\" java\.lang\.\w{1,60}"
    # Shells and their usual tools.
    r"|: line \d{1,6}: (?:[\w@*#?-]{1,80}: (?:unbound variable|parameter (?:null or )?not set)|syntax error|"
    r"[^:]{1,200}: bad substitution)"
    r"|^(?:cp|mv|rm|cat|ls|cd|tar|find|grep|stat|install|mkdir|ln|chmod|source|/[\w./-]{1,120}: line \d{1,6}(?:: cd)?): "
    r"[^:]{1,200}(?:: [^:]{1,200})?: No such file or directory$"
    r"|^jq: (?:parse )?error\b|^(?:jq: )?parse error: |^sed: -e expression|^tar: Error is not recoverable"
    r"|^(?:diff|patch|unzip|gzip): [^:]{1,200}: |^fatal: (?:not a git repository|ambiguous argument|couldn't find remote ref|"
    r"pathspec|bad revision)"
    # Builds: inputs that are not there.
    r"|^make(?:\[\d{1,3}\])?: \*\*\* (?:No rule to make target|missing separator)"
    r"|^npm (?:ERR!|error) (?:code (?:ERESOLVE|ENOENT|EJSONPARSE|EBADENGINE)|[Mm]issing script)"
    r"|\bis not a docker command\b|^An image does not exist locally with the tag: |^tag does not exist: "
    r"|\bunable to prepare context: |^unknown (?:shorthand )?flag: |^Error: unknown (?:command|flag|shorthand flag)"
    r"|^(?:│ )?Error: (?:Unsupported (?:argument|attribute|block type)|Invalid (?:reference|expression|function argument)|"
    r"Missing required argument|Reference to undeclared|Argument or block definition required|No configuration files)"
    # Waiting that found no good end: every call of it was answered.
    r"|\bWaiter \w{1,80} failed: (?:Max attempts exceeded|Waiter encountered a terminal failure state)"
)


def program_fault(lines: Sequence[LogLine]) -> LogLine | None:
    """Return the last printed line that says so, near the end of a step's output; None where none does. Never raises."""
    told = (line for line in reversed(lines[-_LAST:]) if line.printed and _FAULT.search(line.text[:_LONGEST]))
    found = next(told, None)
    if found is None or any(line.printed and _REFUSAL.search(line.text[:_LONGEST]) for line in lines[-_BEFORE:]):
        return None
    return found
