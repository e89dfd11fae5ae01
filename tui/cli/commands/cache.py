"""``planescope cache``: what the local store holds, and ``planescope cache clear``."""

from __future__ import annotations

import click

from tui.backend import BackendProblem
from tui.cli.console import print_json
from tui.cli.exit_codes import exit_codes
from tui.cli.output import say


@click.group("cache", invoke_without_command=True, epilog=exit_codes(passed="done"))
@click.option("--json", "as_json", is_flag=True, help="JSON instead of text.")
@click.pass_context
def cache_group(ctx: click.Context, as_json: bool) -> None:
    """Show what is kept of completed attempts, so that a second start does not ask GitHub for it again.

    Everything in it was scrubbed of secrets. It may be deleted at any time; --no-cache leaves it alone.
    """
    if ctx.invoked_subcommand is not None:
        return
    from probes.store.attempts import LIMIT_BYTES, AttemptStore
    from probes.store.overview import overview

    store = AttemptStore()
    try:
        found = overview(store)
        note = store.note
    except OSError as error:
        raise BackendProblem(f"The local store cannot be read ({error.strerror}).") from None
    finally:
        store.close()
    if as_json:
        repositories: list[object] = [
            {
                "host": entry.host,
                "repository": entry.repository,
                "attempts": entry.attempts,
                "conclusions": entry.conclusions,
                "bytes": entry.size,
                "oldest": entry.oldest.isoformat(timespec="seconds"),
                "newest": entry.newest.isoformat(timespec="seconds"),
            }
            for entry in found.repositories
        ]
        head = {"path": str(found.path), "bytes": found.size, "limit_bytes": LIMIT_BYTES, "note": note or None}
        print_json({**head, "repositories": repositories})
        return
    say(f"Store: {found.path} ({_size(found.size)} of at most {_size(LIMIT_BYTES)})")
    for entry in found.repositories:
        say(
            f"{entry.host}  {entry.repository}  attempts: {entry.attempts}, concluded: {entry.conclusions},"
            f" {_size(entry.size)},"
            f" stored {entry.oldest:%Y-%m-%d} to {entry.newest:%Y-%m-%d}"
        )
    if not found.repositories and not note:
        say("It is empty.")
    if note:
        say(f"planescope: {note}", err=True)


@cache_group.command("clear", epilog=exit_codes(passed="done"))
@click.option("--repo", metavar="OWNER/REPO", help="Only what is of this repository.")
def clear_command(repo: str | None) -> None:
    """Take everything out of the local store, or what is of one repository."""
    from probes.store.attempts import AttemptStore
    from probes.store.overview import clear

    store = AttemptStore()
    try:
        removed = clear(store, repo)
        note = store.note
    except OSError as error:
        raise BackendProblem(f"The local store cannot be cleared ({error.strerror}).") from None
    finally:
        store.close()
    if removed is None:
        raise BackendProblem(note or "The local store is in use: another planescope is writing.", "Try again.")
    say(f"Taken out of the local store: {removed} {'attempt' if removed == 1 else 'attempts'}.")
    if note:
        say(f"planescope: {note}", err=True)


def _size(count: int) -> str:
    """Write a number of bytes for people."""
    if count < 1_000_000:
        return f"{count / 1000:.0f} kB"
    return f"{count / 1_000_000:.1f} MB" if count < 100_000_000 else f"{count / 1_000_000:.0f} MB"
