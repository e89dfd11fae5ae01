"""Releases as public repositories write them, each with what it needs and what of it nobody can know: ``releases.yml``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from wire_release import ACCOUNT, REGION, WORKFLOW, Ran, WireRelease

PUSH = (
    *("BatchCheckLayerAvailability", "InitiateLayerUpload", "UploadLayerPart"),
    *("CompleteLayerUpload", "PutImage", "BatchGetImage"),
)
PULL = ("BatchGetImage", "GetDownloadUrlForLayer")
READ_OF_A_PUSH = "ecr:GetDownloadUrlForLayer"
_GLOBAL = frozenset({"iam", "cloudfront", "route53"})


@dataclass(frozen=True)
class Row:
    """One release of the table."""

    name: str
    release: WireRelease
    expected: frozenset[tuple[str, str | None]]
    """Its needs, as (action, ARN); None for a resource that nobody can know."""
    gaps: tuple[str, ...]
    """A piece of each gap, of its step or of what is said of it; no other gap may be said."""


def _row(entry: Mapping[str, Any]) -> Row:
    jobs = tuple(
        Ran(
            job["name"],
            job["job"],
            job.get("conclusion", "failure"),
            job.get("file", ""),
            job.get("fails_at", "aws-actions/configure-aws-credentials"),
            shown=tuple(job.get("shown", {}).items()),
        )
        for job in entry.get("jobs", [{"name": "release", "job": "release"}])
    )
    files = {WORKFLOW: entry["workflow"], **entry.get("files", {})}
    return Row(
        entry["name"],
        WireRelease(files, jobs, event=entry.get("event", "push")),
        frozenset(pair for line in entry["needs"] for pair in _pairs(line)),
        tuple(entry.get("gaps", ())),
    )


def _pairs(line: str) -> Iterator[tuple[str, str | None]]:
    kind, _, rest = line.partition(" ")
    if kind == "login":
        yield "ecr:GetAuthorizationToken", "*"
    elif kind in ("push", "pull"):
        account, region, name = rest.split(":") if ":" in rest else (ACCOUNT, REGION, rest)
        arn = None if rest == "?" else f"arn:aws:ecr:{region}:{account}:repository/{name}"
        yield from ((f"ecr:{action}", arn) for action in (PUSH if kind == "push" else PULL))
    else:
        yield kind, None if rest == "?" else arn_in(kind, rest)


def arn_in(action: str, rest: str) -> str:
    """The ARN that a short form means for an action of that service."""
    service = action.partition(":")[0]
    if rest == "*" or rest.startswith("arn:"):
        return rest
    if service == "s3":
        return f"arn:aws:s3:::{rest}"
    if service in _GLOBAL:
        return f"arn:aws:{service}::{ACCOUNT}:{rest}"
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


ROWS = tuple(map(_row, YAML(typ="safe").load(Path(__file__).with_name("releases.yml"))))
