"""No secret gets into a recording, whatever the place it comes from; and the written files are looked at once more."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_attempts import made_attempt
from recording_worlds import attempts, ids, recorded, replayed, small_world, source_of

from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import RepositoryFile
from probes.embedded.github import storage
from probes.embedded.github.server import GitHubServer
from probes.recording import checked
from probes.recording.checked import credentials_in, write_checked
from probes.recording.format import Content, RecordedLog, Recording, RecordingError, Refusal
from probes.recording.record import objects
from probes.recording.record.files import RecordedFiles
from probes.recording.record.objects import Cleaner

OWN_TOKEN = "0d5c-no-known-shape-93ab"
KEY = "AKIA" + "Q3EGRLPT5HWMZ2VB"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJyZXBvOm8vciJ9.c2lnbmF0dXJlLXZhbHVl"
SECRETS = (KEY, GITHUB, JWT, OWN_TOKEN, "jane@example.com", "clone-credential-77")


def leaky_world() -> Recording:
    """A secret in the title, the commit, the log, an annotation, the workflow file, an artifact and the repository."""
    made = small_world()
    run = made.runs[1]
    log = (
        "2026-06-01T12:00:00.0000000Z export KEY=" + KEY + "\n"
        f"2026-06-01T12:00:00.0000000Z curl -H 'Authorization: Bearer {GITHUB}'\n"
        f"2026-06-01T12:00:00.0000000Z token {OWN_TOKEN} and {JWT}\n"
    )

    def leaky(attempt: Any) -> Any:
        jobs = tuple(
            replace(
                job,
                log=RecordedLog(log.encode()),
                annotations=({"annotation_level": "failure", "message": f"bad {JWT}", "title": OWN_TOKEN},),
            )
            for job in attempt.jobs
        )
        head = {"author": {"name": "Jane", "email": "jane@example.com"}, "message": f"use {GITHUB}"}
        return replace(attempt, run={**attempt.run, "display_title": f"use {KEY}", "head_commit": head}, jobs=jobs)

    artifact = replace(run.artifacts[0], files=(("k.json", f'{{"key": "{KEY}"}}'.encode()),))
    file = f"on: push\n# {GITHUB} {OWN_TOKEN}\n".encode()
    return replace(
        made,
        repository={**made.repository, "temp_clone_token": "clone-credential-77"},
        runs=(replace(run, attempts=tuple(map(leaky, run.attempts)), artifacts=(artifact,)),),
        files=tuple(replace(entry, content=file) for entry in made.files),
    )


def everything(folder: Path) -> str:
    return "\n".join(file.read_text(errors="replace") for file in folder.rglob("*") if file.is_file())


def test_no_secret_of_any_place_is_in_the_written_files(tmp_path: Path) -> None:
    world = leaky_world()
    with GitHubServer(world, token=OWN_TOKEN) as server:
        made, recorder = recorded(server, world.full_name, ids(world), token=OWN_TOKEN)
    assert recorder.gaps == [], "everything was read, so everything was there to leak"
    write_checked(made, tmp_path / "kept")
    text = everything(tmp_path / "kept")
    for secret in SECRETS:
        assert secret not in text, secret
    for kind in ("aws-access-key-id", "github-token", "jwt"):
        assert f"[scrubbed:{kind}]" in text
    assert "Change" not in made.runs[0].attempts[0].run["display_title"]
    assert "Jane" in text, "the name of an author is no secret"


def unscrubbed(text: str) -> str:
    return text


@pytest.mark.parametrize("place", ["title", "log"])
def test_a_credential_that_the_scrubber_missed_stops_the_recording(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = small_world()
    with GitHubServer(world) as server:
        made, _ = recorded(server, world.full_name, ids(world))
    (first, *rest) = made.runs
    attempt = first.attempts[0]
    if place == "title":
        attempt = replace(attempt, run={**attempt.run, "display_title": f"with {GITHUB}"})
    else:
        body = b"fine\n" * 1000 + f"line with {KEY}\n".encode()
        attempt = replace(attempt, jobs=(replace(attempt.jobs[0], log=RecordedLog(body)),))
    made = replace(made, runs=(replace(first, attempts=(attempt,)), *rest))
    with pytest.raises(RecordingError, match="was not kept") as caught:
        write_checked(made, tmp_path / "kept")
    assert (GITHUB if place == "title" else KEY) not in str(caught.value), "the finding does not repeat the value"
    assert ("line 1001" in str(caught.value)) == (place == "log")
    assert list(tmp_path.iterdir()) == [], "nothing is left"


@pytest.mark.parametrize(
    "harmless",
    [
        "Authorization: Bearer $GITHUB_TOKEN",
        "Authorization: Bearer ${GITHUB_TOKEN}",
        'curl -H "Authorization: Bearer ${{ secrets.TOKEN }}"',
        "AUTHORIZATION: basic ***",
        "Authenticated as assumedRoleId AROAQ3EGRLPT5HWMZ2VB7:GitHubActions",
        "aws-secret-access-key: ${{ secrets.AWS_SECRET_ACCESS_KEY }}",
        "AWS_SECRET_ACCESS_KEY=[scrubbed:aws-secret-key]",
        '{"Statement": [{"Effect": "Allow"}]}',
    ],
)
def test_placeholders_ids_and_policies_stop_nothing(harmless: str, tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(f"before\n{harmless}\nafter\n")
    assert list(credentials_in(tmp_path)) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (KEY, "an AWS access key id"),
        (GITHUB, "a GitHub token"),
        (f"x{JWT}".replace("x", " "), "a JSON web token"),
        ("-----BEGIN RSA PRIVATE KEY-----", "a private key"),
        ("authorization: bearer\n  0123456789abcdef", "an authorization header"),
        ("AUTHORIZATION: Basic 0123456789abcdef", "an authorization header"),
        ('{"a": "{\\"aws_secret_access_key\\": \\"wJalrXUtnFEMIK7MDENGbPxRfiCYz\\"}"}', "a secret access key"),
    ],
)
def test_each_kind_of_credential_is_found_with_its_line(text: str, what: str, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.txt").write_bytes(b"\xff\xfe odd bytes\nsecond\n" + text.encode() + b"\nafter\n")
    found = list(credentials_in(tmp_path))
    assert [(leak.file, leak.line, leak.what) for leak in found] == [("a/b.txt", 3, what)]


def test_members_that_an_archive_hides_stay_hidden_and_are_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world()
    odd = _odd_archive()
    monkeypatch.setattr(storage, "archive", lambda item: odd)
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        told = attempts(source, ids(world))
        made, _ = recorded(server, world.full_name, ids(world))
    monkeypatch.undo()
    with replayed(made) as again:
        assert attempts(again, ids(world)) == told
    (artifact,) = [item for item in made.runs[1].artifacts if item.artifact["name"] == "evidence"]
    assert [name for name, _ in _files(artifact.files)] == ["fine.json"]
    assert [what for what, _ in artifact.unread] == ["the artifact evidence: ../out.json"]


def _files(files: object) -> tuple[tuple[str, Content], ...]:
    assert isinstance(files, tuple)
    return files


def _odd_archive() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("../out.json", "{}")
        file.writestr("fine.json", "{}")
    return out.getvalue()


def test_a_large_artifact_is_not_larger_on_replay() -> None:
    world = small_world()
    run = world.runs[1]
    lines = "".join(f'{{"n": {n}, "text": "{n * 7919 % 10007}"}},' for n in range(14_500))
    big = tuple((f"{n}.json", lines.encode()) for n in range(5))
    world = replace(world, runs=(replace(run, artifacts=(replace(run.artifacts[0], files=big),)),))
    assert sum(len(body) for _, body in big) > 2_000_000, "more than an archive may have, unpacked"
    with GitHubServer(world) as server, source_of(server, world.full_name) as source:
        told = attempts(source, ids(world))
        made, recorder = recorded(server, world.full_name, ids(world))
    assert recorder.gaps == []
    with replayed(made) as again:
        assert attempts(again, ids(world)) == told


def test_the_cleaner_bounds_what_is_nested_without_end() -> None:
    deep: Any = "end"
    for _ in range(500):
        deep = [deep]
    cleaned = objects.Cleaner("").object({"a": deep, "b": "\ud800", "c": 1})
    assert cleaned["c"] == 1
    assert cleaned["b"] == "?"


def test_a_directory_that_is_taken_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(RecordingError, match="is there already"):
        checked.ensure_new(tmp_path)
    checked.ensure_new(tmp_path / "new")


def test_the_path_of_a_file_is_cleaned_like_its_text() -> None:
    attempt = replace(
        made_attempt(),
        files=(
            RepositoryFile(f"scripts/{KEY}.sh", Known("make\n")),
            RepositoryFile(f"gone/{KEY}.sh", Absent("x")),
            RepositoryFile(f"far/{KEY}/\ud800.sh", Unreadable("x", "it is no path", "look")),
        ),
    )
    files = RecordedFiles(Cleaner(OWN_TOKEN))
    files.add(attempt)
    refused = files.refused(lambda _path, reading: Refusal(404, reading.why))
    told = repr((files.read(), files.absent(), refused))
    assert KEY not in told
    assert "\ud800" not in "".join(path for path, _ in refused)
    assert "scripts/" in told
    assert "gone/" in told
    assert "far/" in told
