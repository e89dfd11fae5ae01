"""Whatever several roles share: carrying out a path opens the needed calls, stops no call of anybody, and lets no other through.

The answers come from a plain reading of the documents as JSON, not from the evaluator that makes the patches.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from release_model import document_of
from release_worlds import sound
from shared_documents import APP, DEPLOYS, EVERYTHING, PUSHES, ROLES, SHARED, Documents
from thoroughness import examples
from wire_release import ACCOUNT, repository_arn

from diagnosis.documents.judged_exit import exit_code
from diagnosis.policy import PolicyDocument

LEGS = "legs and a deployment"
EDGE = f"arn:aws:iam::{ACCOUNT}:policy/edge"
ANOTHER = f"arn:aws:iam::{ACCOUNT}:role/another"
"""A role that is not of the release, may everything, and hangs on the shared policy and the boundary."""
SERVICE = f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/prod/web"
EXECUTION, ADMIN = (f"arn:aws:iam::{ACCOUNT}:role/{name}" for name in ("execution", "admin"))
TASKS, LAMBDA = "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"
PASSED_TO = "iam:PassedToService"
OF_IMAGES = ("ecr:PutImage", "ecr:BatchGetImage", "ecr:UploadLayerPart", "ecr:ListImages", "ecr:DeleteRepository")


@dataclass(frozen=True)
class Call:
    """A call of a role's session."""

    action: str
    resource: str = "*"
    passed_to: str = ""


CALLS = (
    *(Call(action, repository_arn(name)) for action in OF_IMAGES for name in ("app", "api", "web", "ops")),
    *(Call(f"ecs:{name}", place) for name in ("UpdateService", "DeleteService") for place in (SERVICE, f"{SERVICE}-2")),
    *(Call("iam:PassRole", role, service) for role in (EXECUTION, ADMIN) for service in (TASKS, LAMBDA)),
    Call("ecr:GetAuthorizationToken"),
    Call("s3:GetObject", "arn:aws:s3:::state/main"),
)
NEEDS = {
    (name, role.arn, each["Action"], each["Resource"])
    for name in (PUSHES, DEPLOYS, LEGS)
    for role in sound(name).roles
    for each in role.statements
}


def is_needed(release: str, role: str, call: Call) -> bool:
    return (release, role, call.action, call.resource) in NEEDS and call.passed_to in ("", TASKS)


def _listed(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _any_is(patterns: object, value: str) -> bool:
    return any(fnmatch.fnmatchcase(value, pattern) for pattern in _listed(patterns))


def _applies(statement: Mapping[str, Any], role: str, call: Call) -> bool:
    lowered = [each.lower() for each in _listed(statement.get("Action", statement.get("NotAction")))]
    if _any_is(lowered, call.action.lower()) is ("NotAction" in statement):
        return False
    if (
        "Principal" in statement
        and statement["Principal"] != "*"
        and role not in _listed(statement["Principal"]["AWS"])
    ):
        return False
    places = statement.get("Resource", statement.get("NotResource", "*"))
    if _any_is(places, call.resource) is ("NotResource" in statement):
        return False
    carried = {"aws:PrincipalArn": role, **({PASSED_TO: call.passed_to} if call.passed_to else {})}
    return all(
        (key in carried and _any_is(values, carried[key])) is ("Not" not in operator)
        for operator, block in statement.get("Condition", {}).items()
        for key, values in block.items()
    )


def _answer(documents: Iterable[PolicyDocument], role: str, call: Call) -> str:
    """``Deny``, ``Allow``, or nothing."""
    statements = (each for document in documents for each in json.loads(document.text)["Statement"])
    return max((each["Effect"] for each in statements if _applies(each, role, call)), default="")


def allowed(account: Documents, role: str, call: Call) -> bool:
    """Whether the role's session may make the call."""
    own = [*account.inline[role].values(), *(account.managed[arn] for arn in account.attached.get(role, ()))]
    answers = [_answer(own, role, call)]
    if account.repository is not None and call.resource == APP:
        answers.append(_answer([account.repository], role, call))
    edge = _answer([account.managed[account.boundary]], role, call) if account.boundary else "Allow"
    return "Deny" not in answers and "Allow" in answers and edge == "Allow"


_actions = st.lists(
    st.sampled_from(
        [*OF_IMAGES[:2], "*", "ecr:*", "ecr:Put*", "ecr:Get*", "ecr:GetAuthorizationToken", "ecs:*", "iam:PassRole"]
    ),
    min_size=1,
    max_size=3,
    unique=True,
)
_places = st.lists(
    st.sampled_from(["*", "*", APP, repository_arn("web"), SERVICE, EXECUTION, "arn:aws:ecr:*:*:repository/*"])
    | st.just(f"arn:aws:iam::{ACCOUNT}:role/*"),
    min_size=1,
    max_size=2,
    unique=True,
)
_conditions = st.sampled_from(
    [
        *[None] * 6,
        *({op: {"aws:PrincipalArn": role}} for op in ("ArnEquals", "ArnLike", "ArnNotEquals") for role in ROLES),
        {"StringNotEquals": {"aws:PrincipalArn": ANOTHER}},
        {"StringEquals": {"aws:PrincipalArn": list(ROLES)}},
        {"StringEquals": {PASSED_TO: TASKS}},
        {"StringNotEquals": {PASSED_TO: LAMBDA}},
    ]
)


@st.composite
def statements(draw: st.DrawFn, effect: str, *, principal: bool = False) -> dict[str, Any]:
    made: dict[str, Any] = {"Effect": effect}
    negated = effect == "Deny" and draw(st.integers(0, 4)) == 0
    made["NotAction" if negated else "Action"] = draw(_actions)
    if principal:
        made["Principal"] = draw(st.sampled_from(["*", {"AWS": ROLES[0]}, {"AWS": [ROLES[1], ANOTHER]}]))
    else:
        made["Resource"] = draw(_places)
    condition = draw(_conditions)
    return made if condition is None else {**made, "Condition": condition}


@st.composite
def accounts(draw: st.DrawFn) -> Documents:
    """What the roles need, spread over policies of their own and one they share, less some of it; and statements that deny."""
    release = draw(st.sampled_from([PUSHES, DEPLOYS, LEGS]))
    denials = st.lists(statements("Deny"), max_size=1)
    shared: list[Mapping[str, Any]] = draw(denials)
    inline: dict[str, dict[str, PolicyDocument]] = {ANOTHER: {"all": document_of([EVERYTHING])}}
    for role in sound(release).roles:
        spread = draw(st.sampled_from(["own", "shared", "dropped", "mixed"]))
        own: list[Mapping[str, Any]] = draw(denials)
        for each in role.statements:
            where = draw(st.sampled_from(["own", "shared", "dropped"])) if spread == "mixed" else spread
            {"own": own, "shared": shared, "dropped": []}[where].append(each)
        inline[role.arn] = {"release": document_of(own)} if own else {}
    made = Documents(inline, release)
    if shared:
        attached = dict.fromkeys((*ROLES, ANOTHER), (SHARED,))
        made = replace(made, managed={SHARED: document_of(shared)}, attached=attached)
    edge = draw(st.sampled_from(["", "", EDGE, SHARED if shared else ""]))
    if edge == EDGE:
        wide = draw(st.sampled_from([EVERYTHING, {**EVERYTHING, "Action": ["ecr:*", "iam:*"]}]))
        made = replace(made, managed={**made.managed, EDGE: document_of([wide, *draw(denials)])})
    if release != LEGS and draw(st.booleans()):
        effects = draw(st.lists(st.sampled_from(["Allow", "Deny"]), min_size=1, max_size=2))
        own_policy = document_of([draw(statements(effect, principal=True)) for effect in effects])
        made = replace(made, repository=own_policy)
    return replace(made, boundary=edge)


def changed_answers(before: Documents, after: Documents) -> Iterator[tuple[str, Call, bool]]:
    """The calls that are answered otherwise than before, with the new answer."""
    for role in (*ROLES, ANOTHER):
        for call in CALLS:
            answer = allowed(after, role, call)
            if answer is not allowed(before, role, call):
                yield role, call, answer


@given(accounts())
@settings(max_examples=examples(80), deadline=None)
def test_a_path_opens_the_need_and_nothing_else_for_anybody(before: Documents) -> None:
    for path in before.diagnosis().paths[:2]:
        opened = before.after(path, tightening=False)
        for role, call, answer in changed_answers(before, opened):
            assert answer, (role, call)
            assert is_needed(before.release, role, call), (role, call)
        after = before.after(path)
        assert (exit_code(after.diagnosis()) == 0) is path.opens_all
        for role in ROLES:
            assert not any(
                allowed(opened, role, call) and not allowed(after, role, call)
                for call in CALLS
                if is_needed(before.release, role, call)
            )
