"""Read out of an evidence file what it says of its release: run, attempt, commit, ref, tag, digest, repository, times.

A member is taken for what it says by its whole path, word by word: ``image.digest``, ``GITHUB_RUN_ID``, ``ciRunId``. The last
words name the kind; all others must be words that a release uses of itself. A word that speaks of another thing
(``base_digest``, ``parent_commit``) makes it none of the release's own; one that is not known leaves open whose it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from diagnosis.logs.scrubbed_names import scrub_name
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, read_json

MOST_VALUES = 20_000
"""A file with more members says nothing here: it is a listing, not a receipt."""


class Said(StrEnum):
    """What a member of an evidence file tells about its release."""

    RUN_ID = "run id"
    RUN_NUMBER = "run number"
    ATTEMPT = "run attempt"
    COMMIT = "commit"
    REF = "ref"
    REPOSITORY = "repository"
    ECR_REPOSITORY = "ECR repository"
    TAG = "tag"
    DIGEST = "digest"
    IMAGE = "image address"
    TIME = "time"
    OUTCOME = "outcome"
    """Of the whole file, and only where it is a failure: that all went well is proved by measures, not by a word."""
    OTHER_ID = "id"
    """An id that only the files know: it is compared between them."""


class Whose(StrEnum):
    """Whether the member certainly speaks of the release itself."""

    OWN = "own"
    UNSURE = "unsure"
    """A word of its path is not understood."""


@dataclass(frozen=True, slots=True)
class SaidValue:
    """One value that a file states."""

    kind: Said
    whose: Whose
    place: str
    """Where in the file: ``$.image.digest``; foreign text."""
    name: str
    """The path's words, for comparing the same member of several files."""
    values: tuple[str, ...]
    """One, or those of a list of which one must fit."""

    @property
    def shown(self) -> str:
        """The values as they may be told: what should be a ref or a tag may be a secret."""
        return " or ".join(map(scrub_name, self.values))[:200]


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why nothing was read out of a file, as a clause."""

    why: str


def values_in(text: str) -> tuple[SaidValue, ...] | NotRead:
    """Return what a JSON text says of its release, in its order."""
    document = read_json(text.removeprefix("\ufeff"))
    if isinstance(document, JsonFault):
        return NotRead(f"it is {document.why}" if document.why.startswith("not") else document.why)
    found: list[SaidValue] = []
    for number, (path, values) in enumerate(_leaves(document)):
        if number >= MOST_VALUES:
            return NotRead(f"it has more than {MOST_VALUES} members")
        said = _said(path, values)
        if said is not None:
            found.append(said)
    return tuple(found)


def _leaves(document: object) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Yield path and values of each member that is a text or a number, or a list of nothing else; no recursion."""
    waiting: list[tuple[tuple[str, ...], object]] = [((), document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [((*path, str(key)), item) for key, item in reversed(value.items())]
        elif isinstance(value, list):
            texts = [text for item in value if (text := _text(item)) is not None]
            if value and len(texts) == len(value) and path:
                yield path, tuple(texts)
            else:
                waiting += [((*path, f"[{place}]"), item) for place, item in reversed(list(enumerate(value)))]
        else:
            text = _text(value)
            # Also what tells nothing counts, so that a huge file is given up.
            yield path, () if text is None else (text,)


def _text(value: object) -> str | None:
    if isinstance(value, JsonNumber):
        return value.text
    return value if isinstance(value, str) else None


_INDEX = re.compile(r"\[\d+\]")
_LONGEST_NAME = 200


def _words(path: Sequence[str]) -> tuple[str, ...]:
    joined = [_JOINED.get(word, (word,)) for part in path if not _INDEX.fullmatch(part) for word in _split(part)]
    return tuple(word for group in joined for word in group)


def _split(part: str) -> list[str]:
    found: list[str] = []
    text = part[:_LONGEST_NAME]
    for place, sign in enumerate(text):
        if not (sign.isascii() and sign.isalnum()):
            continue
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        begins = not (before.isascii() and before.isalnum()) or before.isdigit() != sign.isdigit()
        begins = begins or (sign.isupper() and (before.islower() or (before.isupper() and after.islower())))
        if begins:
            found.append(sign.lower())
        else:
            found[-1] += sign.lower()
    # `sha256` is one word, and another one than `sha`.
    joined: list[str] = []
    for word in found:
        if joined and word.isdigit() and joined[-1] in ("sha", "s", "v"):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


_JOINED = {
    "runid": ("run", "id"),
    "runnumber": ("run", "number"),
    "runattempt": ("run", "attempt"),
    "imagedigest": ("image", "digest"),
    "imagetag": ("image", "tag"),
    "imageuri": ("image", "uri"),
    "commitsha": ("commit", "sha"),
    "gitsha": ("git", "sha"),
    "gitcommit": ("git", "commit"),
    "headsha": ("head", "sha"),
    "refname": ("ref", "name"),
    "containerimage": ("container", "image"),
    "workflowrun": ("workflow", "run"),
    "reponame": ("repo", "name"),
    "createdat": ("created", "at"),
    "builtat": ("built", "at"),
    "generatedat": ("generated", "at"),
    "pushedat": ("pushed", "at"),
}

_ENDS: tuple[tuple[Said, tuple[tuple[str, ...], ...]], ...] = (
    (Said.ATTEMPT, (("run", "attempt"), ("run", "attempt", "number"), ("workflow", "attempt"))),
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


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_OWN_WORDS = _listed(
    "github gh gha ci cd actions descriptor workflow run runs build builds builder release releases released pipeline job image "
    "images container docker oci ecr registry repository repo artifact artifacts output outputs git vcs source src head "
    "commit built pushed published push publish provenance receipt evidence metadata meta info details summary result "
    "results env environment context org opencontainers label labels annotation annotations manifest immutable final "
    "closing current this created generated started finished completed recorded emitted written captured measured "
    "checked verified executed start end begin finish time date at utc timestamp on id sha name full uri url ref "
    "package packaging deploy deployment data payload body invocation attestation predicate definition parameters "
    "internal external event m1 sha256 scm html api iso"
)
_OTHERS_WORDS = _listed(
    "action buildx base parent parents previous prev prior old older before last former rollback from upstream "
    "dependency dependencies deps depends layer layers config material materials component components packages "
    "module modules submodule submodules library plugin plugins provider providers tool tools runner toolchain "
    "terraform policy lock lockfile sbom cache cached default author authored committer expires expiry expiration "
    "expire valid until since deadline next scheduled schedule retention token session role trust merge target "
    "triggering trigger file files checksum checksums manifests vulnerability vulnerabilities scanner database db "
    "certificate cert key latest floating moving convenience alias duration elapsed timeout"
)

_OTHERS_TIMES = _listed("commit git vcs head source src event repository repo registry scm")
"""Beside a time these speak of what was there before the run."""
_OTHERS_DIGESTS = _listed(
    "artifact artifacts evidence receipt attestation package packaging data payload body source src git commit"
)
"""Beside a digest these leave open whether it is the image's."""
_OF_AN_IMAGE = _listed("image images container docker oci ecr registry")
_GITHUB = frozenset({"github", "gh", "gha"})
_OF_THE_RUN = (Said.RUN_ID, Said.ATTEMPT, Said.RUN_NUMBER, Said.COMMIT)
_OF_GITHUB = _listed("github gh gha actions workflow git vcs source src ci scm")

_OUTCOMES = (("verdict",), ("result",), ("status",), ("outcome",), ("conclusion",), ("overall",), ("decision",))
_FAILED = _listed(
    "fail failed failing failure error errored denied rejected refused blocked red cancelled canceled aborted"
)
_RUN_ID = re.compile(r"[1-9]\d{0,18}")
_HEX = re.compile(r"[0-9a-f]{7,64}")
_DIGEST = re.compile(r"(?:sha256:)?([0-9a-f]{64})")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_REPOSITORY = re.compile(r"(?:https://[^/\s]{1,200}/)?([A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}?)(?:\.git)?/?")
_RUN_URL = re.compile(
    r"https://[^/\s]{1,200}/[^/\s]{1,100}/[^/\s]{1,100}/actions/runs/([1-9]\d{0,18})(?:[/?#]\S{0,200})?"
)
_Read: TypeAlias = tuple[Said, Whose, tuple[str, ...]]


def _said(path: tuple[str, ...], values: tuple[str, ...]) -> SaidValue | None:
    """Return what a member says; None for one that says nothing of a release."""
    values = tuple(value.strip() for value in values)
    words = _words(path)
    if len(path) == 1 and words in _OUTCOMES and values and all(value.lower() in _FAILED for value in values):
        return SaidValue(Said.OUTCOME, Whose.OWN, f"$.{path[0][:80]}", " ".join(words), values)
    if not any(values) or any(word in _OTHERS_WORDS for word in words):
        return None
    read = _by_shape(words, values) or _by_name(_words(path[-1:]), words, values)
    if read is None:
        return None
    # Cut only once it is scrubbed: a part of a secret is not known as one.
    place = "$" + "".join(part if _INDEX.fullmatch(part) else f".{scrub_name(part)[:80]}" for part in path)[:200]
    return SaidValue(read[0], read[1], place, " ".join(words), read[2])


def _by_shape(words: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    """Read what tells by itself what it is: a run's address on GitHub, an image's address in ECR."""
    urls = [found[1] for value in values if (found := _RUN_URL.fullmatch(value))]
    if len(urls) == len(values):
        return Said.RUN_ID, _whose(words), tuple(urls)
    addresses = [EcrAddress.parse(value) for value in values]
    if all(each is not None and each.repository for each in addresses):
        whole = all(each is not None and (each.tag or each.digest) for each in addresses)
        named = [word for word in words if word not in ("tag", "tags", "digest", "digests", "address")]
        return Said.IMAGE if whole else Said.ECR_REPOSITORY, _whose(named), values
    return None


def _by_name(own: tuple[str, ...], words: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    ends = ((len(end), kind) for kind, each in _ENDS for end in each if words[-len(end) :] == end)
    length, kind = max(ends, key=lambda each: each[0], default=(0, None))
    if kind is None:
        return (Said.OTHER_ID, Whose.OWN, values) if _is_other_id(words) else None
    if kind in _OF_THE_RUN and _GITHUB.intersection(own):
        # What GitHub itself calls so is the run's wherever it stands.
        words = own
    if kind is Said.RUN_ID and _whose(own) is Whose.UNSURE:
        # An id that a platform of their own counts (`platform_run_id`) is no run's on GitHub.
        return Said.OTHER_ID, Whose.OWN, values
    rest = words[:-length]
    return _commit(rest, words[-1], values) if kind is Said.COMMIT else _READERS[kind](rest, values)


def _is_other_id(words: tuple[str, ...]) -> bool:
    return words[-1:] == ("id",) and words[-2:-1] in (("release",), ("build",), ("pipeline",))


def _whose(words: Sequence[str]) -> Whose:
    return Whose.OWN if all(word in _OWN_WORDS or word.isdigit() for word in words) else Whose.UNSURE


def _all(pattern: re.Pattern[str], values: tuple[str, ...]) -> bool:
    return all(pattern.fullmatch(value) for value in values)


def _run_id(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    if _all(_RUN_ID, values):
        return Said.RUN_ID, _whose(rest), values
    # Many systems call something of their own a run.
    return (Said.RUN_ID, Whose.UNSURE, values) if _OF_GITHUB.intersection(rest) else (Said.OTHER_ID, Whose.OWN, values)


def _number(kind: Said) -> _Reader:
    def read(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
        return kind, _whose(rest) if _all(_RUN_ID, values) else Whose.UNSURE, values

    return read


def _commit(rest: tuple[str, ...], last: str, values: tuple[str, ...]) -> _Read | None:
    lower = tuple(value.lower() for value in values)
    if _all(_HEX, lower) and all(not value.isdigit() or len(value) in (40, 64) for value in lower):
        return Said.COMMIT, _whose(rest), lower
    # `commit` and `revision` may hold a title or a version; what is called a sha holds one.
    return None if last in ("commit", "revision", "ref") else (Said.COMMIT, Whose.UNSURE, values)


def _digest(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    found = [_DIGEST.fullmatch(value.lower()) for value in values]
    if not all(found):
        return Said.DIGEST, Whose.UNSURE, values
    unclear = any(word in _OTHERS_DIGESTS for word in rest) and not any(word in _OF_AN_IMAGE for word in rest)
    return Said.DIGEST, Whose.UNSURE if unclear else _whose(rest), tuple(f"sha256:{each[1]}" for each in found if each)


def _tag(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    if not _all(_TAG, values):
        return None
    return Said.TAG, _whose(rest) if any(word in _OF_AN_IMAGE for word in rest) else Whose.UNSURE, values


def _ref(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    return Said.REF, _whose(rest), values


def _repository(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    if any(word in _OF_AN_IMAGE for word in rest):
        return Said.ECR_REPOSITORY, _whose(rest), values
    found = [_REPOSITORY.fullmatch(value) for value in values]
    if not all(found):
        return None
    certain = any(word in _OF_GITHUB for word in rest)
    return Said.REPOSITORY, _whose(rest) if certain else Whose.UNSURE, tuple(each[1] for each in found if each)


def _time(rest: tuple[str, ...], values: tuple[str, ...]) -> _Read | None:
    if any(word in _OTHERS_TIMES for word in rest) or ("workflow" in rest and "run" not in rest):
        return None
    return (Said.TIME, Whose.OWN, values) if _whose(rest) is Whose.OWN else None


def _nothing(_rest: tuple[str, ...], _values: tuple[str, ...]) -> _Read | None:
    return None


_Reader: TypeAlias = Callable[[tuple[str, ...], tuple[str, ...]], "_Read | None"]
_READERS: dict[Said, _Reader] = {
    Said.RUN_ID: _run_id,
    Said.RUN_NUMBER: _number(Said.RUN_NUMBER),
    Said.ATTEMPT: _number(Said.ATTEMPT),
    Said.DIGEST: _digest,
    Said.TAG: _tag,
    Said.REF: _ref,
    Said.REPOSITORY: _repository,
    Said.TIME: _time,
    # An image that is no address in ECR was not pushed there by this release.
    Said.IMAGE: _nothing,
}
