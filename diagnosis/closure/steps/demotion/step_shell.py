"""Say in which shell a step's script runs: whether ``set -e`` and ``pipefail`` hold from its first line on, as GitHub starts it.

The log shows the command line itself. Source: GitHub Docs, "Workflow syntax", ``jobs.<job_id>.steps[*].shell``: without a
``shell:`` it is ``bash -e {0}``, ``bash`` is ``bash --noprofile --norc -eo pipefail {0}``, ``sh`` is ``sh -e {0}``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from diagnosis.closure.steps.demotion.shell_builtins import options_of
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.scripts import runs_a_known_tool
from diagnosis.steps.read_job import StepScript
from diagnosis.steps.script.repository_script import base_name
from diagnosis.steps.shell.powershell import is_powershell

_SHELLS = frozenset({"bash", "sh", "dash"})
"""Those whose rules are known here."""
_POWERSHELL = re.compile(r"(?:.*[\\/])?(?:pwsh|powershell)(?:\.exe)?(?: -command \"\. '\{0\}'\")?", re.IGNORECASE)
"""PowerShell as GitHub starts it: the runner ends the script with the result of its last program."""


@dataclass(frozen=True, slots=True)
class StepShell:
    """The options that a script begins with."""

    errexit: bool
    pipefail: bool
    sure: bool = True
    """Whether that is how it is started; an action may have a way of its own."""


def shell_of(script: StepScript) -> StepShell | None:
    """Return the shell of a script; None where it is none of Unix, or one whose rules are not known here."""
    if script.action:
        if runs_a_known_tool(ActionUse(script.action, {}, script.values, script.files)):
            # The script stands for what the action does by itself: it fails with the first that fails.
            return StepShell(errexit=True, pipefail=True)
        return StepShell(errexit=False, pipefail=False, sure=False)
    if script.command is None and script.shell is None:
        on_windows = is_powershell(None, script.values.get("runner.os"))
        return None if on_windows else StepShell(errexit=True, pipefail=False)
    told = [_started_by(each) for each in (script.command, script.shell) if each is not None and "${{" not in each]
    known = [each for each in told if each is not None]
    if not known or len(known) < len(told):
        return None
    # Where the log and the file differ, what both say holds.
    return StepShell(all(each.errexit for each in known), all(each.pipefail for each in known))


def ends_as_its_command(script: StepScript) -> bool:
    """Return whether a script of one plain command ends as that command does, in a shell whose other rules are not known here."""
    told = [each for each in (script.command, script.shell) if each is not None]
    if not told:
        return is_powershell(None, script.values.get("runner.os"))
    return all(_POWERSHELL.fullmatch(each.strip()) for each in told)


def runs_otherwise(options: Sequence[str]) -> bool:
    """Return whether a shell with these options runs nothing, or one command alone (``-n``, ``-t``)."""
    own = takewhile(lambda word: word != "--", options)
    return any(
        word in ("noexec", "onecmd") or (word[:1] == "-" and word[1:].isalpha() and {"n", "t"} & set(word))
        for word in own
    )


def _started_by(written: str) -> StepShell | None:
    """Return the shell that a command line starts, or a name that stands for one."""
    words = written.split()
    name = base_name(words[0]).removesuffix(".exe").lower() if words else ""
    if name not in _SHELLS:
        return None
    if "{0}" not in words:
        return StepShell(errexit=True, pipefail=name == "bash") if len(words) == 1 else None
    options = words[1 : words.index("{0}")]
    errexit, pipefail = options_of(options)
    # A shell that is given its commands in a word (``bash -c "… {0}"``) does with the script what that word says.
    by_text = any(word.startswith("-") and not word.startswith("--") and "c" in word for word in options)
    return None if by_text or runs_otherwise(options) else StepShell(errexit, pipefail)
