"""Parse the JSON text of a policy into a compiled :class:`Policy`, or :class:`Unparsable` with the place of the fault.

Source: IAM User Guide, "Grammar of the IAM JSON policy language". What has a meaning but would be refused by AWS is
parsed and told by :meth:`Policy.rejections_as`; what has no meaning is unparsable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from diagnosis.logs.scrubbed_values import MARK
from diagnosis.policy.language.conditions import Condition, compile_condition, not_kept
from diagnosis.policy.language.faults import Fault, Rejection
from diagnosis.policy.language.matching import (
    Matcher,
    action_matcher,
    matches_everything,
    names_no_resource,
    names_no_service,
    resource_matcher,
)
from diagnosis.policy.language.principals import PRINCIPAL_TYPES, PrincipalSet, index_principals
from diagnosis.policy.language.quotas import LARGEST_POLICY
from diagnosis.policy.language.rejections import PolicyKind, rejections_of
from diagnosis.policy.language.size_limits import ANY, SizeLimit
from diagnosis.policy.language.statement import ActionPatterns, Effect, ResourcePatterns, Statement
from diagnosis.policy.language.strict_json import JsonFault, JsonNumber, read_json
from diagnosis.policy.language.variables import VERSION_WITH_VARIABLES, read_pieces, widened

DEFAULT_VERSION = "2008-10-17"
"""What a document without Version is read as."""

_VERSIONS = (DEFAULT_VERSION, VERSION_WITH_VARIABLES)
_TOP = frozenset({"Version", "Id", "Statement"})
_ELEMENTS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy, compiled for evaluation."""

    version: str
    """``2012-10-17`` or ``2008-10-17``; the latter where the document names none."""
    statements: tuple[Statement, ...]
    id: str | None = None

    @property
    def allows(self) -> tuple[Statement, ...]:
        """The Allow statements in their order."""
        return tuple(statement for statement in self.statements if statement.effect is Effect.ALLOW)

    @property
    def not_kept(self) -> tuple[str, ...]:
        """The paths of the conditions that stay open because a value of theirs was not kept."""
        return tuple(each.path for statement in self.statements for each in statement.conditions if each.asked)

    def rejections_as(self, kind: PolicyKind | None = None) -> tuple[Rejection, ...]:
        """Return why AWS would refuse the document as a policy of this kind, or of any kind."""
        return rejections_of(self.statements, kind)


@dataclass(frozen=True, slots=True)
class Unparsable:
    """A document that no meaning can be given to; everything that depends on it is unknown."""

    why: str
    line: int | None = None
    """1-based, for faults of the JSON text."""
    column: int | None = None
    path: str | None = None
    """JSON path, for faults of the policy: ``Statement[1].Condition``."""
    fault: Fault = Fault.NOT_JSON

    @property
    def text(self) -> str:
        """One sentence with the place."""
        if self.line is not None:
            return f"{self.why} (line {self.line}, column {self.column})"
        return f"{self.why} (at {self.path})" if self.path else self.why


class _PolicyError(Exception):
    """Raised inside this module only; every entry point turns it into :class:`Unparsable`."""

    def __init__(self, fault: Fault, why: str, path: str) -> None:
        super().__init__(why)
        self.fault = fault
        self.why = why
        self.path = path


def parse_policy(
    source: str | Mapping[str, object], kind: PolicyKind | None = None, limit: SizeLimit = ANY
) -> Policy | Unparsable:
    """Read a policy from JSON text or from a mapping; never raises.

    With ``kind`` short ARNs are completed as in a policy of that kind; without it as in an identity-based policy, or
    where a statement has a Principal as in a resource-based one. A text over the ``limit`` is not looked into.
    """
    tree: object = source
    if isinstance(source, str):
        if (refusal := limit.refusal(source)) is not None:
            return Unparsable(refusal, fault=Fault.TOO_LONG)
        tree = read_json(source)
        if isinstance(tree, JsonFault):
            fault = Fault.DUPLICATE_JSON_KEY if tree.duplicate else Fault.NOT_JSON
            return Unparsable(tree.why, tree.line, tree.column, fault=fault)
    try:
        return _policy(tree, kind)
    except _PolicyError as error:
        return Unparsable(error.why, path=error.path, fault=error.fault)


def own_policy(*statements: Mapping[str, object]) -> Policy:
    """Compile statements of planescope's own (a layer taken as open, say) as a policy in Version 2012-10-17."""
    policy = parse_policy({"Version": VERSION_WITH_VARIABLES, "Statement": list(statements)})
    if isinstance(policy, Unparsable):
        raise AssertionError(policy.text)  # noqa: TRY004 - what is written in the code is always a policy
    return policy


def _policy(tree: object, kind: PolicyKind | None) -> Policy:
    document = _object(tree, "the document", "")
    _known(document, _TOP, "")
    version = document.get("Version", DEFAULT_VERSION)
    if version not in _VERSIONS:
        raise _PolicyError(Fault.VERSION_INVALID, f"Version must be one of {', '.join(_VERSIONS)}", "Version")
    identifier = document.get("Id")
    if identifier is not None and not isinstance(identifier, str):
        raise _PolicyError(Fault.VALUE_TYPE, "Id must be a string", "Id")
    if "Statement" not in document:
        raise _PolicyError(Fault.STATEMENT_MISSING, "a policy needs a Statement", "Statement")
    statements = document["Statement"]
    single = not isinstance(statements, (list, tuple))
    listed: list[object] = list(statements) if isinstance(statements, (list, tuple)) else [statements]
    paths = ["Statement"] if single else [f"Statement[{index}]" for index in range(len(listed))]
    variables = version == VERSION_WITH_VARIABLES
    compiled = tuple(
        _statement(statement, index, path, kind, variables=variables)
        for index, (statement, path) in enumerate(zip(listed, paths, strict=True))
    )
    return Policy(str(version), compiled, identifier)


def _completes(kind: PolicyKind | None, principal: str | None) -> Callable[[str], bool]:
    """Return the test of which short ARNs AWS completes: all in policies attached to a principal, else those with a star."""
    if kind in (PolicyKind.SCP, PolicyKind.RCP):
        return lambda pattern: pattern.endswith("*")
    if kind in (PolicyKind.RESOURCE, PolicyKind.TRUST) or principal is not None:
        return lambda pattern: "*" in pattern
    return lambda _pattern: True


def _statement(tree: object, index: int, path: str, kind: PolicyKind | None, *, variables: bool) -> Statement:
    parts = _object(tree, "a statement", path)
    _known(parts, _ELEMENTS, path)
    effect = parts.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise _PolicyError(Fault.EFFECT_INVALID, "Effect must be Allow or Deny", f"{path}.Effect")
    sid = parts.get("Sid")
    if sid is not None and not isinstance(sid, str):
        raise _PolicyError(Fault.VALUE_TYPE, "Sid must be a string", f"{path}.Sid")
    action = _one_of(parts, "Action", "NotAction", path)
    if action is None:
        raise _PolicyError(Fault.ACTION_MISSING, "a statement needs Action or NotAction", path)
    resource = _one_of(parts, "Resource", "NotResource", path)
    principal = _one_of(parts, "Principal", "NotPrincipal", path)
    patterns = _strings(parts[action], f"{path}.{action}")
    grants = effect == "Allow"
    # What AWS would refuse opens nothing: in an Allow such a pattern matches nothing, in a Deny whatever it could mean.
    matched = [pattern for pattern in patterns if action == "NotAction" or not (grants and names_no_service(pattern))]
    return Statement(
        index=index,
        path=path,
        sid=sid or None,
        effect=Effect(str(effect)),
        actions=ActionPatterns(patterns, action == "NotAction", action_matcher(matched)),
        resources=None
        if resource is None
        else _resources(
            parts[resource], resource, path, _completes(kind, principal), grants=grants, variables=variables
        ),
        principals=None if principal is None else _principals(parts[principal], f"{path}.{principal}"),
        not_principal=principal == "NotPrincipal",
        conditions=_conditions(parts.get("Condition", {}), f"{path}.Condition", variables=variables),
    )


def _resources(
    tree: object, element: str, path: str, completed: Callable[[str], bool], *, grants: bool, variables: bool
) -> ResourcePatterns:
    def matcher(pattern: str) -> Matcher:
        complete = completed(pattern)
        if grants and element == "Resource" and names_no_resource(pattern, complete=complete):
            return _matches_nothing
        return resource_matcher(pattern, variables=variables, complete=complete)

    patterns = _strings(tree, f"{path}.{element}")
    with_variables = [
        (read_pieces(pattern, variables=True, wildcards=True), resource_matcher(widened(pattern), variables=False))
        for pattern in patterns
        if variables and widened(pattern) != pattern
    ]
    return ResourcePatterns(
        patterns,
        element == "NotResource",
        any(matches_everything(pattern) for pattern in patterns),
        tuple(matcher(pattern) for pattern in patterns),
        tuple(with_variables),
    )


def _matches_nothing(_value: str, _context: object) -> bool:
    return False


def _principals(tree: object, path: str) -> PrincipalSet:
    if tree == "*":
        return index_principals((("*", "*"),))
    if not isinstance(tree, Mapping):
        raise _PolicyError(
            Fault.VALUE_TYPE, 'a principal is "*" or an object by type (AWS, Federated, Service, CanonicalUser)', path
        )
    entries: list[tuple[str, str]] = []
    for kind, names in tree.items():
        if kind not in PRINCIPAL_TYPES:
            raise _PolicyError(Fault.PRINCIPAL_TYPE, f"unknown principal type {_short(kind)}", _inside(path, kind))
        entries.extend((kind, name) for name in _strings(names, f"{path}.{kind}"))
    return index_principals(tuple(entries))


def _conditions(tree: object, path: str, *, variables: bool) -> tuple[Condition, ...]:
    conditions: list[Condition] = []
    for operator, keys in _object(tree, "Condition", path).items():
        here = f"{path}.{operator}"
        for key, values in _object(keys, "a condition operator", here).items():
            if MARK in key:
                raise _secret(here)
            wanted = _condition_values(values, f"{here}.{key}")
            condition = compile_condition(operator, key, wanted, f"{here}.{key}", variables=variables)
            if condition is None:
                raise _unknown_operator(operator, path)
            conditions.append(not_kept(condition) if any(MARK in value for value in wanted) else condition)
        if not keys and compile_condition(operator, "", (), here, variables=False) is None:
            raise _unknown_operator(operator, path)
    return tuple(conditions)


def _secret(path: str) -> _PolicyError:
    return _PolicyError(Fault.SECRET, "a value looks like a secret and was not kept", path)


def _unknown_operator(operator: str, path: str) -> _PolicyError:
    return _PolicyError(
        Fault.OPERATOR_UNKNOWN, f"unknown condition operator {_short(operator)}", _inside(path, operator)
    )


def _condition_values(tree: object, path: str) -> tuple[str, ...]:
    values = list(tree) if isinstance(tree, (list, tuple)) else [tree]
    texts: list[str] = []
    for value in values:
        if isinstance(value, bool):
            texts.append("true" if value else "false")
        elif isinstance(value, JsonNumber):
            texts.append(value.text)
        elif isinstance(value, (str, int, float)):
            texts.append(str(value))
        else:
            raise _PolicyError(Fault.VALUE_TYPE, "a condition value must be a string, a number or a boolean", path)
    return _bounded(tuple(texts), path)


def _one_of(parts: Mapping[str, object], plain: str, negated: str, path: str) -> str | None:
    if plain in parts and negated in parts:
        raise _PolicyError(Fault.ELEMENT_CONFLICT, f"a statement has either {plain} or {negated}, not both", path)
    return plain if plain in parts else negated if negated in parts else None


def _object(tree: object, what: str, path: str) -> Mapping[str, object]:
    if not isinstance(tree, Mapping) or not all(isinstance(key, str) for key in tree):
        raise _PolicyError(Fault.VALUE_TYPE, f"{what} must be a JSON object", path)
    return tree


def _strings(tree: object, path: str) -> tuple[str, ...]:
    values = list(tree) if isinstance(tree, (list, tuple)) else [tree]
    texts = tuple(value for value in values if isinstance(value, str))
    if len(texts) != len(values):
        raise _PolicyError(Fault.VALUE_TYPE, "must be a string or a list of strings", path)
    if any(MARK in text for text in texts):
        raise _secret(path)
    return _bounded(texts, path)


def _bounded(texts: tuple[str, ...], path: str) -> tuple[str, ...]:
    if sum(len(text) for text in texts) > LARGEST_POLICY:
        raise _PolicyError(Fault.TOO_LONG, f"longer than {LARGEST_POLICY} characters", path)
    return texts


def _known(parts: Mapping[str, object], names: frozenset[str], path: str) -> None:
    for name in parts:
        if name not in names:
            raise _PolicyError(Fault.ELEMENT_UNKNOWN, f"unknown element {_short(name)}", _inside(path, name))


def _inside(path: str, name: object) -> str:
    """Return the path of a member; that of its object where the name is too long to be shown."""
    text = str(name)
    return path if len(text) > 80 else f"{path}.{text}" if path else text


def _short(name: object) -> str:
    text = repr(name)
    return text if len(text) <= 82 else f"{text[:80]}…"
