"""Rules for the errors of applications and test runners, which may have stopped nothing."""

from __future__ import annotations

import re

from diagnosis.failures.rule import Weight
from diagnosis.logs.log_text import LineKind, LogLine

_QUIET = re.compile(
    r"^\S{0,40}\s?\[?(?:INFO|DEBUG|TRACE)\b(?!\[\d)|\"(?:level|severity|lvl|levelname)\":\s*\"?(?:info|debug|trace|INFO|DEBUG|TRACE)\b"
    r"|\blevel=(?:info|debug|trace)\b|^\s*(?:PASS|PASSED|ok)\b|[✓✔√]|\bPASSED\b|--- PASS"
    r"|^\S{1,200}?\.\w{1,8}:\d+:\d+:? |^\S{1,200}?\.(?:mdx?|rst|ya?ml|json|html):\d+[: ]"  # a linter quotes a file
    r"|^\s*(?:[-*•]|\d+[.)]) +([\"'`])(?:(?!\1).){20,}+\1 *+(?:[:=(–—→-]|means\b|if\b|usually\b)"  # advice
    r"|\b[Ii]f you (?:see|get|receive)\b"
    r"|^\W*(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{7,40} \w|\(\[[0-9a-f]{7,40}\]\(http|^⧗ "  # what a commit is about
    r"|^\W*(?:[Cc]ommit|PR|[Pp]ull [Rr]equest) (?:message|title|body)\b"
)
"""Not even the one who printed it calls it an error."""

_LEVEL = re.compile(r"\blevel=(?:info|debug|trace)\b")
_ERROR_FIELD = re.compile(r"\b(?:err|error)=\"?\S|msg=\"(?:\w+(?:Exception|Error): |[Ee]rror\b)")
"""A field of the line is an error all the same, whatever level its program gave it."""

_COPILOT = (
    r"(?:build|create|delete|deploy|describe|execute|get|initiate|list|package|push|retrieve|select|update|upload)"
    r" [^:]{1,200}: "
)
"""What the ``copilot`` command was at when it failed; a test that failed has the same cross."""

_APPLICATION = re.compile(
    r"^\s*\{(?!.*\"(?:level|severity)\": ?\"(?:fatal|FATAL|panic)\").*\"(?:level|severity|lvl|levelname)\""
    r"|^[\w.-]{1,60}\s*\| |\blevel=(?:warn(?:ing)?|error)\b"
    r"|^\[?\d{4}-\d\d-\d\d[ T][\d:.,+Z-]+\]?\s+(?:\[[^\]]{0,60}\]\s+)?\[?(?:ERROR|WARN|WARNING|FATAL)\b"
    r"|^(?:ERROR|WARN|WARNING|CRITICAL):[\w.]+:|^\[(?:ERROR|WARN)\] (?!Failed to execute goal )"
    r"|[✗×✖]|(?<!^)✘|^✘ (?!" + _COPILOT + r")|^E   |AssertionError|\bexpect\(|^\s+at \S+ ?\(|^\s*[+-] {2,}"
    r"|\bexpected\b.{0,80}\b(?:to|but|got|received)\b"
)
_STACK_EVENT = re.compile(r"\b(?:CREATE|UPDATE|DELETE)_FAILED\b")
_TOLERATED = re.compile(r"Proceeding anyway|\(ignored\)|non-fatal|[Cc]ontinuing|[Ii]gnoring|will be ignored|skipping")
_WARNED = re.compile(r"^(?:[Ww]arning|WARN|WARNING)\b(?!!)")
_APPLICATION_STEP = re.compile(
    r"\b(?:pytest|jest|vitest|mocha|rspec|phpunit|tox|ctest|bats|playwright test|cypress)\b"
    r"|\b(?:go|cargo|dotnet|npm|yarn|pnpm|make|mvn|gradle\w*|swift|bun|deno)\b.{0,40}\btest\b"
    r"|\bdocker(?:-compose| compose)?(?: \S+){0,6}? logs\b|\bkubectl (?:\S+ ){0,4}?logs\b|\bjournalctl\b"
    r"|^(?:cat|tail|less) \S*log"
)


def application_talk(line: LogLine, text: str) -> Weight | None:
    """Return the most that a line can weigh; None if it speaks of nothing that failed."""
    if line.kind is LineKind.ERROR:
        return Weight.ROOT
    if _QUIET.search(text):
        level = _LEVEL.search(text)
        return Weight.APPLICATION if level and _ERROR_FIELD.search(text, level.end()) else None
    if (_APPLICATION.search(text) and not _STACK_EVENT.search(text)) or _APPLICATION_STEP.search(line.title):
        return Weight.APPLICATION
    if _TOLERATED.search(text):
        return Weight.CONSEQUENCE
    if line.kind is LineKind.WARNING or _WARNED.match(text):
        return Weight.DOUBTFUL
    return Weight.ROOT
