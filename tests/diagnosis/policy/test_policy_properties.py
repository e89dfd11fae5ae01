"""What must hold of every policy and request, by generated ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

from hypothesis import assume, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.policy import Decision, Layers, Outcome, Policy, Request, evaluate, parse_policy

HERE, THERE = "111122223333", "444455556666"
SESSION = f"arn:aws:sts::{HERE}:assumed-role/release/run"
ROLE = f"arn:aws:iam::{HERE}:role/release"
USER = f"arn:aws:iam::{HERE}:user/bob"
PROVIDER = f"arn:aws:iam::{HERE}:oidc-provider/token.actions.githubusercontent.com"
Statement = dict[str, object]

ACTIONS = ["*", "ecr:*", "ecr:Put*", "ecr:PutImage", "ECR:?utimage", "ecr:BatchGetImage", "s3:*", "sts:*"]
RESOURCES = [
    "*",
    f"arn:aws:ecr:eu-west-2:{HERE}:repository/team/app",
    f"arn:aws:ecr:*:{HERE}:repository/team/*",
    "arn:aws:ecr:*",
    f"arn:aws:ecr:eu-west-2:{HERE}:repository/${{aws:PrincipalTag/team}}/*",
    "arn:aws:s3:::bucket/*",
]
PRINCIPALS: list[object] = [
    "*",
    {"AWS": f"arn:aws:iam::{HERE}:root"},
    {"AWS": HERE},
    {"AWS": [ROLE, USER]},
    {"AWS": SESSION},
    {"Federated": PROVIDER},
    {"Service": "ecs.amazonaws.com", "AWS": THERE},
]
CONDITIONS: list[dict[str, dict[str, object]]] = [
    {"StringEquals": {"aws:PrincipalTag/team": "team"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": ["team", "x"]}},
    {"StringLike": {"AWS:principaltag/team": ["t*", "y"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["a", "b*"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "bb"]}},
    {"Null": {"aws:TagKeys": "true"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
    {"NumericLessThan": {"k:n": "5"}},
    {"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}},
    {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
]


def lists(values: list[str]) -> st.SearchStrategy[object]:
    return st.sampled_from(values) | st.lists(st.sampled_from(values), min_size=1, max_size=3)


@st.composite
def statements(draw: st.DrawFn, *, effect: str | None = None, resource_based: bool = False) -> Statement:
    statement: Statement = {"Effect": effect or draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    statement[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(lists(ACTIONS))
    if not resource_based or draw(st.booleans()):
        statement[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(lists(RESOURCES))
    if resource_based:
        element = draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))
        statement[element] = draw(st.sampled_from(PRINCIPALS))
    if draw(st.booleans()):
        statement["Condition"] = draw(st.sampled_from(CONDITIONS))
    return statement


def documents(*, effect: str | None = None, resource_based: bool = False) -> st.SearchStrategy[list[Statement]]:
    return st.lists(statements(effect=effect, resource_based=resource_based), max_size=4)


CONTEXTS = st.fixed_dictionaries(
    {},
    optional={
        "aws:PrincipalTag/team": st.sampled_from([("team",), ("x",), ("",)]),
        "aws:ResourceTag/team": st.sampled_from([("team",), ("x",)]),
        "aws:TagKeys": st.sampled_from([("a",), ("a", "bb"), ("c",), ()]),
        "aws:MultiFactorAuthPresent": st.sampled_from([("true",), ("false",)]),
        "k:n": st.sampled_from([("4",), ("5",), ("?",)]),
        "aws:SourceIp": st.sampled_from([("10.1.2.3",), ("192.0.2.1",)]),
    },
)
REQUESTS = st.builds(
    Request,
    principal=st.sampled_from([SESSION, ROLE, USER, PROVIDER, "ecs.amazonaws.com", "*"]),
    action=st.sampled_from(["ecr:PutImage", "ecr:BatchGetImage", "sts:AssumeRoleWithWebIdentity"]),
    resource=st.sampled_from(
        [
            f"arn:aws:ecr:eu-west-2:{HERE}:repository/team/app",
            f"arn:aws:ecr:eu-west-2:{THERE}:repository/team/app",
            f"arn:aws:iam::{HERE}:role/target",
            "*",
        ]
    ),
    context=CONTEXTS,
    multivalued_keys=st.just(frozenset({"aws:TagKeys"})),
)


@st.composite
def layered(draw: st.DrawFn) -> dict[str, list[list[Statement]]]:
    """Documents for every layer; an empty list of documents stands for a layer that is not there."""
    return {
        "identity": draw(st.lists(documents(), max_size=2)),
        "resource": draw(st.lists(documents(resource_based=True), max_size=1)),
        "boundaries": draw(st.lists(documents(), max_size=1)),
        "session": draw(st.lists(documents(), max_size=1)),
        "scps": draw(st.lists(documents(), max_size=2)),
    }


def compiled(document: list[Statement]) -> Policy:
    policy = parse_policy({"Version": "2012-10-17", "Statement": document})
    assert isinstance(policy, Policy), policy
    return policy


def decide(request: Request, layers: dict[str, list[list[Statement]]]) -> Decision:
    return evaluate(
        request,
        Layers(
            identity=tuple(compiled(document) for document in layers["identity"]),
            resource=compiled(layers["resource"][0]) if layers["resource"] else None,
            boundaries=tuple(compiled(document) for document in layers["boundaries"]) or None,
            session=compiled(layers["session"][0]) if layers["session"] else None,
            scps=tuple((f"level-{number}", (compiled(document),)) for number, document in enumerate(layers["scps"]))
            or None,
        ),
    )


ORDER = {Outcome.EXPLICIT_DENY: 0, Outcome.IMPLICIT_DENY: 1, Outcome.ALLOWED: 2}


def slot(layers: dict[str, list[list[Statement]]], data: st.DataObject) -> tuple[str, list[Statement]]:
    """One document of the layers, to be changed in place."""
    places = [(name, document) for name, documents_ in layers.items() for document in documents_]
    assume(places)
    return data.draw(st.sampled_from(places))


@given(REQUESTS, layered(), st.data())
def test_an_added_deny_never_opens(
    request: Request, layers: dict[str, list[list[Statement]]], data: st.DataObject
) -> None:
    before = decide(request, layers).outcome
    name, document = slot(layers, data)
    document.insert(
        data.draw(st.integers(0, len(document))),
        data.draw(statements(effect="Deny", resource_based=name == "resource")),
    )
    assert ORDER[decide(request, layers).outcome] <= ORDER[before]


@given(REQUESTS, layered(), st.data())
def test_an_added_allow_never_closes(
    request: Request, layers: dict[str, list[list[Statement]]], data: st.DataObject
) -> None:
    before = decide(request, layers).outcome
    name, document = slot(layers, data)
    document.insert(
        data.draw(st.integers(0, len(document))),
        data.draw(statements(effect="Allow", resource_based=name == "resource")),
    )
    assert ORDER[decide(request, layers).outcome] >= ORDER[before]


@given(REQUESTS, layered(), st.randoms(use_true_random=False))
def test_the_order_of_statements_and_policies_does_not_matter(
    request: Request, layers: dict[str, list[list[Statement]]], shuffle: Callable[[], float]
) -> None:
    before = decide(request, layers).outcome
    shuffled = copy.deepcopy(layers)
    for documents_ in shuffled.values():
        for document in documents_:
            shuffle.shuffle(document)  # type: ignore[attr-defined]  # hypothesis hands over a Random
    shuffle.shuffle(shuffled["identity"])  # type: ignore[attr-defined]  # as above
    shuffle.shuffle(shuffled["scps"])  # type: ignore[attr-defined]  # as above
    assert decide(request, shuffled).outcome is before


def widened(values: object, data: st.DataObject) -> object:
    """The list with one pattern made wider: a character or an end replaced by a star."""
    patterns = [str(value) for value in (values if isinstance(values, list) else [values])]
    at = data.draw(st.integers(0, len(patterns) - 1))
    pattern = patterns[at]
    where = pattern.find(":") if ":" in pattern else 0
    cut = data.draw(st.integers(max(where + 1, 0), len(pattern)))
    after = data.draw(st.integers(cut, len(pattern)))
    # A star put over separators of an ARN would change its fields, not widen them.
    assume(":" not in pattern[cut:after] and "$" not in pattern[cut:] and "}" not in pattern[:after][cut:])
    patterns[at] = pattern[:cut] + "*" + pattern[after:]
    return patterns


@given(REQUESTS, documents(effect="Allow"), st.data())
def test_a_wider_wildcard_never_closes_an_allow_only_policy(
    request: Request, document: list[Statement], data: st.DataObject
) -> None:
    positive = [
        (statement, element)
        for statement in document
        for element in ("Action", "Resource")
        if element in statement and not {"NotAction", "NotResource"} & statement.keys()
    ]
    assume(positive)
    layers: dict[str, list[list[Statement]]] = {
        "identity": [document],
        "resource": [],
        "boundaries": [],
        "session": [],
        "scps": [],
    }
    before = decide(request, layers).outcome
    statement, element = data.draw(st.sampled_from(positive))
    statement[element] = widened(statement[element], data)
    assert ORDER[decide(request, layers).outcome] >= ORDER[before]


def normalised(document: list[Statement]) -> list[Statement]:
    """The same policy in one way of writing: lists sorted and without doubles, actions and keys in lower case."""
    return [_normalised_statement(statement) for statement in document]


def _normalised_statement(statement: Statement) -> Statement:
    plain: Statement = {"Effect": statement["Effect"]}
    for element in ("Action", "NotAction"):
        if element in statement:
            plain[element] = sorted({value.lower() for value in _listed(statement[element])})
    for element in ("Resource", "NotResource"):
        if element in statement:
            plain[element] = sorted(set(_listed(statement[element])))
    for element in ("Principal", "NotPrincipal"):
        if element in statement:
            principal = statement[element]
            typed = {"AWS": "*"} if principal == "*" else principal
            assert isinstance(typed, dict)
            plain[element] = {
                kind: sorted({_account(name) for name in _listed(names)}) for kind, names in typed.items()
            }
    conditions = statement.get("Condition", {})
    assert isinstance(conditions, dict)
    plain["Condition"] = {
        operator: {key.lower(): sorted(set(_listed(values))) for key, values in keys.items()}
        for operator, keys in sorted(conditions.items())
    }
    return plain


def _account(name: str) -> str:
    return f"arn:aws:iam::{name}:root" if name.isdigit() else name


def _listed(values: object) -> list[str]:
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]


@given(REQUESTS, layered())
def test_the_decision_is_that_of_the_normalised_policy(
    request: Request, layers: dict[str, list[list[Statement]]]
) -> None:
    plain = {name: [normalised(document) for document in documents_] for name, documents_ in layers.items()}
    assert decide(request, plain).outcome is decide(request, layers).outcome


@given(REQUESTS, documents())
def test_text_and_mapping_are_the_same_policy(request: Request, document: list[Statement]) -> None:
    from_text = parse_policy(json.dumps({"Version": "2012-10-17", "Statement": document}))
    assert isinstance(from_text, Policy)
    assert from_text == compiled(document)
    decisions = [evaluate(request, Layers(identity=(policy,))) for policy in (from_text, compiled(document))]
    assert decisions[0].outcome is decisions[1].outcome
    assert decisions[0].because == decisions[1].because


@settings(max_examples=examples(200))
@given(REQUESTS, layered())
def test_every_decision_has_its_reason(request: Request, layers: dict[str, list[list[Statement]]]) -> None:
    decision = decide(request, layers)
    because = decision.because
    assert because.text
    assert because.decisive
    assert isinstance(decision.not_evaluated, tuple)
    if decision.outcome is Outcome.IMPLICIT_DENY:
        assert decision.blocked
        assert decision.decided_by is None
        costs = [miss.cost for miss in decision.near_misses]
        assert costs == sorted(costs)
    else:
        assert decision.decided_by is not None or request.principal.endswith(":root")


TEXT = st.text(max_size=30)


@given(
    st.builds(
        Request,
        principal=TEXT,
        action=TEXT,
        resource=TEXT,
        resource_account=st.none() | TEXT,
        context=st.dictionaries(TEXT, st.lists(TEXT, max_size=3).map(tuple), max_size=3),
        multivalued_keys=st.frozensets(TEXT, max_size=2),
        wildcard_only_action=st.booleans(),
    ),
    layered(),
)
def test_no_foreign_request_makes_it_fail(request: Request, layers: dict[str, list[list[Statement]]]) -> None:
    decision = decide(request, layers)
    assert decision.because.text
    assert isinstance(decision.not_evaluated, tuple)


@given(TEXT, TEXT, TEXT, st.sampled_from(["StringLike", "ArnLike", "DateEquals", "NumericEquals", "IpAddress", "Bool"]))
def test_no_foreign_pattern_makes_it_fail(pattern: str, value: str, key: str, operator: str) -> None:
    document: list[Statement] = [
        {
            "Effect": "Allow",
            "Action": ["*", pattern],
            "Resource": ["*", "arn:aws:" + pattern, pattern],
            "Condition": {operator: {key: pattern}},
        }
    ]
    request = Request(SESSION, "ecr:PutImage", value, HERE, {key: (value,)})
    decision = evaluate(request, Layers(identity=(compiled(document),)))
    assert decision.because.text
    assert isinstance(decision.not_evaluated, tuple)
