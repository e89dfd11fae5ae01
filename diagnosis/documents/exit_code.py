"""The exit codes of the command line. Every command imports them, so they import nothing of a diagnosis."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends. A code has one meaning in every command; the README's table says the same."""

    PASSED = 0
    """All gates pass, and nothing else went wrong; for a command that judges no gate: it did what it was asked."""
    FAILED = 1
    """A gate fails; of a document: a finding that a release must not carry."""
    USAGE = 2
    """Bad input or usage."""
    UNKNOWN = 3
    """Something could not be read or decided, and no gate fails."""
    CREDENTIALS = 4
    """Credentials are needed."""
    ANOTHER_REASON = 5
    """All gates pass, and the run did not succeed for a reason that belongs to no gate."""
    BROKEN = 6
    """A recording or a packet is broken, or is not what it says."""
    OUTPUT = 7
    """The output was full or closed before the end."""
    INTERNAL = 70
    """A fault of planescope itself (``EX_SOFTWARE`` of sysexits.h)."""
    INTERRUPTED = 130
    """Stopped by the user: 128 and the number of SIGINT, as shells say it."""


PASSED, FAILED, UNKNOWN = ExitCode.PASSED, ExitCode.FAILED, ExitCode.UNKNOWN
