"""Options that state what a run masks (``***``) or leaves to an expression; they count like a case file's values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import click

from tui.problem import BackendProblem

if TYPE_CHECKING:
    from diagnosis.names.ecr_address import EcrAddress
    from tui.backends.stated import Stated, StatedValues

F = TypeVar("F", bound=Callable[..., Any])
Read: TypeAlias = "Mapping[str, str] | str"
"""The members of a case that a value states; or what it should be, in words."""

_REPOSITORY = (
    "a repository's address without a tag: 123456789012.dkr.ecr.eu-west-2.amazonaws.com/name"
    " (--image-tag gives the tag)"
)
_LONGEST_PLAN = 20_000_000
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")

_OPTIONS = (
    click.option("--role-arn", metavar="ARN", help="The role that the run assumes, where the run masks it (***)."),
    click.option(
        "--repository-uri",
        metavar="URI",
        multiple=True,
        help="An ECR repository, where masked: ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME or public.ecr.aws/ALIAS/NAME; may be "
        "repeated.",
    ),
    click.option(
        "--plan",
        metavar="FILE",
        multiple=True,
        help="The Terraform plan that the release applies, as JSON (terraform show -json).",
    ),
    click.option("--image-tag", metavar="TAG", help="The tag that the run pushes, if it does not tell."),
    click.option("--audience", metavar="NAME", help="The audience that the run asks for, if it does not tell."),
    click.option(
        "--environment", metavar="NAME", help="The environment of the releasing job, if an expression names it."
    ),
)


def stated_options(command: F) -> F:
    """Add the options to a command."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def read_stated(options: Mapping[str, Any]) -> StatedValues:
    """Return what the options state. Raises BackendProblem for a value that cannot be right."""
    from tui.backends.stated import Stated, StatedValues

    given: list[Stated] = []
    for name, read in _READERS.items():
        value = options.get(name)
        if value is not None:
            given.append(_stated(f"--{name.replace('_', '-')}", value, read))
    uris = options.get("repository_uri") or ()
    repositories = [_address(value) for value in ((uris,) if isinstance(uris, str) else uris)]
    private = [address for address in repositories if not address.public]
    # The first private one stands for the release's own place; the members are those of a case file.
    first = private[:1]
    given += [_stated("--repository-uri", str(address), _repository) for address in first]
    given += [Stated("--repository-uri", str(address), ()) for address in repositories if address not in first]
    # The role first, then the repositories, as the help lists them.
    given.sort(key=lambda each: (each.option != "--role-arn", each.option != "--repository-uri"))
    return StatedValues(tuple(given), tuple(repositories), tuple(_plan(name) for name in options.get("plan") or ()))


def _stated(option: str, value: str, read: Callable[[str], Read]) -> Stated:
    from tui.backends.stated import Stated

    require_no_secret(option, value)
    members = read(value.strip()) if value.isprintable() else "a text of one line, without control characters"
    if isinstance(members, str):
        raise BackendProblem(f"{option} should be {members}, but it is {_shown(value)}.")
    return Stated(option, value.strip(), tuple(members.items()))


def require_no_secret(option: str, value: str) -> None:
    """Raise BackendProblem for a value that looks like a secret: it would be shown, and what is asked for would stand in it."""
    from diagnosis.logs.scrub import scrub  # here, as in the next function: few commands state anything

    if scrub(value) != value:
        raise BackendProblem(
            f"{option} holds what looks like a secret, so it is not used.", "Leave it out of the value."
        )


def _address(value: str) -> EcrAddress:
    """Return the address of a repository, private or public. Raises BackendProblem for anything else."""
    from diagnosis.names.ecr_address import EcrAddress
    from probes.case_members import is_repository_uri

    require_no_secret("--repository-uri", value)
    address = EcrAddress.parse(value.strip()) if value.isprintable() and is_repository_uri(value) else None
    if address is None:
        raise BackendProblem(f"--repository-uri should be {_REPOSITORY}, but it is {_shown(value)}.")
    return address


def _plan(name: str) -> str:
    """Return the text of a plan. Raises BackendProblem where it cannot be read or is none."""
    try:
        with Path(name).open(encoding="utf-8-sig") as file:
            text = file.read(_LONGEST_PLAN + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise BackendProblem(f"--plan {_shown(name)} cannot be read: {reason}.") from None
    if len(text) > _LONGEST_PLAN:
        raise BackendProblem(f"--plan {_shown(name)} is longer than {_LONGEST_PLAN:,} characters.")
    if '"resource_changes"' not in text:
        raise BackendProblem(
            f"--plan {_shown(name)} is no Terraform plan in JSON.", "Make it by: terraform show -json PLANFILE"
        )
    from diagnosis.logs.scrubbed_values import scrub_json_text

    return scrub_json_text(text)


def _member(name: str) -> Callable[[str], Read]:
    """Return the reader of a value that is a member of a case file, checked as there."""

    def read(value: str) -> Read:
        from probes.case_members import member_value, should_be

        return should_be(name, value) or member_value(name, value)

    return read


def _repository(value: str) -> Read:
    from diagnosis.names.ecr_address import EcrAddress, is_repository_name

    address = EcrAddress.parse(value)
    if (
        address is None
        or address.repository_arn is None
        or address.tag
        or address.digest
        or not is_repository_name(address.repository or "")
    ):
        return _REPOSITORY
    return {
        "registry_id": str(address.account),
        "region": str(address.region),
        "ecr_repository": str(address.repository),
    }


def _tag(value: str) -> Read:
    return {"tag": value} if _TAG.fullmatch(value) else "an image tag alone, such as v1.2.3"


def _name(member: str, words: str) -> Callable[[str], Read]:
    """Return the reader of a text that is neither empty, nor masked, nor an expression."""

    def read(value: str) -> Read:
        plain = value and value.isprintable() and "***" not in value and "${{" not in value
        return {member: value} if plain else words

    return read


_READERS: Mapping[str, Callable[[str], Read]] = {
    "role_arn": _member("role_arn"),
    "image_tag": _tag,
    "audience": _name("audience", "the audience as the token carries it, such as sts.amazonaws.com"),
    "environment": _name("environment", "the environment's name as GitHub shows it"),
}


def _shown(value: str) -> str:
    """Return foreign text on one line."""
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())[:80]
    return f'"{text}"' if text else "empty"
