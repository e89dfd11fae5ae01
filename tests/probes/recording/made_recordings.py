"""A made-up recording that uses every part of the format."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from arns import arn_of

from diagnosis.facts.case import Case, StatedChange
from diagnosis.facts.evidence import Origin
from probes.recording.format import (
    AbsentFile,
    Reconstruction,
    RecordedArtifact,
    RecordedAttempt,
    RecordedBranch,
    RecordedCase,
    RecordedFile,
    RecordedFolder,
    RecordedJob,
    RecordedLog,
    RecordedRun,
    Recording,
    Refusal,
)


def run_object(attempt: int = 1) -> dict[str, Any]:
    return {
        "id": 7,
        "run_attempt": attempt,
        "status": "completed",
        "conclusion": "failure",
        "event": "push",
        "head_sha": "a" * 40,
        "path": ".github/workflows/release.yml",
        "created_at": "2026-05-01T10:00:00Z",
        "display_title": "fix [skip ci] [/red] \x1b[31m \u2028",
    }


def rich_recording() -> Recording:
    job = {"id": 71, "name": "publish", "status": "completed", "steps": []}
    log = RecordedLog(
        b"\xef\xbb\xbf2026-05-01T10:00:01.0000000Z \xf0\x9f\x9a\x80 odd \xff bytes\n",
        verbatim=("odd",),
        steps=((1, 1, 1),),
    )
    run = RecordedRun(
        attempts=(
            RecordedAttempt(run_object(1), (RecordedJob(job, log, ({"message": "no"},)),)),
            RecordedAttempt(
                run_object(2), (RecordedJob({**job, "id": 72}, Refusal(410, "Gone")), RecordedJob({**job, "id": 73}))
            ),
        ),
        artifacts=(
            RecordedArtifact({"id": 5, "name": "evidence"}, (("../../etc/passwd", b"{}"), ("a/b.json", b"[]"))),
            RecordedArtifact({"id": 6, "name": "gone"}, Refusal(410, "Artifact has expired")),
        ),
        reconstructed=(Reconstruction("a", "b"),),
    )
    case = Case(
        role_arn=arn_of("arn:aws:iam::111122223333:role/release"),
        title="a case",
        runs=(7,),
        tag="v1",
        changes=(StatedChange(7, "made it", "log.md:3"), StatedChange(7, "more", "log.md:4", at="noon")),
        notes=("n",),
    )
    moment = datetime(2026, 5, 1, 11, 0, tzinfo=UTC)
    return Recording(
        repository={"full_name": "example/widgets", "id": 1},
        runs=(run,),
        title="t",
        origin=Origin.RECORDED,
        api_url="https://github.example.com/api/v3",
        workflows=({"id": 3, "path": ".github/workflows/release.yml"},),
        branches=(RecordedBranch({"name": "main", "commit": {"sha": "a" * 40}}, moment),),
        commits=({"sha": "a" * 40},),
        comparisons=(("main", "dev", {"status": "ahead"}),),
        files=(RecordedFile(".github/workflows/release.yml", "a" * 40, b"on: push\n"),),
        absent=(AbsentFile("push.sh", "a" * 40),),
        folders=(
            RecordedFolder(
                ".github/workflows",
                "a" * 40,
                ({"name": "big.yml", "type": "file", "size": 9_000_000, "sha": "b" * 40},),
                Origin.RECONSTRUCTED,
                (Reconstruction("that these are all", "nobody knows"),),
            ),
            RecordedFolder(".github/workflows", "b" * 40),
        ),
        oidc_customization=Refusal(403, "no"),
        environments=({"name": "prod"},),
        case=RecordedCase(case, (("tag", moment),), (None, moment)),
    )
