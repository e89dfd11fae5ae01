"""``planescope fleet`` and ``planescope fleet collect``: the release workflows of many repositories, one line each."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from diagnosis.documents.exit_code import ExitCode
from diagnosis.documents.fleet import SCHEMA, Fleet, exit_code, lines
from diagnosis.documents.fleet_csv import csv_text
from diagnosis.fleet.order import Sort
from diagnosis.fleet.slices import WHOLE, Slice
from tui.backend import BackendProblem, Progress
from tui.cli.console import ProgressLine, print_row, printable, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import exit_codes
from tui.cli.options.completions import profiles
from tui.cli.options.fleet_names import OWNER, named, names_in
from tui.cli.options.repository import repository_here
from tui.cli.options.stated import require_no_secret
from tui.cli.output import harmless, say, send
from tui.cli.reports.fleet import show, summary
from tui.cli.step_summary import add_to_summary

if TYPE_CHECKING:
    from tui.backends.fleet.accounts import AwsOptions
    from tui.backends.fleet.targets import FleetOptions

_PROFILE = re.compile(r"([0-9]{12})=(.+)\Z", re.DOTALL)
_CODES = (ExitCode.UNKNOWN, ExitCode.CREDENTIALS)
_WORDS = {"passed": "all pass", "failed": "a next run would fail, or something is too broad"}


def _outputs(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say how the lines are handed over."""
    for option in (
        click.option("--json-lines", is_flag=True, help=f"JSON Lines (schema {SCHEMA}) instead of text."),
        click.option(
            "--csv",
            "csv_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Write CSV as well; - prints it alone.",
        ),
        click.option(
            "--sort",
            "by",
            type=click.Choice([each.value for each in Sort]),
            default=Sort.GRAVITY.value,
            show_default=True,
            help="What stands first.",
        ),
    ):
        command = option(command)
    return command


@click.group("fleet", invoke_without_command=True, epilog=exit_codes(*_CODES, **_WORDS))
@click.option("--org", "owners", multiple=True, metavar="NAME", help="All repositories of an organization or a user.")
@click.option(
    "--repos",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="A file of OWNER/REPO, one a line; - is standard input.",
)
@click.option("--repo", "names", multiple=True, metavar="OWNER/REPO", help="A repository; may be given several times.")
@click.option("--archived", is_flag=True, help="List archived repositories of an --org as lines too.")
@click.option("--include-forks", is_flag=True, help="Read forks of an --org too.")
@click.option("--slice", "part", metavar="I/N", help="Only this part of N, by the names of the repositories: 3/8.")
@click.option(
    "--jobs", type=click.IntRange(1, 16), default=4, show_default=True, help="Repositories read side by side."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Keep the lines in this file (JSON Lines), one repository after the other.",
)
@click.option("--resume", is_flag=True, help="Go on with the --output of a run that was stopped.")
@click.option("--app", "in_app", is_flag=True, help="Show the lines in the app as they are read.")
@_outputs
@click.option("--profile", shell_complete=profiles, metavar="NAME", help="AWS profile of the roles' accounts.")
@click.option(
    "--profiles",
    "by_account",
    multiple=True,
    metavar="ACCOUNT=PROFILE",
    help="The profile of one account; may be given several times.",
)
@click.option("--region", metavar="NAME", help="AWS region, where the profile names none.")
@click.option("--no-live", is_flag=True, help="Do not ask AWS.")
@click.option("--no-logs", is_flag=True, help="Do not look into the newest run's log for a role that no file tells.")
@click.option("--no-cache", is_flag=True, help="Neither use nor fill the local store of completed attempts.")
@click.option("--github-url", metavar="URL", help="An enterprise server, or a loopback API.")
@click.option("--allow-http-endpoint", is_flag=True, help="Ask an AWS endpoint of your configuration in plain http.")
@click.pass_context
def fleet_group(ctx: click.Context, /, **options: Any) -> None:
    """Judge the release workflows of many repositories, one line each.

    For each workflow that takes AWS credentials: who gets in by the trust policies of its roles, which gate the next run
    would fail, whether the trust breaks once subjects are immutable, and what the roles are granted beyond the needs of
    all workflows of the fleet that use them. Without --org, --repos and --repo it is about the repository of this folder.
    Repositories outside the fleet may use the same roles.
    """
    if ctx.invoked_subcommand is not None:
        return
    if options["in_app"]:
        from tui.cli.fleet_app import open_fleet

        open_fleet(_fleet_options(options), _aws_options(options), options)
        return
    ctx.exit(_read(options))


@fleet_group.command("collect", epilog=exit_codes(*_CODES, **_WORDS))
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--output", "-o", type=click.Path(path_type=Path), metavar="FILE", help="Write the whole as JSON Lines.")
@click.option("--force", is_flag=True, help="Replace the --output.")
@click.option("--app", "in_app", is_flag=True, help="Show the lines in the app; nothing is written.")
@_outputs
@click.pass_context
def collect_command(
    ctx: click.Context, /, files: tuple[Path, ...], output: Path | None, *, force: bool, **options: Any
) -> None:
    """Merge the files of slices into one, and judge the whole: roles that several slices share are judged once.

    A FILE may be a folder, such as one of downloaded artifacts: every *.jsonl in it is read. Slices that are missing,
    files that were not finished, and repositories that stand in two files are told.
    """
    if options["in_app"]:
        from tui.cli.fleet_app import open_files

        open_files(files)
        return
    from tui.backends.fleet.collect import collect

    _require_places({**options, "output": output})
    fleet = collect(files)
    if output is not None:
        from diagnosis.policy.language.strict_json import json_text

        _write(output, "".join(f"{json_text(line)}\n" for line in lines(fleet)), over=force)
    _hand_over(fleet, options)
    ctx.exit(exit_code(fleet))


def _read(options: dict[str, Any]) -> int:
    from diagnosis.facts.endpoints import endpoints_of
    from probes.github.http.pace import Pace
    from probes.ledger import Ledger
    from tui.backends.fleet.accounts import Accounts
    from tui.backends.fleet.engine import PATIENCE, FleetRun, FleetWatch, open_journal
    from tui.backends.fleet.reader import FleetReader, fleet_workers
    from tui.backends.fleet.targets import targets_of
    from tui.backends.live import github_access

    _require_places(options)
    asked, aws, output = _fleet_options(options), _aws_options(options), options["output"]
    if options["resume"] and output is None:
        raise BackendProblem("--resume goes on with a file.", "Name it by --output.")
    access, ledger, progress = github_access(options["github_url"]), Ledger(), ProgressLine()
    pace = Pace(anonymous=not access.token, throttled=not access.is_loopback, clock=ledger.clock, max_wait=PATIENCE)
    workers, watch = fleet_workers(access, ledger, pace, 2 * asked.jobs), FleetWatch(ledger)
    accounts = Accounts(aws, ledger)
    reader = FleetReader(
        access,
        accounts,
        ledger,
        workers,
        pace,
        cancelled=watch.stopped,
        progress=watch.waits,
        cache=not options["no_cache"],
        logs=not options["no_logs"],
    )
    run = FleetRun(
        asked,
        reader,
        watch,
        ledger,
        pace,
        progress=progress,
        endpoints=lambda: endpoints_of(access.in_place_of_github, accounts.endpoints),
    )
    journal = None
    try:
        targets = targets_of(asked, reader.ask, lambda what: progress(Progress(what)))
        if not targets.names:
            _nothing(asked, targets.left_out)
        before = None
        if output is not None:
            journal, before = open_journal(output, run.header(targets), resume=options["resume"])
        fleet = run.run(targets, journal, before)
    except OSError as error:
        raise _output_problem(output, error, begun=journal is not None) from None
    except KeyboardInterrupt:
        if journal is not None:
            say(f"planescope: what was read so far stands in {printable(str(output))}: go on by --resume.", err=True)
        raise
    finally:
        watch.ended.set()
        workers.close()
        progress.clear()
        if journal is not None:
            journal.close()
    _hand_over(fleet, options)
    return code_for_credentials(exit_code(fleet), accounts.credentials_problem)


def _nothing(asked: FleetOptions, left_out: dict[str, int]) -> None:
    """Raise where there is no repository; an empty slice of a fleet is none that fails."""
    if asked.slice.of > 1:
        return
    told = ", ".join(f"{count} {reason}" for reason, count in sorted(left_out.items()))
    raise BackendProblem(
        f"There is no repository to read{f': left out were {told}' if told else ''}.",
        "Name others, or see --archived and --include-forks.",
    )


def _fleet_options(options: dict[str, Any]) -> FleetOptions:
    from tui.backends.fleet.targets import FleetOptions

    owners, names = tuple(dict.fromkeys(options["owners"])), list(options["names"])
    # They stand in messages, and in the file.
    shown = [(option, str(options[option] or "")) for option in ("github_url", "profile", "region")]
    shown += [*(("org", owner) for owner in owners), *(("repo", name) for name in names)]
    for option, value in (*shown, *(("profiles", text) for text in options["by_account"])):
        require_no_secret(f"--{option.replace('_', '-')}", value)
    for owner in owners:
        if not OWNER.match(owner):
            raise click.BadParameter(f"{printable(owner)!r} is no organization or user.", param_hint="--org")
    names = [named(name, "--repo", options["github_url"]) for name in names]
    for file in options["files"]:
        names += names_in(file, options["github_url"])
    if options["files"] and not owners and not names:
        raise BackendProblem("The list names no repository.", "Write one OWNER/REPO a line.")
    if not owners and not names:
        names.append(repository_here(options["github_url"]))
    part = Slice.parse(options["part"]) if options["part"] is not None else WHOLE
    if part is None:
        raise click.BadParameter(f"{printable(options['part'])!r} is no part such as 3/8.", param_hint="--slice")
    kept = ("profile", "region", "github_url")
    judged_by = [(name, options[name]) for name in kept if options[name]]
    judged_by += [("account", text) for text in sorted(options["by_account"])]
    judged_by += [(name, "yes") for name in ("no_live", "no_logs") if options[name]]
    return FleetOptions(
        owners=owners,
        repositories=tuple({name.lower(): name for name in names}.values()),
        slice=part,
        archived=options["archived"],
        forks=options["include_forks"],
        jobs=options["jobs"],
        judged_by=tuple(judged_by),
    )


def _aws_options(options: dict[str, Any]) -> AwsOptions:
    from tui.backends.fleet.accounts import AwsOptions

    by_account: dict[str, str] = {}
    for text in options["by_account"]:
        found = _PROFILE.match(text)
        if found is None:
            raise click.BadParameter(f"{printable(text)!r} is no ACCOUNT=PROFILE.", param_hint="--profiles")
        if by_account.setdefault(found[1], found[2]) != found[2]:
            raise click.BadParameter(f"account {found[1]} is given two profiles.", param_hint="--profiles")
    return AwsOptions(
        profile=options["profile"],
        by_account=by_account,
        region=options["region"],
        allow_http=options["allow_http_endpoint"],
        live=not options["no_live"],
    )


def _hand_over(fleet: Fleet, options: dict[str, Any]) -> None:
    """Write CSV where it is asked for, and print the lines or the report."""
    by, table = Sort(options["by"]), options["csv_file"]
    if options["json_lines"]:
        for line in lines(fleet):
            print_row(line)
    elif _is_standard(table):
        send(harmless(csv_text(fleet, by)))
    else:
        show(fleet, text_console(), by)
    if table is not None and not _is_standard(table):
        # After what was read is shown: a folder that went away meanwhile takes nothing with it.
        _write(table, csv_text(fleet, by), over=True)
    unwritten = add_to_summary(summary(fleet))
    if unwritten:
        say(f"planescope: the step summary could not be written: {unwritten}", err=True)


def _is_standard(path: Path | None) -> bool:
    return path is not None and str(path) == "-"


def _require_places(options: dict[str, Any]) -> None:
    """Raise, before anything is read, for files that cannot be written as they are named."""
    output, table = options["output"], options["csv_file"]
    if _is_standard(output):
        raise click.BadParameter("a file is kept. --json-lines prints the lines.", param_hint="--output")
    if _is_standard(table) and options["json_lines"]:
        raise click.BadParameter("standard output takes one of them.", param_hint="--csv - and --json-lines")
    if table is None or _is_standard(table):
        return
    if output is not None and os.path.realpath(output) == os.path.realpath(table):
        raise click.BadParameter("they name the same file.", param_hint="--csv and --output")
    if table.is_dir() or not table.absolute().parent.is_dir():
        raise BackendProblem(f"{table} cannot be written: its folder is not there, or it is one.", "Name another file.")


def _write(path: Path, text: str, *, over: bool) -> None:
    from tui.atomic_write import PlaceTakenError, write_bytes_atomically

    try:
        write_bytes_atomically(path, text.encode("utf-8"), over=over)
    except PlaceTakenError:
        raise BackendProblem(f"{path} is there already.", "Give --force, or name another file.") from None
    except OSError as error:
        raise _output_problem(path, error) from None


def _output_problem(path: Path | None, error: OSError, *, begun: bool = False) -> BackendProblem:
    from probes.whole_writes import exit_code_of

    way_out = "What was read so far stands in it: go on by --resume." if begun else "Name another file."
    return BackendProblem(f"{path} cannot be written: {error.strerror or error}.", way_out, exit_code_of(error))
