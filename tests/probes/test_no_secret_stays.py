"""Secrets stand in every text that GitHub and AWS answer with; nothing that is shown, written or kept holds one of them."""

from __future__ import annotations

import io
import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from click.testing import CliRunner
from planted_secrets import in_an_answer, in_aws, leaked, planted_so_far, secret
from rich.console import Console
from thoroughness import some

from diagnosis.documents.diagnosis import document
from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.reading import Known
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.aws.read.account import read_account
from probes.case_file import parse_case
from probes.embedded.aws_account import EmbeddedAccount
from probes.embedded.github.answers import Response
from probes.embedded.github.server import GitHubServer
from probes.embedded.github.wire import Handler
from probes.embedded.moments import LATER, MOMENTS, load_incident
from probes.github.http.body import Timeouts
from probes.github.http.credentials import GitHubAccess
from probes.github.source import GitHubSource
from probes.ledger import Ledger
from probes.recording.writer import write_recording
from probes.store.attempts import AttemptStore
from tui.backend import RunQuery
from tui.backends.record_runs import record_runs
from tui.backends.repository import RepositoryBackend
from tui.cli.main import planescope
from tui.cli.reports.diagnosis import show
from tui.widgets.base.blocks import layout
from tui.widgets.detail.details import BLOCKS
from tui.widgets.detail.selection import Selection
from tui.widgets.summary.summary import summary_lines
from tui.widgets.timeline.columns import Cell, columns_of

INCIDENT = load_incident()
RUNS = [run.id for run in INCIDENT.runs]
QUICK = Timeouts(backoff=0.001)


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubServer]:
    """GitHub, with a secret in each text that it sends."""
    send = Handler._send

    def send_planted(handler: Handler, response: Response, *faults: Any) -> None:
        kind = dict(response.headers).get("Content-Type", "")
        body = in_an_answer(response.body, kind) if response.body else b""
        send(handler, replace(response, body=body), *faults)

    monkeypatch.setattr(Handler, "_send", send_planted)
    with GitHubServer(INCIDENT, LATER) as server:
        yield server
        assert not server.errors


def case() -> Case:
    """The incident's case file, with a secret in every text of it; its decision log is the one that is read."""
    own = INCIDENT.case.case
    assert own.decision_log
    changes = "\n".join(
        f"[[changes]]\nafter_run = {run}\ntext = {_text('did it')}\nsource = {_text('log.md:1')}" for run in RUNS[:2]
    )
    members = {
        "title": _text("A release"),
        "notes": f"[{_text('one')}, {_text('two')}]",
        "decision_log": json.dumps(own.decision_log),
        "decision_log_entry": _text("## Entry: 2026-02-13 11:42AM"),
        "evidence_local": _text("runs/x"),
        "evidence_root": _text("s3://fraud-platform-dev-min-evidence/x"),
        "evidence_artifacts": f"[{_text('a.json')}]",
    }
    stated = "\n".join(f"{name} = {value}" for name, value in members.items())
    escalation = f"[[escalations]]\ngrant = {_text('PowerUser')}\nrationale = {_text('why')}\nexpires = 2026-02-20"
    return parse_case(f"{stated}\nruns = {RUNS[:3]}\n{changes}\n{escalation}\n", "case.toml")


def _text(words: str) -> str:
    return json.dumps(f"{words} {secret()}")


def text_report(diagnosis: Diagnosis) -> str:
    """What `planescope diagnose` prints."""
    console = Console(file=io.StringIO(), width=110, markup=False, highlight=False, emoji=False)
    with console.capture() as captured:
        show(diagnosis, console)
    return captured.get()


def on_screen(diagnosis: Diagnosis) -> str:
    """What the app shows of every cell in every section, and above them."""
    views = [
        Selection(diagnosis, column, Cell(at, row))
        for at, column in enumerate(columns_of(diagnosis, 0))
        for row in range(len(diagnosis.gates) + 1)
    ]
    blocks = [block for view in views for section in BLOCKS.values() for block in section(view)]
    return "\n".join(line.plain for line in (*layout(blocks, 100), *summary_lines(diagnosis, 0, 100, 200)))


@pytest.mark.parametrize("everywhere", some([False, True], 2))
def test_nothing_that_is_shown_or_exported_holds_a_secret(
    github: GitHubServer, tmp_path: Path, *, everywhere: bool
) -> None:
    ledger = Ledger()
    assert INCIDENT.account is not None
    with EmbeddedAccount(INCIDENT.account) as account:
        moment = MOMENTS[2]
        account.move_to(moment.key)
        aws = account.access(ledger=ledger, clock=lambda: moment.at)
        prepare = aws._prepare
        assert prepare is not None

        def with_secrets(session: Session) -> None:
            prepare(session)
            session.register("after-call", lambda parsed, **_: parsed.update(in_aws(parsed, everywhere=everywhere)))

        aws._prepare = with_secrets
        source = GitHubSource(INCIDENT.full_name, GitHubAccess(github.url), ledger, timeouts=QUICK)
        with closing(
            RepositoryBackend(
                source,
                lambda question, *_: read_account(question, aws),
                case=case(),
                ledger=ledger,
                title=INCIDENT.full_name,
            )
        ) as backend:
            rows = backend.list_runs(RunQuery(), 1, cancelled=lambda: False)
            found = backend.diagnose_runs(RUNS[:3], progress=lambda _: None, cancelled=lambda: False)
            first, last = found.replays[0], found.replays[-1]
            between = backend.between(first, last, progress=lambda _: None, cancelled=lambda: False)
            shown = {
                "rows": repr(rows),
                "diagnosis": repr(found),
                "JSON": json.dumps(document(found), ensure_ascii=False),
                "between": repr(between),
                "ledger": repr(backend.calls()),
                "text": text_report(found),
                "screen": on_screen(found),
            }
            exported = backend.export_packet(found, tmp_path / "packet")
    shown |= {name: (exported.place / name).read_text(encoding="utf-8") for name in exported.files}
    assert {name for name, text in shown.items() if leaked(text)} == set()
    assert planted_so_far() > 200
    assert "[scrubbed:" in shown["diagnosis"]
    assert len(rows.rows) > 3
    assert found.live is not None
    for offer in (each for path in found.paths for each in path.remediations):
        assert "[scrubbed:" not in f"{offer.aws_cli}{offer.terraform}{offer.cloudformation}", (
            "what is run puts nothing back"
        )
    if not everywhere:
        assert any(
            "cannot be applied as it stands" in each.aws_cli for path in found.paths for each in path.remediations
        )
        # What was planted takes nothing from what is judged: the role, its policies and the release are known.
        assert isinstance(found.live.account.role, Known)
        assert isinstance(found.live.account.inline_policies, Known)


def test_nothing_that_is_recorded_or_kept_holds_a_secret(github: GitHubServer, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GH_TOKEN", "0d5c-no-known-shape-93ab")
        record_runs(
            INCIDENT.full_name, RUNS[:2], tmp_path / "made", case=case(), github_url=github.url, progress=lambda _: None
        )
    written = {str(file): file.read_bytes() for file in (tmp_path / "made").rglob("*") if file.is_file()}
    assert len(written) > 5
    store = AttemptStore(tmp_path / "kept.sqlite3")
    access = GitHubAccess(github.url)
    with closing(GitHubSource(INCIDENT.full_name, access, Ledger(), store=store, timeouts=QUICK)) as source:
        kept = source.complete(source.list_runs().attempts)
    assert kept
    store.close()
    with closing(sqlite3.connect(tmp_path / "kept.sqlite3")) as connection:
        rows = connection.execute("SELECT head, parts FROM attempts").fetchall()
    assert rows
    written |= {f"entry {number}": head.encode() + zlib.decompress(parts) for number, (head, parts) in enumerate(rows)}
    written |= {file.name: file.read_bytes() for file in tmp_path.glob("kept*")}
    assert {name for name, body in written.items() if leaked(body.decode("latin-1"))} == set()


def test_a_recording_that_holds_secrets_shows_none(tmp_path: Path) -> None:
    told = replace(
        INCIDENT.case,
        case=Case(title=secret(), decision_log=secret(), changes=(StatedChange(RUNS[0], secret(), secret()),)),
        changes_known_at=(None,),
    )
    write_recording(replace(INCIDENT, account=None, title=secret(), case=told), tmp_path / "rec")
    for file in (tmp_path / "rec").rglob("*"):
        if file.is_file():
            kind = "application/json" if file.parent.name == "artifacts" else "text" if file.suffix == ".txt" else ""
            file.write_bytes(in_an_answer(file.read_bytes(), kind))
    shown = []
    for arguments in (["--json"], [], ["--case", str(tmp_path / "no such file?sig=x")]):
        asked = ["diagnose", *map(str, RUNS[:2]), "--recording", str(tmp_path / "rec"), "--no-live", *arguments]
        shown.append(CliRunner().invoke(planescope, asked).output)
    packet = ["packet", "export", str(RUNS[0]), "--recording", str(tmp_path / "rec"), "--no-live"]
    shown.append(CliRunner().invoke(planescope, [*packet, "-o", str(tmp_path / "out")]).output)
    shown += [file.read_text(encoding="utf-8") for file in (tmp_path / "out").iterdir()]
    assert all(shown)
    assert not [text for text in shown if leaked(text)]
