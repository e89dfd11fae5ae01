"""Rules for steps that failed for another reason than access: tests, builds, disk, time limits, exit codes."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, holding, lighter, other, says

_TESTS = other(Cause.TEST_FAILURE)
_BUILD = other(Cause.BUILD_FAILURE)
_EXIT = re.compile(r"(?:exit code|exit status|exited with|failed with exit code|ERROR: Job failed)\D{0,20}(\d+)")
_KILLED = "137"
_BROKEN_BUILD = re.compile(
    r"did not complete successfully|not found|failed to compute cache key|dockerfile parse error|executor failed"
)

TEST_RUNNER = re.compile(
    r"(?<!=)={3,} .{0,400}\b\d{1,9} failed\b|FAILED \((?:failures|errors)=|FAILED \S+::|\bTests:\s+\d+ failed|test result: FAILED"
    r"|^--- FAIL: |\bFAIL\s+\S+\.(?:test|spec)\.|There (?:are|were) (?:test failures|failing tests)"
    r"|[Tt]ests failed$|npm (?:ERR!|error) Test failed|^FAIL\t|Test Files  .{0,400}failed"
    r"|^\s*\d+ failing\b|\b\d{1,9} (?:examples?|tests?|specs?), [1-9]\d* failures?\b|^FAILURES!$"
    r"|Tests: \d+, Assertions: \d+.{0,80}(?:Failures|Errors): [1-9]"
    r"|Tests run: \d+, Failures: (?:[1-9]|\d+, Errors: [1-9])|\b\d{1,9} tests? completed, [1-9]\d* failed"
    r"|Failed!\s+- Failed:|^not ok \d|\b[1-9]\d{0,8} tests? failed out of"
)
"""The summary of a test runner that saw failures."""

_TEST_ITSELF = re.compile(
    r"^(?:FAILED|ERROR) \S+::\S|^\[ERROR\]\s+Tests run: \d+, Failures: (?:[1-9]|\d+, Errors: [1-9])"
)
_TEST_TRACEBACK = re.compile(r"^E {3,}\S")


def told_of_a_test(text: str) -> Seen | None:
    """Return whether a test runner tells of its tests in this line: whatever error it names is a test's."""
    if _TEST_ITSELF.search(text):
        return _TESTS
    return lighter(_TESTS, Weight.DOUBTFUL) if _TEST_TRACEBACK.search(text) else None


def _tests(text: str, _scene: LogContext) -> Seen | None:
    return _TESTS if TEST_RUNNER.search(text) else None


def _solve(text: str, context: LogContext) -> Seen | None:
    """Judge BuildKit's last word. It repeats the reason; what is an access failure was caught by an earlier rule."""
    if context.reads_cache(text):
        return None
    if _BROKEN_BUILD.search(text):
        return _BUILD
    return lighter(_BUILD, Weight.OUTCOME)


def _exit(text: str, _scene: LogContext) -> Seen | None:
    found = _EXIT.search(text)
    if not found or found[1] == "0":
        return None
    if "did not complete successfully" in text:
        return _BUILD
    return other(Cause.KILLED if found[1] == _KILLED else None, weight=Weight.OUTCOME)


_NO_TOOL = re.compile(
    r"command not found\b|executable file not found in \$?%?PATH"
    r"|(?<![\w./-])(?:(?:/[\w./-]{1,200})?\b(?:[azk]?sh|[bd]ash)|[\w./-]{1,200}: (?:line )?\d{1,6}): (?:exec: )?"
    r"[\w.@/+-]{1,200}: not found\W*$"
    r"|is not recognized as (?:an internal or external command|the name of a cmdlet|a name of a cmdlet)"
    r"|\b(?:spawn|execut|run)\w{0,5}\b.{0,300}No such file or directory \(os error 2\)"
    r"|Unable to locate executable file: \S|\bspawn \S{1,300} ENOENT"
)
"""How shells and runtimes name a program that is not there; of a file or an image others say *not found* too."""
_NO_FILE_ACCESS = re.compile(
    r"(?:mkdir|open|stat|chmod|chown|unlink|remove|rename|fork/exec|cp|mv|rm|touch|bash|sh|tar|cat|tee|install)\b[^:]{0,200}"
    r"(?::[^:]{0,300})?: [Pp]ermission denied\b|EACCES: permission denied|\[Errno 13\] Permission denied|[Oo]peration not permitted"
)


def _tool(text: str, _scene: LogContext) -> Seen | None:
    return other(Cause.TOOL_MISSING, weight=Weight.DOUBTFUL) if _NO_TOOL.search(text) else None


def _file(text: str, _scene: LogContext) -> Seen | None:
    return other(Cause.FILE_PERMISSION, weight=Weight.DOUBTFUL) if _NO_FILE_ACCESS.search(text) else None


RULES: tuple[Rule, ...] = (
    Rule(
        (
            "ommand not found",
            ": not found",
            "executable file not found",
            "is not recognized as",
            "locate executable",
            "ENOENT",
            "(os error 2)",
        ),
        _tool,
    ),
    Rule(("ermission denied", "peration not permitted"), _file),
    holding(other(Cause.RUNNER_LOST), "The runner has received a shutdown signal"),
    Rule(("The hosted runner", "The self-hosted runner"), says("lost communication", other(Cause.RUNNER_LOST))),
    holding(other(Cause.TIME_LIMIT), "has exceeded the maximum execution time", "has timed out after"),
    holding(other(Cause.CANCELLED, weight=Weight.OUTCOME), "The operation was canceled", "The run was canceled by"),
    holding(other(Cause.DISK_FULL), "no space left on device", "No space left on device"),
    holding(other(Cause.KILLED), "out of memory", "OOMKilled", "heap limit Allocation failed"),
    Rule(
        (" failed", "FAILED", "FAIL:", "FAIL\t", "FAIL ", " failing", "ailure", "FAILURES!", "Failed:", "not ok "),
        _tests,
    ),
    Rule(("failed to solve", "failed to build:"), _solve),
    holding(lighter(other(Cause.STACK_ROLLBACK), Weight.DOUBTFUL), "ROLLBACK_COMPLETE", "ROLLBACK_FAILED"),
    Rule(("exit code", "exit status", "exited with", "Job failed"), _exit),
)
