"""Take a command line of the AWS CLI apart: global options, service, operation, options, and what stands between.

Source: AWS CLI User Guide, "Command structure in the AWS CLI" and "Command line options in the AWS CLI".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_GLOBAL_FLAGS = frozenset(
    {
        "debug",
        "no-verify-ssl",
        "no-paginate",
        "no-sign-request",
        "no-cli-pager",
        "cli-auto-prompt",
        "no-cli-auto-prompt",
    }
    | {"version", "v2-debug"}
)


@dataclass(frozen=True, slots=True)
class Command:
    """A command line of the AWS CLI."""

    service: str = ""
    """As the command line writes it: ``elbv2``, ``s3api``; empty for ``aws --version``."""
    operation: str = ""
    arguments: tuple[str, ...] = ()
    """What follows the operation and belongs to no option: ``wait`` is followed by the name of a waiter."""
    options: Mapping[str, tuple[str, ...]] | None = None
    """By name, without the leading dashes; a flag has no value."""

    def has(self, name: str) -> bool:
        """Return whether an option is given at all."""
        return name in (self.options or {})

    def values(self, name: str) -> tuple[str, ...]:
        """Return every value of an option; empty where it is not given, or is a flag."""
        return (self.options or {}).get(name, ())

    def option(self, name: str) -> str | None:
        """Return the first value of an option."""
        return next(iter(self.values(name)), None)


def read_command(words: tuple[str, ...], flags: frozenset[str] = frozenset()) -> Command:
    """Return the command that the words after ``aws`` make; ``flags`` are the options of the operation that take no value.

    An option takes all words up to the next one, as options of the CLI may hold several values.
    """
    options: dict[str, tuple[str, ...]] = {}
    plain: list[str] = []
    name: str | None = None
    for word in words:
        if word.startswith("--") and len(word) > 2:
            given, sign, value = word[2:].partition("=")
            options.setdefault(given, ())
            if sign:
                options[given] = (*options[given], value)
            # Before the operation every option is a global one and takes one value at most.
            name = None if sign or given in _GLOBAL_FLAGS or given in flags else given
        elif name is not None:
            options[name] = (*options[name], word)
            name = name if len(plain) > 1 else None
        else:
            plain.append(word)
    service, operation, *rest = [*plain, "", ""]
    return Command(service, operation, tuple(rest[: len(plain) - 2]) if len(plain) > 2 else (), options)
