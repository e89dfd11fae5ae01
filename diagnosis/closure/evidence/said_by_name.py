"""Read members that their names tell: the last words name the kind, those before them whose it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from diagnosis.closure.evidence.member_words import listed, whose
from diagnosis.closure.evidence.said import Said, Whose
from diagnosis.closure.evidence.said_by_shape import Read

_ENDS: tuple[tuple[Said, tuple[tuple[str, ...], ...]], ...] = (
    (Said.ATTEMPT, (("run", "attempt"), ("run", "attempt", "number"), ("workflow", "attempt"), ("attempt",))),
    (Said.RUN_NUMBER, (("run", "number"),)),
    (Said.RUN_ID, (("run", "id"),)),
    (Said.DIGEST, (("digest",), ("digest", "sha256"), ("image", "sha256"), ("manifest", "sha256"))),
    (
        Said.COMMIT,
        (
            ("commit",),
            ("sha",),
            ("sha1",),
            ("revision",),
            ("commit", "id"),
            ("commit", "hash"),
            ("git", "hash"),
            ("vcs", "ref"),
        ),
    ),
    (Said.REF, (("ref",), ("ref", "name"), ("branch",), ("branch", "name"), ("git", "tag"))),
    (Said.TAG, (("tag",), ("tags",), ("tag", "name"))),
    (Said.IMAGE, (("image", "ref"), ("image", "reference"))),
    (Said.ACCOUNT, (("account",), ("account", "id"), ("account", "number"), ("registry", "id"))),
    (Said.ROLE, (("aws", "role"), ("iam", "role"), ("aws", "role", "name"), ("iam", "role", "name"))),
    (Said.REGION, (("region",), ("default", "region"))),
    (Said.RUN, (("run",),)),
    (
        Said.WORKFLOW,
        (
            *(("workflow",), ("workflow", "name"), ("workflow", "file"), ("workflow", "path"), ("workflow", "ref")),
            *(("workflow", "filename"), ("workflow", "file", "name"), ("workflow", "file", "path")),
        ),
    ),
    (Said.ACTOR, (("actor",), ("actor", "login"))),
    (Said.EVENT, (("event", "name"),)),
    (Said.OWNER, (("repository", "owner"), ("repo", "owner"), ("repository", "owner", "login"))),
    (
        Said.REPOSITORY,
        (
            *(("repository", "url"), ("repo", "url"), ("git", "url"), ("clone", "url"), ("vcs", "url")),
            *(("repository", "html", "url"), ("repository", "ssh", "url"), ("repository", "clone", "url")),
            *(("image", "source"), ("container", "source")),
        ),
    ),
    (Said.REPOSITORY, (("repository",), ("repo",), ("repository", "name"), ("repo", "name"), ("full", "name"))),
    (
        Said.TIME,
        (
            *(("timestamp",), ("time",), ("at",), ("date",), ("utc",), ("datetime",), ("created",), ("generated",)),
            *(("started",), ("finished",), ("completed",), ("built",), ("pushed",), ("published",), ("ts",)),
            *(("start", "time"), ("end", "time"), ("epoch",)),
        ),
    ),
)


_OTHERS_TIMES = listed("commit git vcs head source src event repository repo registry scm")
"""Beside a time these speak of what was there before the run."""
_OTHERS_DIGESTS = listed(
    "artifact artifacts evidence receipt attestation package packaging data payload body source src git commit"
)
"""Beside a digest these leave open whether it is the image's."""
_OF_AN_IMAGE = listed("image images container docker oci ecr registry")
_GITHUB = frozenset({"github", "gh", "gha"})
_OF_THE_RUN = (Said.RUN_ID, Said.ATTEMPT, Said.RUN_NUMBER, Said.COMMIT)
_OF_GITHUB = listed("github gh gha actions workflow git vcs source src ci scm")

_SHORTEST_RUN_ID = 9
"""Digits of the ids that GitHub has given for years."""
_RUN_ID = re.compile(r"[1-9]\d{0,18}")
_HEX = re.compile(r"[0-9a-f]{7,64}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
_REPOSITORY_URL = re.compile(
    r"(?:git\+)?(?:(?:https|ssh|git)://(?:git@)?[^/\s@]{1,200}/|git@[^/\s:@]{1,200}:)"
    r"([A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}?)(?:\.git)?/?(?:[@#]\S{0,200})?"
)
_NAME_ALONE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}(?:\[bot\])?")
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]{2,12}){1,3}-\d")
_EVENTS = listed(
    "push pull_request pull_request_target workflow_dispatch workflow_call workflow_run schedule release repository_dispatch"
)
_ROLE_NAME = re.compile(r"[\w+=,.@/-]{1,200}")


def _is_workflow_file(value: str) -> bool:
    """Return whether a text is a workflow's file, alone or behind its repository and before its ref."""
    path = value.partition("@")[0]
    return path.endswith((".yml", ".yaml")) and not any(sign.isspace() for sign in value)


def by_name(own: tuple[str, ...], words: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    """Return what the values are by the words of their path; ``own`` are those of its last part. None where they do not tell."""
    ends = ((len(end), kind) for kind, each in _ENDS for end in each if words[-len(end) :] == end)
    length, kind = max(ends, key=lambda each: each[0], default=(0, None))
    if kind is None:
        return (Said.OTHER_ID, Whose.OWN, values) if _is_other_id(words) else None
    if kind in _OF_THE_RUN and _GITHUB.intersection(own):
        # What GitHub itself calls so is the run's wherever it stands.
        words = own
    if kind is Said.RUN_ID and whose(own) is Whose.UNSURE:
        # An id that a platform of their own counts (`platform_run_id`) is no run's on GitHub.
        return Said.OTHER_ID, Whose.OWN, values
    rest = words[:-length]
    if kind is Said.ATTEMPT and length == 1:
        return _plain_attempt(rest, values)
    if kind is Said.ACCOUNT and words[-2:] == ("registry", "id"):
        return _registry_id(rest, values)
    if kind is Said.ROLE:
        return _role(rest, values)
    if words[-2:] == ("workflow", "ref") and not all(map(_is_workflow_file, values)):
        # An object `workflow` has a ref beside its path.
        return _ref(words[:-1], values)
    return _commit(rest, words[-1], values) if kind is Said.COMMIT else _READERS[kind](rest, values)


def _is_other_id(words: tuple[str, ...]) -> bool:
    return words[-1:] == ("id",) and words[-2:-1] in (("release",), ("build",), ("pipeline",))


def _all(pattern: re.Pattern[str], values: tuple[str, ...]) -> bool:
    return all(pattern.fullmatch(value) for value in values)


def _run_id(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if _all(_RUN_ID, values):
        return Said.RUN_ID, whose(rest), values
    # Many systems call something of their own a run.
    return (Said.RUN_ID, Whose.UNSURE, values) if _OF_GITHUB.intersection(rest) else (Said.OTHER_ID, Whose.OWN, values)


def _run(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if not _all(_RUN_ID, values):
        return None
    # What is counted from 1 may be a run of something else.
    certain = all(len(value) >= _SHORTEST_RUN_ID for value in values)
    return Said.RUN, whose(rest) if certain else Whose.UNSURE, values


def _number(kind: Said) -> _Reader:
    def read(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
        return kind, whose(rest) if _all(_RUN_ID, values) else Whose.UNSURE, values

    return read


def _commit(rest: tuple[str, ...], last: str, values: tuple[str, ...]) -> Read | None:
    lower = tuple(value.lower() for value in values)
    if _all(_HEX, lower) and all(not value.isdigit() or len(value) in (40, 64) for value in lower):
        return Said.COMMIT, whose(rest), lower
    # `commit` and `revision` may hold a title or a version; what is called a sha holds one.
    return None if last in ("commit", "revision", "ref") else (Said.COMMIT, Whose.UNSURE, values)


def _digest(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    found = [_DIGEST.fullmatch(value.lower()) for value in values]
    if not all(found):
        return Said.DIGEST, Whose.UNSURE, values
    unclear = any(word in _OTHERS_DIGESTS for word in rest) and not any(word in _OF_AN_IMAGE for word in rest)
    return Said.DIGEST, Whose.UNSURE if unclear else whose(rest), tuple(f"sha256:{each[1]}" for each in found if each)


def _tag(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if not _all(_TAG, values):
        return None
    return Said.TAG, whose(rest) if any(word in _OF_AN_IMAGE for word in rest) else Whose.UNSURE, values


def _ref(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    return Said.REF, whose(rest), values


def _repository(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    urls = [_REPOSITORY_URL.fullmatch(value) for value in values]
    if all(urls):
        return Said.REPOSITORY, whose(rest), tuple(found[1] for found in urls if found)
    if any("://" in value or "." in value.partition("/")[0] for value in values):
        # It lies on another server: a package's page, a registry that is no ECR.
        return None
    if any(word in _OF_AN_IMAGE for word in rest):
        return Said.ECR_REPOSITORY, whose(rest), values
    certain = any(word in _OF_GITHUB for word in rest)
    if _all(_REPOSITORY, values):
        return Said.REPOSITORY if certain else Said.SOME_REPOSITORY, whose(rest), values
    return (Said.SOME_REPOSITORY, whose(rest), values) if _all(_NAME_ALONE, values) else None


def _owner(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    return (Said.OWNER, whose(rest), values) if _all(_LOGIN, values) else None


def _workflow(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if "job" in rest or all(value.isdigit() for value in values):
        # The workflow of a job is the called one; a number is an id.
        return None
    # Other systems have workflows too, and people name theirs as they like.
    certain = all(map(_is_workflow_file, values)) or any(word in _OF_GITHUB for word in rest)
    return Said.WORKFLOW, whose(rest) if certain else Whose.UNSURE, values


def _actor(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if all(value.isdigit() for value in values):
        return None
    return Said.ACTOR, whose(rest) if _all(_LOGIN, values) else Whose.UNSURE, values


def _event(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    certain = any(word in _OF_GITHUB for word in rest) or all(value in _EVENTS for value in values)
    return Said.EVENT, whose(rest) if certain else Whose.UNSURE, values


def _account(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    ids = tuple(value.replace("-", "") for value in values)
    if not all(value.isascii() and value.isdigit() and 10 <= len(value) <= 12 for value in ids):
        return None
    # As a number one loses the zeros that it begins with.
    kind = Said.REGISTRY if any(word in _OF_AN_IMAGE for word in rest) else Said.ACCOUNT
    return kind, whose(rest), tuple(value.zfill(12) for value in ids)


def _registry_id(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    return _account((*rest, "registry"), values)


def _region(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if not _all(_REGION, values) or whose(rest) is Whose.UNSURE:
        # Buckets and backups have a region of their own.
        return None
    return Said.REGION, Whose.OWN, values


def _role(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    return (Said.ROLE, whose(rest), values) if _all(_ROLE_NAME, values) else None


def _attempt(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if not _all(_RUN_ID, values):
        return Said.ATTEMPT, Whose.UNSURE, values
    return Said.ATTEMPT, whose(rest), values


def _plain_attempt(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    # Pushes and tests are attempted too.
    if rest and not _GITHUB.union(("run", "workflow", "ci")).intersection(rest):
        return None
    return (Said.ATTEMPT, whose(rest) if rest else Whose.UNSURE, values) if _all(_RUN_ID, values) else None


def _time(rest: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    if any(word in _OTHERS_TIMES for word in rest) or ("workflow" in rest and "run" not in rest):
        return None
    return (Said.TIME, Whose.OWN, values) if whose(rest) is Whose.OWN else None


def _nothing(_rest: tuple[str, ...], _values: tuple[str, ...]) -> Read | None:
    return None


_Reader: TypeAlias = Callable[[tuple[str, ...], tuple[str, ...]], "Read | None"]
_READERS: dict[Said, _Reader] = {
    Said.RUN_ID: _run_id,
    Said.RUN: _run,
    Said.RUN_NUMBER: _number(Said.RUN_NUMBER),
    Said.ATTEMPT: _attempt,
    Said.OWNER: _owner,
    Said.WORKFLOW: _workflow,
    Said.ACTOR: _actor,
    Said.EVENT: _event,
    Said.ACCOUNT: _account,
    Said.REGION: _region,
    Said.DIGEST: _digest,
    Said.TAG: _tag,
    Said.REF: _ref,
    Said.REPOSITORY: _repository,
    Said.TIME: _time,
    # An image that is no address in ECR was not pushed there by this release.
    Said.IMAGE: _nothing,
}
