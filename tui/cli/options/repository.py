"""Options shared by the app and several commands: which repository, GitHub and AWS account are read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tui.cli.options.completions import profiles, repositories
from tui.cli.options.stated import read_stated, require_no_secret, stated_options
from tui.cli.output import say
from tui.problem import BackendProblem

if TYPE_CHECKING:
    from diagnosis.facts.case import Case
    from probes.git_remotes import Place
    from tui.backends.live import LiveOptions

F = TypeVar("F", bound=Callable[..., Any])

NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z")
ACTION_VARIABLE = "PLANESCOPE_ACTION"
"""Holds the repository from which planescope's own action is taken, ``owner/name``."""

_SHOWN = ("repo", "workflow", "branch", "github_url", "profile", "registry_profile", "region")
"""Options whose values stand in titles, messages and addresses."""

_OPTIONS: dict[str, Callable[[Any], Any]] = {
    "repo": click.option(
        "--repo",
        shell_complete=repositories,
        metavar="OWNER/REPO",
        help="The GitHub repository; by default the one of this folder.",
    ),
    "workflow": click.option(
        "--workflow", metavar="FILE", default="", help="Only runs of this workflow file (release.yml)."
    ),
    "branch": click.option("--branch", metavar="NAME", default="", help="Only runs of this branch."),
    "case": click.option(
        "--case", "case_file", type=click.Path(path_type=Path), metavar="FILE", help="A case file (TOML)."
    ),
    "recording": click.option(
        "--recording",
        type=click.Path(path_type=Path),
        metavar="DIR",
        help="A recording by `planescope record` instead of GitHub: offline, no token.",
    ),
    "github-url": click.option("--github-url", metavar="URL", help="An enterprise server, or a loopback API."),
    "profile": click.option(
        "--profile", shell_complete=profiles, metavar="NAME", help="AWS profile of the role's account."
    ),
    "registry-profile": click.option(
        "--registry-profile",
        shell_complete=profiles,
        metavar="NAME",
        help="AWS profile of the registry's account, if another.",
    ),
    "region": click.option("--region", metavar="NAME", help="AWS region of the registry, if the run does not tell."),
    "allow-http-endpoint": click.option(
        "--allow-http-endpoint",
        is_flag=True,
        help="Ask an AWS endpoint of your configuration in plain http; only one on this machine is otherwise.",
    ),
    "no-live": click.option("--no-live", is_flag=True, help="Do not ask the AWS account."),
    "no-cache": click.option(
        "--no-cache", is_flag=True, help="Neither use nor fill the local store of completed attempts."
    ),
    "no-history": click.option(
        "--no-history", is_flag=True, help="Leave out CloudTrail and second opinions (about 10 s)."
    ),
}

_ACCESS = ("repo", "case", "github-url", "profile", "registry-profile", "region", "allow-http-endpoint", "no-live")


def app_options(command: F) -> F:
    """Add the options to a command; those that state something about the run stand last."""
    command = stated_options(command)
    for option in reversed(_OPTIONS.values()):
        command = option(command)
    return command


def access_options(command: F) -> F:
    """Add the options that say which repository and which account are asked, and nothing about runs."""
    for name in reversed(_ACCESS):
        command = _OPTIONS[name](command)
    return command


def reading_options(command: F) -> F:
    """Add the options of :func:`access_options`, and those that say what is kept and left out where runs are read."""
    for name in ("no-history", "no-cache"):
        command = _OPTIONS[name](command)
    return access_options(command)


def read_case_option(options: Mapping[str, Any]) -> Case:
    """Read the case file of ``--case``; without the option return an empty case. Raises BackendProblem for what is no case file."""
    path = options.get("case_file")
    # The action of this repository tells where the runner took it from.
    told = os.environ.get(ACTION_VARIABLE, "")
    action = told if NAME.match(told) else None
    if path is None:
        from diagnosis.facts.case import Case

        return Case(planescope_action=action)
    from probes.case_file import CaseFileError, read_case_file

    try:
        case = read_case_file(path, lambda sentence: say(f"planescope: {sentence}", err=True))
    except CaseFileError as error:
        raise BackendProblem(str(error)) from None
    return case if case.planescope_action or not action else replace(case, planescope_action=action)


def live_options(options: Mapping[str, Any], case: Case, repository: str | None = None) -> LiveOptions:
    """Return the options of a live backend. The repository is the one given, else the case file's, else this folder's."""
    from tui.backends.live import LiveOptions

    for option in _SHOWN:
        require_no_secret(f"--{option.replace('_', '-')}", str(options.get(option) or ""))
    recording = options.get("recording")
    if recording is not None and options.get("github_url"):
        raise BackendProblem(
            "--recording takes GitHub's place, so --github-url means nothing beside it.", "Leave one out."
        )
    name = (
        repository
        or options.get("repo")
        or case.repository
        or ("" if recording else repository_here(options.get("github_url")))
    )
    if name and not NAME.match(name):
        raise BackendProblem(f"{name!r} is no repository name.", "Write it as OWNER/REPO.")
    return LiveOptions(
        repository=name,
        workflow=options.get("workflow") or case.workflow or "",
        branch=options.get("branch") or case.branch or "",
        github_url=options.get("github_url"),
        profile=options.get("profile"),
        registry_profile=options.get("registry_profile"),
        region=options.get("region") or case.region,
        allow_http=bool(options.get("allow_http_endpoint")),
        live=not options.get("no_live"),
        cache=not options.get("no_cache"),
        history=not options.get("no_history"),
        recording=recording,
        case_file=options.get("case_file"),
        stated=read_stated(options),
    )


def repository_here(github_url: str | None = None, *, seconds: float | None = None) -> str:
    """Return ``owner/name`` from the git remote of the current folder, which is waited for as long as given.

    Raises BackendProblem where there is none to read.
    """
    from tui.backends.folder_repository import repository_here as of_this_folder

    return of_this_folder(github_url) if seconds is None else of_this_folder(github_url, seconds=seconds)


def require_host(place: Place, github_url: str | None, what: str) -> None:
    """Raise BackendProblem if a place is not on the GitHub that would be asked; ``what`` begins the sentence."""
    from tui.backends.folder_repository import require_host as require

    require(place, github_url, what)


def check_typed(repository: str | None, github_url: str | None) -> None:
    """Raise BackendProblem for a repository or a GitHub address that cannot be meant; None is not given."""
    if repository or github_url:
        from tui.backends.folder_repository import check_typed as check

        check(repository, github_url)
