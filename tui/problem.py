"""How work ends that cannot be done, or that the user gave up. Every command knows these, so they import nothing heavy."""

from __future__ import annotations

from diagnosis.documents.exit_code import ExitCode


class BackendProblem(Exception):  # noqa: N818 - it names what the user has, no bug
    """Something that stops the whole request: one sentence, the way out, and the command line's exit code for it.

    Both are scrubbed here: they quote files, answers and what was typed.
    """

    def __init__(self, sentence: str, way_out: str = "", exit_code: int = ExitCode.USAGE) -> None:
        from diagnosis.logs.scrub import scrub  # the patterns of secrets: nothing that is painted first needs them

        self.sentence = scrub(sentence)
        self.way_out = scrub(way_out)
        super().__init__(self.sentence)
        self.exit_code = exit_code


class Cancelled(Exception):  # noqa: N818 - no error: the user asked for it
    """Raised out of a backend method when ``cancelled()`` turned true."""
