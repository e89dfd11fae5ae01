"""Read members whose value tells by itself what it is: addresses of runs, commits and images, ARNs, subjects of tokens."""

from __future__ import annotations

import re
from typing import TypeAlias

from diagnosis.closure.evidence.member_words import OTHERS_WORDS, listed, whose
from diagnosis.closure.evidence.run_address import RunAddress
from diagnosis.closure.evidence.said import Said, Whose
from diagnosis.names.arn import Arn
from diagnosis.names.ecr_address import EcrAddress

Read: TypeAlias = tuple[Said, Whose, tuple[str, ...]]

_SCHEME = re.compile(r"(?:docker|oci|https?)://")
_COMMIT_URL = re.compile(r"https://[^/\s]{1,200}/[^/\s]{1,100}/[^/\s]{1,100}/(?:commit|tree)/([0-9a-f]{40})/?")
_SUBJECT = re.compile(r"repo:[^:\s/]{1,100}/[^:\s/]{1,100}:(?:ref:refs/(?:heads|tags)/\S{1,250}|environment:\S{1,250})")
_OF_AN_ADDRESS = listed("tag tags digest digests address")
_OF_A_ROLE = listed("role roles assume assumed to assuming principal user oidc session release web federated iam")
_OF_A_SUBJECT = listed("sub subject from web identity oidc claim claims jwt token")
_OTHER_ROLES = listed("task execution service instance lambda function node pod cluster container profile worker")
"""Roles that what is deployed runs under, and none that a release assumes."""


def by_shape(words: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    """Return what the values are by their form; None where it does not tell, or what they speak of is not the release's."""
    if all(map(_is_role, values)):
        left = tuple(word for word in words if word not in _OF_A_ROLE)
        foreign = any(word in OTHERS_WORDS or word in _OTHER_ROLES for word in left)
        return None if foreign else (Said.ROLE, whose(left), values)
    if all(map(_SUBJECT.fullmatch, values)):
        left = tuple(word for word in words if word not in _OF_A_SUBJECT)
        return None if any(word in OTHERS_WORDS for word in left) else (Said.SUBJECT, whose(left), values)
    if any(word in OTHERS_WORDS for word in words):
        return None
    if all(map(RunAddress.parse, values)):
        return Said.RUN_URL, whose(words), values
    commits = [_COMMIT_URL.fullmatch(value) for value in values]
    if all(commits):
        # Of a list of changes each has one.
        return (Said.COMMIT, Whose.OWN, tuple(found[1] for found in commits if found)) if _own(words) else None
    return _in_ecr(words, tuple(_SCHEME.sub("", value, count=1) for value in values))


def _in_ecr(words: tuple[str, ...], values: tuple[str, ...]) -> Read | None:
    named = tuple(word for word in words if word not in _OF_AN_ADDRESS)
    arns = [arn for value in values if (arn := Arn.parse(value)) is not None]
    if len(arns) == len(values) and all(
        arn.service == "ecr" and arn.resource.startswith("repository/") for arn in arns
    ):
        return Said.ECR_REPOSITORY, whose(named), values
    addresses = [address for value in values if (address := EcrAddress.parse(value)) is not None]
    if len(addresses) != len(values):
        return None
    if all(each.repository is None for each in addresses):
        return Said.REGISTRY, whose(named), values
    if not all(each.repository for each in addresses):
        return None
    whole = all(each.tag or each.digest for each in addresses)
    return Said.IMAGE if whole else Said.ECR_REPOSITORY, whose(named), values


def _is_role(value: str) -> bool:
    arn = Arn.parse(value)
    return arn is not None and arn.service in ("iam", "sts") and arn.resource.startswith(("role/", "assumed-role/"))


def _own(words: tuple[str, ...]) -> bool:
    return whose(words) is Whose.OWN
