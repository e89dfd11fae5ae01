"""Part the names of a file's members into words, and tell which words a release uses of itself and which of something else."""

from __future__ import annotations

from collections.abc import Sequence

from diagnosis.closure.evidence.said import INDEX, Whose

_LONGEST_NAME = 200


class Silent(str):
    """A part of a path that says nothing of whose a member is: the list of runs in which the release's own stands."""

    __slots__ = ()


def words_of(path: Sequence[str]) -> tuple[str, ...]:
    """Return the words of a path, without the places in lists."""
    parts = (part for part in path if not isinstance(part, Silent) and not INDEX.fullmatch(part))
    return tuple(word for part in parts for one in _split(part) for word in _JOINED.get(one, (one,)))


def whose(words: Sequence[str]) -> Whose:
    """Return whose a member is, by the words before those that name its kind."""
    return Whose.OWN if all(word in OWN_WORDS or word.isdigit() for word in words) else Whose.UNSURE


def listed(words: str) -> frozenset[str]:
    """Return words that are written one after the other."""
    return frozenset(words.split())


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

OWN_WORDS = listed(
    "github gh gha ci cd actions descriptor workflow run build builds builder release releases released pipeline job image "
    "images container docker oci ecr registry repository repo artifact artifacts output outputs git vcs source src head "
    "commit built pushed published push publish provenance receipt evidence metadata meta info details summary result "
    "results env environment context org opencontainers label labels annotation annotations manifest immutable final "
    "closing current this created generated started finished completed recorded emitted written captured measured "
    "checked verified executed start end begin finish time date at utc timestamp on id sha name full uri url ref "
    "package packaging deploy deployment data payload body invocation attestation predicate definition parameters "
    "internal external event m1 sha256 scm html api iso aws sts caller identity get arn"
)
OTHERS_WORDS = listed(
    "action buildx base parent parents previous prev prior old older before last former rollback from upstream "
    "dependency dependencies deps depends layer layers config material materials component components packages "
    "module modules submodule submodules library plugin plugins provider providers tool tools runner toolchain "
    "terraform policy lock lockfile sbom cache cached default author authored committer expires expiry expiration "
    "expire valid until since deadline next scheduled schedule retention token session role trust merge target "
    "triggering trigger file files checksum checksums manifests vulnerability vulnerabilities scanner database db "
    "certificate cert key latest floating moving convenience alias duration elapsed timeout earlier history historical past "
    "failed failure failures first initial original retry retries retried rerun superseded replaced"
)
