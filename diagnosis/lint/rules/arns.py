"""The ARNs under Resource: partition, region, account, and a form that some resource of the service has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from diagnosis.lint.catalogue import arn_forms, form_cells, nearest, services
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.rule import Rule
from diagnosis.names.arn import is_account_id
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.names.partition import PARTITIONS, partition_of
from diagnosis.policy import PolicyKind
from diagnosis.policy.language.globs import Cells, cells_of, meet, pattern_cells
from diagnosis.policy.language.variables import Wildcard, read_pieces

_WILDCARDS = frozenset("*?")
_REGION = re.compile(r"(?P<area>[a-z]{2,4})(?P<kind>-[a-z]+)?-(?P<direction>[a-z]+)-(?P<number>[0-9]{1,2})\Z")
_DIRECTIONS = ("north", "south", "east", "west", "central", "northeast", "northwest", "southeast", "southwest")
_WELL_KNOWN = frozenset(
    {
        "codebuild",
        "codedeploy",
        "codepipeline",
        "dynamodb",
        "ecr",
        "ecr-public",
        "ecs",
        "eks",
        "iam",
        "kms",
        "lambda",
        "s3",
        "sns",
        "sqs",
        "states",
        "sts",
    }
)
"""Services whose forms of ARN the catalogue lists in full; elsewhere a form that it lacks may still exist."""
_REGISTRIES = ("ecr", "ecr-public")
_REPOSITORY = "repository/"
_IN_REPOSITORY_NAMES = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-/")
_OPEN = re.compile(r"[*?$]")
_OF_AWS = "aws"
"""Stands in the account's place where AWS itself owns the resource."""


def arns(document: LintedDocument) -> Iterator[Finding]:
    """Find what is wrong in each ARN under Resource or NotResource; of one ARN the first fault from the left."""
    for statement in document.policy.statements:
        for text, place in document.resources(statement):
            arn = ArnPattern.parse(text)
            if arn is None or not text.strip("*"):
                continue
            fault = next(_faults(arn, text, document.kind), None) or next(_expected(arn, text[:160], document), None)
            if fault is not None:
                rule, sentence, correction = fault
                yield Finding(rule, place, sentence, correction)


def is_faulty(text: str, kind: PolicyKind) -> bool:
    """Return whether a Resource pattern is an ARN with a fault of its own."""
    arn = ArnPattern.parse(text)
    return arn is not None and any(True for _ in _faults(arn, text, kind))


def _faults(arn: ArnPattern, text: str, kind: PolicyKind) -> Iterator[tuple[Rule, str, str]]:
    shown = text[:160]
    yield from _partition(arn, shown)
    yield from _service(arn, shown)
    yield from _region(arn, shown)
    yield from _account(arn, shown)
    short_is_right = kind in (PolicyKind.IDENTITY, PolicyKind.BOUNDARY)
    if not reaches_on(arn):
        for rule, sentence, correction in _form(arn.completed() if short_is_right else arn, shown):
            yield rule if arn.service in _WELL_KNOWN else Rule.ARN_UNDOCUMENTED, sentence, correction
        yield from _repository(arn, shown)


def _partition(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    names = [each.name for each in PARTITIONS]
    if not _WILDCARDS & set(arn.partition) and arn.partition not in names:
        meant = nearest(arn.partition, names) or "aws"
        yield (
            Rule.ARN_PARTITION,
            f"{shown!r} names the partition {arn.partition[:40]!r}, which does not exist.",
            f"Write {meant}.",
        )
    right = partition_of(arn.region).name if _REGION.match(arn.region) else arn.partition
    if not _WILDCARDS & set(arn.partition) and right != arn.partition:
        sentence = f"{shown!r} names the region {arn.region}, which belongs to the partition {right} and not to {arn.partition}."
        yield Rule.ARN_PARTITION, sentence, f"Write {replace(arn, partition=right)}."


def _service(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    if _WILDCARDS & set(arn.service) or arn.service in services() or arn_forms(arn.service, everywhere=True):
        return
    meant = nearest(arn.service, services()) if arn.service else None
    sentence = f"{shown!r} names the service {arn.service[:40]!r}, of which no resource is known."
    yield (
        Rule.ARN_RESOURCE,
        sentence,
        f"Write {replace(arn, service=meant)}." if meant else "Write the service's prefix behind the partition.",
    )


def _region(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    if not arn.region or _WILDCARDS & set(arn.region):
        return
    found = _REGION.match(arn.region)
    if found is None:
        if is_account_id(arn.region):
            correction = "Write the region before the account: arn:partition:service:region:account:resource."
        else:
            correction = "Write a region such as eu-west-1, or * for every one."
        yield Rule.ARN_REGION, f"{shown!r} has {arn.region[:40]!r} in the region's place, which is none.", correction
    elif found["direction"] not in _DIRECTIONS:
        meant = nearest(found["direction"], _DIRECTIONS)
        right = arn.region.replace(found["direction"], meant) if meant else None
        yield (
            Rule.ARN_REGION,
            f"{shown!r} names the region {arn.region[:40]!r}, which does not exist.",
            f"Write {right}." if right else "Write a region such as eu-west-1.",
        )


def _account(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    account = arn.account
    if (
        reaches_on(arn)
        or not account
        or _WILDCARDS & set(account)
        or account in (_OF_AWS, "cloudfront")
        or is_account_id(account)
    ):
        return
    why = f"of {len(account)} digits" if account.isdigit() else "which is no number"
    correction = "Write the account's twelve digits, leading zeros too, or * for every account."
    yield (
        Rule.ARN_ACCOUNT,
        f"{shown!r} has {account[:40]!r} in the account's place, {why}; an account has twelve digits.",
        correction,
    )


def _form(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    """Compare the ARN with every documented form; where none meets it, name the one field that is to blame."""
    if _WILDCARDS & set(arn.service) or _of_no_single_form(arn):
        return
    forms = arn_forms(arn.service)
    if not forms or _meets(arn, forms):
        return
    forms = arn_forms(arn.service, everywhere=True)
    if _meets(arn, forms):
        return
    if arn.fields < 6:
        sentence = f"{shown!r} has {arn.fields} fields where an ARN has six."
        yield Rule.ARN_RESOURCE, sentence, "Write arn:partition:service:region:account:resource, with every colon."
    elif _meets(arn, forms, but="region"):
        yield _amiss(Rule.ARN_REGION, arn, shown, "region", "eu-west-1")
    elif _meets(arn, forms, but="account"):
        yield _amiss(Rule.ARN_ACCOUNT, arn, shown, "account", "123456789012")
    elif _meets(arn, forms, but="region account") and not (arn.region and arn.account):
        bare = not (arn.region or arn.account)
        what = "lacks region and account" if bare else "has the region or the account where it belongs to the other"
        yield Rule.ARN_REGION, f"{shown!r} {what}, so it matches nothing.", "Write region and account, or * for any."
    elif _meets(arn, forms, but="region account") and _meets(replace(arn, region="", account=""), forms):
        sentence = f"{shown!r} names region and account, and such ARNs of {arn.service} have neither."
        yield Rule.ARN_REGION, sentence, f"Write {replace(arn, region='', account='')}."
    else:
        yield _resource(arn, shown, forms)


def reaches_on(arn: ArnPattern) -> bool:
    """Return whether a short ARN has a star that may take further fields with it: ``arn:aws:sns:*:topic``."""
    return arn.fields < 6 and any(field.endswith("*") for field in (arn.partition, arn.service, arn.region))


def _amiss(rule: Rule, arn: ArnPattern, shown: str, name: str, example: str) -> tuple[Rule, str, str]:
    """Say that one field is there and must not be, or the other way round."""
    if getattr(arn, name):
        bare = replace(arn, region="") if name == "region" else replace(arn, account="")
        return rule, f"{shown!r} names {_A[name]}, and such ARNs of {arn.service} have none.", f"Write {bare}."
    return (
        rule,
        f"{shown!r} lacks the {name}, so it matches nothing.",
        f"Write the {name}, such as {example}, or * for any.",
    )


_A = {"region": "a region", "account": "an account"}


def _of_no_single_form(arn: ArnPattern) -> bool:
    """Return whether the resource is a bare wildcard, which stands for any form."""
    return arn.fields == 6 and bool(arn.resource) and not arn.resource.strip("*?")


def _resource(arn: ArnPattern, shown: str, forms: tuple[str, ...]) -> tuple[Rule, str, str]:
    kinds = list(dict.fromkeys(_kind(form) for form in forms))
    correction = f"Write it as {' or '.join(_shown_form(form) for form in forms[:3])}."
    written, rest = arn.kind_and_rest()
    meant = nearest(written[:-1], [kind[:-1] for kind in kinds if kind]) if written else None
    begins = next((kind for kind in kinds if meant and kind[:-1] == meant), "")
    if begins and _meets(right := replace(arn, resource=f"{begins}{rest}"), forms):
        sentence = f"{shown!r}: resources of {arn.service} begin with no {written}, and {begins} is meant."
        return Rule.ARN_RESOURCE, sentence, f"Write {right}."
    for kind in kinds:
        if kind and arn.resource == kind:
            return (
                Rule.ARN_RESOURCE,
                f"{shown!r} names nothing behind {kind}, so it matches no resource of {arn.service}.",
                correction,
            )
        begun = replace(arn, resource=f"{kind}{arn.resource}")
        if kind and _meets(begun, forms):
            sentence = f"{shown!r} lacks {kind} before the name, so it matches no resource of {arn.service}."
            if len(kinds) == 1:
                return Rule.ARN_RESOURCE, sentence, f"Write {begun}."
            break
    if len(kinds) == 1 and kinds[0]:
        return Rule.ARN_RESOURCE, f"{shown!r} is no resource of {arn.service}: those begin with {kinds[0]}.", correction
    return Rule.ARN_RESOURCE, f"{shown!r} has the form of no resource of {arn.service}.", correction


def _repository(arn: ArnPattern, shown: str) -> Iterator[tuple[Rule, str, str]]:
    """Find an ARN of ECR behind whose ``repository/`` stands what no repository is named: an address, a tag, a capital."""
    if arn.service not in _REGISTRIES or not arn.resource.startswith(_REPOSITORY):
        return
    name = arn.resource.removeprefix(_REPOSITORY)
    address = EcrAddress.parse(name)
    signs = (sign for sign in resource_cells(name) if isinstance(sign, str))
    foreign = next((sign for sign in signs if sign not in _IN_REPOSITORY_NAMES), None)
    if address is not None:
        what, right = (
            "holds the registry's host, which the ARN's account and region stand for",
            address.repository or "NAME",
        )
    elif foreign in (":", "@"):
        what = f"holds a {'tag' if foreign == ':' else 'digest'}, and permissions of ECR are for whole repositories"
        # What is left may stand for every repository: that is for the author to say.
        bare = re.split("[:@]", name, maxsplit=1)[0]
        right = bare if bare.strip("*?/") else "NAME"
    elif foreign is not None and foreign.lower() in _IN_REPOSITORY_NAMES:
        what, right = "has a capital letter, and names of repositories have small ones", name.lower()
    elif foreign is not None:
        what, right = f"holds {foreign!r}, which no repository's name does", "NAME"
    elif name.startswith("/") or name.endswith("/"):
        what, right = "begins or ends with a slash, which no repository's name does", name.strip("/") or "NAME"
    else:
        return
    sentence = f"{shown!r} {what}: it matches no repository."
    yield Rule.ARN_RESOURCE, sentence, f"Write {replace(arn, resource=_REPOSITORY + right)}."


def _kind(form: str) -> str:
    """Return the literal beginning of a form's resource: ``repository/``."""
    arn = ArnPattern.parse(form)
    return arn.beginning if arn else ""


def _shown_form(form: str) -> str:
    return re.sub(r"\$\{([^{}]{0,500})\}", lambda found: found.group(1).upper(), form)


def _meets(arn: ArnPattern, forms: tuple[str, ...], *, but: str = "") -> bool:
    """Return whether some form has every field of the ARN, the fields named in ``but`` left aside."""
    return any(meets_form(arn, form, but=but) for form in forms)


def meets_form(arn: ArnPattern, form: str, *, but: str = "") -> bool:
    """Return whether an ARN of six fields can be of a documented form, field by field."""
    known = _parsed(form)
    if known is None:
        return False
    # Most forms of a service differ in their first word, which is compared at once.
    written, beginning = _literal(arn.resource), known.beginning
    if not written.startswith(beginning[: len(written)]) and not beginning.startswith(written):
        return False
    fields = [name for name in ("resource", "partition", "service", "region", "account") if name not in but]
    return all(meet(resource_cells(getattr(arn, name)), form_cells(getattr(known, name))) for name in fields)


@lru_cache(maxsize=4096)
def _parsed(form: str) -> ArnPattern | None:
    return ArnPattern.parse(form)


@lru_cache(maxsize=1024)
def _literal(text: str) -> str:
    """Return what stands before the first wildcard or variable."""
    return _OPEN.split(text, maxsplit=1)[0]


@lru_cache(maxsize=1024)
def resource_cells(text: str) -> Cells:
    """Return a Resource pattern as cells, with a star for every policy variable."""
    pieces = read_pieces(text, variables=True, wildcards=True)
    return cells_of([piece if isinstance(piece, str | Wildcard) else Wildcard.ANY for piece in pieces])


def _expected(arn: ArnPattern, shown: str, document: LintedDocument) -> Iterator[tuple[Rule, str, str]]:
    expected = document.expected
    if expected.region and arn.region and not meet(pattern_cells(arn.region), pattern_cells(expected.region)):
        sentence = f"{shown!r} names the region {arn.region}; {expected.region} is expected."
        yield Rule.EXPECTED_REGION, sentence, f"Write {replace(arn, region=expected.region)}."
    if arn.account == _OF_AWS or not expected.account or not arn.account:
        return
    if not meet(pattern_cells(arn.account), pattern_cells(expected.account)):
        sentence = f"{shown!r} names the account {arn.account}; {expected.account} is expected."
        yield Rule.EXPECTED_ACCOUNT, sentence, f"Write {replace(arn, account=expected.account)}."
