"""``planescope drift``: today's state of a repository's releases against the baseline that was accepted for them."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from diagnosis.documents.exit_code import FAILED, PASSED, UNKNOWN, ExitCode
from diagnosis.findings.finding import Finding, Place
from diagnosis.gates import Verdict
from diagnosis.logs.scrub import scrub
from diagnosis.names.arn import Arn
from diagnosis.policy.language.strict_json import json_text
from tui import __version__
from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend, live_backend
from tui.cli.annotations import Annotation, annotation_lines, annotation_of
from tui.cli.console import ProgressLine, print_json, printable, text_console
from tui.cli.credentials import code_for_credentials
from tui.cli.exit_codes import exit_codes
from tui.cli.options.embedded import EVERY_STAGE, check_stage, incident_option
from tui.cli.options.repository import app_options, live_options, read_case_option
from tui.cli.output import say, send
from tui.cli.step_summary import add_to_summary
from tui.cli.workflow_commands import in_a_log, inside_actions, no_commands, no_commands_in_json, obeyed, stopped

if TYPE_CHECKING:
    from diagnosis.baseline.review import Review, Seen
    from diagnosis.baseline.state import Baseline
    from diagnosis.lint.places import Places
    from tui.backends.repository import RepositoryBackend

SCHEMA = "planescope.drift/1"
USUAL_NAME, DEMO_NAME = "planescope-baseline.json", "planescope-demo-baseline.json"
_CODES = {Verdict.PASS: PASSED, Verdict.FAIL: FAILED, Verdict.UNKNOWN: UNKNOWN, Verdict.BLOCKED: UNKNOWN}
_LONGEST = 2_000
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    "drift",
    epilog=exit_codes(
        ExitCode.UNKNOWN,
        ExitCode.CREDENTIALS,
        ExitCode.BROKEN,
        passed="no drift, or the state was accepted whole",
        failed="something drifted, is unused, or would fail",
        usage="no baseline or none that can be used, or bad usage",
    ),
)
@click.option(
    "--baseline",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help=f"The baseline; by default {USUAL_NAME} in this folder.",
)
@click.option("--accept", is_flag=True, help="Write the present state as the baseline, and show what that changes.")
@click.option("--rationale", metavar="TEXT", help="With --accept: why the state is accepted.")
@click.option("--expires", metavar="DATE", help="With --accept: the last day on which that holds (YYYY-MM-DD).")
@click.option("--by", metavar="NAME", help="With --accept: who accepts; by default the user of this machine or job.")
@click.option(
    "--role", "roles", multiple=True, metavar="ARN", help="Look at this role too, whether a workflow names it or not."
)
@click.option("--demo", "stage", type=click.Choice(EVERY_STAGE), help="An embedded incident at a stage instead.")
@incident_option("Which incident --demo is of.")
@click.option("--json", "as_json", is_flag=True, help=f"JSON (schema {SCHEMA}) instead of text.")
@click.option("--sarif", "as_sarif", is_flag=True, help="SARIF 2.1.0 instead of text, for code scanning.")
@click.option("-o", "--output", type=_FILE, metavar="FILE", help="Write the JSON to FILE, and the text here.")
@click.option("--sarif-output", type=_FILE, metavar="FILE", help="Write SARIF to FILE as well.")
@click.option(
    "--annotations/--no-annotations",
    "annotate",
    default=None,
    help="Annotations of the workflow's run beside the text; by default in one.",
)
@app_options
@click.pass_context
def drift_command(
    ctx: click.Context,
    /,
    file: Path | None,
    roles: tuple[str, ...],
    stage: str | None,
    *,
    accept: bool,
    as_json: bool,
    as_sarif: bool,
    **options: Any,
) -> None:
    """Review the least privilege of a repository's releases: live state against an accepted baseline.

    Compared are trust and permissions of the roles (as sets), OIDC provider, ECR repositories, the form of the subjects,
    environments and workflows. Told beside that: grants that no release uses, subjects that no workflow presents, releases
    that would fail, images that were pushed outside of runs. The baseline is a file of the repository, reviewed like code:
    `planescope drift --accept --rationale TEXT` writes it. Nothing else is written.
    """
    check_stage(ctx, options["incident"], stage, "--demo")
    if as_json and as_sarif:
        raise click.UsageError("--json and --sarif exclude each other.", ctx)
    _check(ctx, options, accept=accept)
    expires = _date(options["expires"])
    named = tuple(_role(text) for text in roles)
    place = file or Path(USUAL_NAME if stage is None else DEMO_NAME)
    baseline, places = _read(place)
    progress = ProgressLine()
    with _backend(stage, options, progress) as backend:
        seen = backend.reviewed(baseline, named, progress=progress, cancelled=lambda: False)
    _check_repository(baseline, seen, place)
    if accept:
        code = _accept(seen, baseline, place, expires, options, as_json=as_json)
    else:
        code = _compare(seen, baseline, places, place, options, as_json=as_json, as_sarif=as_sarif)
    ctx.exit(code)


# ------------------------------------------------------------------------------------------------- compare


def _compare(
    seen: Seen,
    baseline: Baseline | None,
    places: Places | None,
    file: Path,
    options: Mapping[str, Any],
    *,
    as_json: bool,
    as_sarif: bool,
) -> int:
    from diagnosis.baseline.document import document, sarif
    from diagnosis.baseline.review import review
    from tui.cli.reports.drift import show, summary

    found = _of_workflow(review(seen, baseline), str(options["workflow"] or ""))
    whole = document(found, str(file))
    results = sarif(
        found, __version__, lambda name: quote(name or file.as_posix()), lambda each: _line(each, file, places)
    )
    wanted = inside_actions() if options["annotate"] is None else bool(options["annotate"])
    notices = annotation_lines(_annotation(each, file, places) for each in found.findings) if wanted else ()
    if as_json or as_sarif:
        print_json(whole if as_json else results)
        # A document stands alone on standard output; the runner reads both.
        send(obeyed(notices), err=True)
    else:
        console = text_console()
        if in_a_log():
            with console.capture() as captured:
                show(found, printable(str(file)), console)
            # Drawn by the console: foreign text is visible in it.
            send(stopped(no_commands(captured.get())))
        else:
            show(found, printable(str(file)), console)
        send(obeyed(notices), err=not in_a_log())
    for place, value in ((options["output"], whole), (options["sarif_output"], results)):
        if place is not None:
            _write(place, no_commands_in_json(json_text(value, indent=2)) + "\n")
    unwritten = add_to_summary(summary(found, str(file)))
    if unwritten:
        say(f"planescope: the step summary could not be written: {unwritten}", err=True)
    if baseline is None:
        say(
            f"planescope: There is no baseline {printable(str(file))}: nothing could be compared. Accept the present state:"
            " planescope drift --accept --rationale TEXT",
            err=True,
        )
        return code_for_credentials(ExitCode.USAGE, seen.credentials_problem)
    return code_for_credentials(_CODES[found.verdict], seen.credentials_problem)


def _annotation(finding: Finding, file: Path, places: Places | None) -> Annotation:
    """Return a finding's annotation: what lies in no file of its own stands at its line of the baseline."""
    place = finding.place
    if place.file or places is None or file.is_absolute():
        return annotation_of(finding)
    said = f"{place.member}: {finding.sentence}" if place.member else finding.sentence
    return annotation_of(replace(finding, place=_line(place, file, places), sentence=said))


def _write(path: Path, text: str) -> None:
    from tui.atomic_write import write_atomically

    try:
        write_atomically(path, text)
    except OSError as error:
        raise BackendProblem(
            f"{printable(str(path))} cannot be written: {error.strerror or error}.",
            "Choose another place with -o or --sarif-output.",
            ExitCode.OUTPUT,
        ) from None


def _of_workflow(found: Review, workflow: str) -> Review:
    """Return the review of one workflow: what is told of others, and of roles that it does not use, is left out."""
    if not workflow:
        return found
    known = found.seen.state.known_workflows
    own = [each for each in known if workflow in (each.path, each.path.rpartition("/")[2])]
    if not own:
        listed = ", ".join(each.path.rpartition("/")[2] for each in known) or "none"
        raise BackendProblem(
            f"{printable(workflow)} is no workflow that takes AWS credentials.", f"Those that do: {printable(listed)}."
        )
    used = {release.role for each in own for release in each.releases}
    # A role that is not known may be any of them.
    others = set() if None in used else {str(role.arn) for role in found.seen.state.roles if role.arn not in used}
    paths = {each.path for each in own}
    kept = [each for each in found.findings if each.place.member not in others and each.place.file in ("", *paths)]
    return replace(found, findings=tuple(kept))


def _line(place: Place, file: Path, places: Places | None) -> Place:
    """Return the line of the baseline where a thing stands that lies in no file of its own."""
    name = place.member
    at: tuple[str | int, ...] = ()
    if places is not None:
        ways = (("aws", "roles", name), ("aws", "repositories", name), ("aws", "providers", name))
        further: list[tuple[str | int, ...]]
        environment = name.partition(": environment ")[2]
        account = name.removeprefix("account ")
        further = [("github", "workflows", name), ("github", "environments", environment), tuple(name.split("."))]
        # What is said of an account as a whole stands with its first role, of the repository with its name.
        roles = [way for way in places.offsets if len(way) == 3 and way[:2] == ("aws", "roles")]
        further += [way for way in roles if f"::{account}:" in str(way[-1])]
        further += [("repository",)] if "/" in name and ":" not in name else []
        at = next((way for way in (*ways, *further) if way in places.offsets), ())
    found = places.at(*at) if places is not None else None
    return Place(file.as_posix(), found.line if found else 1, found.column if found else None, name)


# ------------------------------------------------------------------------------------------------- accept


def _accept(
    seen: Seen,
    baseline: Baseline | None,
    file: Path,
    expires: date | None,
    options: Mapping[str, Any],
    *,
    as_json: bool,
) -> int:
    from diagnosis.baseline.document import document
    from diagnosis.baseline.review import differences_of, review
    from diagnosis.baseline.state import Acceptance, Baseline
    from diagnosis.baseline.written import baseline_text, not_read
    from tui.atomic_write import write_atomically
    from tui.cli.reports.drift import show_accepted

    if expires is not None and expires < seen.at.date():
        raise BackendProblem(f"--expires {expires} is past, so nothing was accepted.", "Give a day to come.")
    if not seen.releases and not seen.state.roles:
        raise BackendProblem(
            "Nothing was accepted: no workflow takes AWS credentials, as far as the files tell.",
            "Name the role with --role, or another repository with --repo.",
        )
    if seen.credentials_problem is not None or not seen.account_was_read:
        why = "".join(f" ({gap.why.rstrip('.')})" for gap in seen.gaps[:1])
        say(printable(f"planescope: Nothing was accepted: the account was not read{why}."), err=True)
        return code_for_credentials(UNKNOWN, seen.credentials_problem)
    accepted = Acceptance(_seconds(seen.at), _who(options), str(options["rationale"]).strip(), expires)
    made = Baseline(accepted, seen.state)
    changes = differences_of(seen, baseline) if baseline else ()
    try:
        write_atomically(file, baseline_text(made))
    except OSError as error:
        raise BackendProblem(
            f"The baseline {printable(str(file))} cannot be written: {error.strerror or error}.",
            "Nothing was accepted. Choose another place with --baseline.",
            ExitCode.OUTPUT,
        ) from None
    lacking = not_read(seen.state)
    found = review(seen, made)
    if as_json:
        print_json(document(found, str(file), written=True, accepted=changes))
    else:
        show_accepted(found, changes, lacking, printable(str(file)), text_console(), first=baseline is None)
    return UNKNOWN if lacking else PASSED


def _seconds(at: datetime) -> datetime:
    return at.replace(microsecond=0)


def _who(options: Mapping[str, Any]) -> str:
    """Return who accepts: who was named, who started the job, or the user of this machine."""
    named = options.get("by") or os.environ.get("GITHUB_ACTOR")
    if not named:
        try:
            named = getpass.getuser()
        except (OSError, KeyError, ImportError):
            named = "not known"
    return scrub(str(named))[:200]


def _check(ctx: click.Context, options: Mapping[str, Any], *, accept: bool) -> None:
    """Raise where the options of an acceptance are not whole, or stand without one."""
    rationale = str(options.get("rationale") or "")
    if not accept:
        stray = next((name for name in ("rationale", "expires", "by") if options.get(name)), None)
        if stray:
            raise click.UsageError(f"--{stray} belongs to --accept.", ctx)
        return
    if options.get("output") or options.get("sarif_output"):
        raise click.UsageError("--accept writes the baseline: leave -o and --sarif-output out.", ctx)
    if not rationale.strip():
        raise click.UsageError("--accept needs --rationale TEXT: why is this state accepted?", ctx)
    if len(rationale) > _LONGEST:
        raise click.UsageError(f"--rationale is longer than {_LONGEST:,} characters.", ctx)
    if options.get("workflow"):
        raise click.UsageError("--accept is of all workflows: leave --workflow out.", ctx)
    for name in ("rationale", "by"):
        value = str(options.get(name) or "")
        if scrub(value) != value:
            raise BackendProblem(
                f"--{name} holds what looks like a secret, so it is not used.", "Leave it out of the value."
            )


def _date(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(f"{printable(text)!r} is no date (YYYY-MM-DD).", param_hint="--expires") from None


# ------------------------------------------------------------------------------------------------- what is read


def _read(file: Path) -> tuple[Baseline | None, Places | None]:
    from probes.baseline_file import BaselineFileError, read_baseline_file

    try:
        found = read_baseline_file(file)
    except BaselineFileError as error:
        raise BackendProblem(
            printable(str(error)), "Restore it from the repository's history, or move it away and accept anew."
        ) from None
    return found if found is not None else (None, None)


def _check_repository(baseline: Baseline | None, seen: Seen, file: Path) -> None:
    """Raise where the baseline is another repository's; one that was renamed or moved is told by its ids."""
    if baseline is None:
        return
    old, new = baseline.state.repository, seen.state.repository
    same_id = old.id is not None and old.id == new.id
    if not same_id and old.full_name.lower() != new.full_name.lower():
        raise BackendProblem(
            f"The baseline {printable(str(file))} is of {printable(old.full_name)}, not of {printable(new.full_name)}.",
            "Name the one that is meant with --baseline.",
        )


def _role(text: str) -> Arn:
    arn = Arn.parse(text)
    if arn is None or not arn.is_role or not arn.has_account:
        raise click.BadParameter(f"{printable(text)!r} is no role ARN.", param_hint="--role")
    return arn


@contextmanager
def _backend(stage: str | None, options: Mapping[str, Any], progress: ProgressLine) -> Iterator[RepositoryBackend]:
    """Yield the demo's backend or a live one, which is closed afterwards."""
    backend: RepositoryBackend
    if stage is not None:
        backend = embedded_backend(stage, options["incident"])
    else:
        case = read_case_option(options)
        # All workflows use the roles: which one is told is chosen afterwards.
        backend = live_backend(replace(live_options(options, case), workflow=""), case)
    try:
        yield backend
    finally:
        progress.clear()
        backend.close()
