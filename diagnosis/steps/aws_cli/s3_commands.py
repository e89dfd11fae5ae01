"""The commands of ``aws s3``: which of S3's calls each makes, by the direction in which it copies.

Source: AWS CLI Command Reference, ``s3``; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; AWS re:Post
"What permissions does the AWS CLI need for s3 sync". Keys are those that the CLI itself makes: of a folder, the folder's prefix;
of a file that goes to a prefix, the file's name behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from diagnosis.steps.aws_cli.deployments import Use
from diagnosis.steps.aws_cli.object_arns import bucket_arn, object_arn
from diagnosis.steps.aws_cli.resources import Scope
from diagnosis.steps.aws_cli.special_resources import key_resource
from diagnosis.steps.aws_cli.words import Command

COMMANDS = frozenset({"cp", "mv", "sync", "rm", "ls", "mb", "rb", "website", "presign"})


_HIDDEN = re.compile(r"[$`*]")
_ON_DISK = re.compile(
    r"\$(?:\{?(?:GITHUB_WORKSPACE|RUNNER_TEMP|HOME|PWD|TMPDIR)\}?|\{\{ *(?:github\.workspace|runner\.temp) *\}\})(?:/.*)?",
    re.DOTALL,
)


def may_be_anywhere(path: str) -> bool:
    """Return whether a path begins with what is not legible, so that it may lie on the runner's disk or in S3."""
    return _HIDDEN.match(path) is not None and _ON_DISK.fullmatch(path) is None


@dataclass(frozen=True, slots=True)
class _Place:
    """An ``s3://bucket/key``."""

    bucket: str
    key: str

    @classmethod
    def read(cls, path: str | None) -> _Place | None:
        """Return the place that a path names; None for a path of the runner's own disk."""
        if path is None or not path.startswith("s3://"):
            return None
        bucket, _, key = path.removeprefix("s3://").partition("/")
        return cls(bucket, key)

    @property
    def bucket_arn(self) -> str | None:
        return bucket_arn(self.bucket)

    def below(self) -> str | None:
        """Return every object below the prefix."""
        prefix = self.key if not self.key or self.key.endswith("/") else f"{self.key}/"
        return object_arn(self.bucket, f"{prefix}*")

    def object(self, source: str | None = None) -> str | None:
        """Return the object; under a prefix, or without a key, the one that is named like the source."""
        if self.key and not self.key.endswith("/"):
            return object_arn(self.bucket, self.key)
        name = (source or "").rstrip("/").rpartition("/")[2]
        return object_arn(self.bucket, self.key + (name or "*"))


def uses_of_s3(command: Command, scope: Scope) -> tuple[Use, ...] | None:
    """Return the calls of a command of ``aws s3``; None for one that is not known, or whose paths do not tell the direction."""
    paths = command.arguments
    match command.operation:
        case "presign":
            return ()
        case "ls":
            return tuple(_listing(paths))
        case "mb" | "rb" | "website":
            place = _Place.read(paths[0]) if paths else None
            return tuple(_bucket_call(command, place)) if place is not None else None
        case "rm":
            place = _Place.read(paths[0]) if paths else None
            return tuple(_removal(command, place)) if place is not None else None
        case "cp" | "mv" | "sync" if len(paths) == 2:
            return _copy(command, paths[0], paths[1], scope)
        case _:
            return None


def _listing(paths: tuple[str, ...]) -> Iterator[Use]:
    bucket = (paths[0] if paths else "").removeprefix("s3://").partition("/")[0]
    yield ("s3:ListBucket", bucket_arn(bucket)) if bucket else ("s3:ListAllMyBuckets", "*")


def _bucket_call(command: Command, place: _Place) -> Iterator[Use]:
    if command.operation == "rb" and command.has("force"):
        yield "s3:ListBucket", place.bucket_arn
        yield "s3:DeleteObject", _Place(place.bucket, "").below()
    action = {"mb": "s3:CreateBucket", "rb": "s3:DeleteBucket", "website": "s3:PutBucketWebsite"}[command.operation]
    yield action, place.bucket_arn


def _removal(command: Command, place: _Place) -> Iterator[Use]:
    whole = command.has("recursive")
    if whole:
        yield "s3:ListBucket", place.bucket_arn
    if not command.has("dryrun"):
        yield "s3:DeleteObject", place.below() if whole else place.object()


def _copy(command: Command, start: str, end: str, scope: Scope) -> tuple[Use, ...] | None:
    source, target = _Place.read(start), _Place.read(end)
    if source is None and target is None:
        return None
    return tuple(_copied(command, start, source, target, scope))


def _copied(command: Command, start: str, source: _Place | None, target: _Place | None, scope: Scope) -> Iterator[Use]:
    whole = command.operation == "sync" or command.has("recursive")
    real = not command.has("dryrun")
    if source is not None:
        if whole:
            yield "s3:ListBucket", source.bucket_arn
        # What is copied is read, by a dry run too where it is one object: the CLI asks for its size.
        if real or not whole:
            yield "s3:GetObject", source.below() if whole else source.object()
    if target is not None:
        if command.operation == "sync":
            yield "s3:ListBucket", target.bucket_arn
        if real:
            name = None if start == "-" else start
            written = target.below() if whole else target.object(name)
            yield "s3:PutObject", written
            if command.has("acl") or command.has("grants"):
                yield "s3:PutObjectAcl", written
            if command.has("sse-kms-key-id") and command.option("sse") == "aws:kms":
                yield "kms:GenerateDataKey", key_resource(command.option("sse-kms-key-id"), scope)
            if command.operation == "sync" and command.has("delete"):
                yield "s3:DeleteObject", target.below()
    if real and command.operation == "mv" and source is not None:
        yield "s3:DeleteObject", source.below() if whole else source.object()
