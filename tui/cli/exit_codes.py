"""The exit codes as each command's help tells them: one text, made from the one list of codes."""

from __future__ import annotations

from collections.abc import Mapping

from diagnosis.documents.exit_code import ExitCode

MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.PASSED: "all gates pass",
    ExitCode.FAILED: "a gate fails",
    ExitCode.USAGE: "bad input or usage",
    ExitCode.UNKNOWN: "unknown remains",
    ExitCode.CREDENTIALS: "credentials needed",
    ExitCode.ANOTHER_REASON: "all gates pass and the run failed for another reason",
    ExitCode.BROKEN: "a recording or packet is broken",
    ExitCode.OUTPUT: "the output is full or closed",
    ExitCode.INTERNAL: "a fault of planescope itself",
    ExitCode.INTERRUPTED: "stopped",
}
"""What each code means, in a few words."""

_EVERYWHERE = (ExitCode.USAGE, ExitCode.OUTPUT, ExitCode.INTERNAL, ExitCode.INTERRUPTED)
JUDGED = (ExitCode.FAILED, ExitCode.UNKNOWN, ExitCode.CREDENTIALS)
"""The codes of a command that judges gates by what GitHub and AWS say."""


def exit_codes(*codes: ExitCode, **words: str) -> str:
    """Return the sentence for a command's help: these codes and those that every command has; without any, all.

    ``words`` say what a code means to the command, by the code's name in lower case, where that is told more exactly.
    """
    wanted = (
        {*codes, *_EVERYWHERE, ExitCode.PASSED, *(ExitCode[name.upper()] for name in words)}
        if codes or words
        else MEANINGS
    )
    told = [f"{code.value} {words.get(code.name.lower(), MEANINGS[code])}" for code in sorted(wanted)]
    return f"Exit codes: {'; '.join(told)}."
