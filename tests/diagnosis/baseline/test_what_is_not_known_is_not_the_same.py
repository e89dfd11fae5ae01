"""What was not kept, not told, not understood or not read on one side never counts as the same, as unused or as nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from arns import arn_of
from made_attempts import made_attempt
from reviewed_states import (
    ACCEPTED,
    ACCOUNT,
    CREATED,
    ECR,
    ISSUER,
    MAIN,
    NOW,
    PROVIDER,
    allow,
    baseline,
    document,
    role,
    role_state,
    state,
    trust,
)

from diagnosis.baseline.elsewhere import Elsewhere, may_come_from
from diagnosis.baseline.images import Runs
from diagnosis.baseline.reading import read_baseline
from diagnosis.baseline.review import Review, Seen, review
from diagnosis.baseline.state import RegistryState, ReviewedState
from diagnosis.baseline.taken import GitHubSide, StatedRelease, state_of
from diagnosis.baseline.written import baseline_text
from diagnosis.facts.account import EcrRepository, NamedPolicy, OidcProvider
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.role_usage import Usage
from diagnosis.facts.runs import OidcCustomization
from diagnosis.facts.trail import Trail
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.gates import Verdict
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.replay.attempt import replay
from probes.workflow_file import parse_workflow

_REPOSITORY = "repo:octo-lab/shop"
_EXISTS = EcrRepository(ECR, "app", "IMMUTABLE", created_at=CREATED)


def _reviewed(now: ReviewedState, before: ReviewedState, **more: Any) -> Review:
    """The baseline goes through its file, as it always does."""
    trail = more.pop("trail", Known(Trail(ACCEPTED, NOW, ())))
    runs = more.pop("runs", Runs(Known(()), ACCEPTED))
    usage = replace(more.pop("usage", Usage()), trail=trail, followed=(ECR,))
    seen = Seen(now, (), trail, usage, runs, NOW, **more)
    return review(seen, read_baseline(baseline_text(baseline(before))))


def _secret(first: str) -> str:
    return f"ghp_{first}1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def _read(*statements: dict[str, Any], version: str = "2012-10-17") -> PolicyDocument:
    return read_document(json.dumps({"Version": version, "Statement": list(statements)}))


def _trusting(condition: str) -> ReviewedState:
    account = {"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}
    door = {"Effect": "Allow", "Principal": account, "Action": "sts:AssumeRole"}
    door["Condition"] = {"StringEquals": {"sts:ExternalId": condition}}
    own = trust(MAIN).tree["Statement"][0]  # type: ignore[index]
    return state(roles=(role_state(role=Known(role(_read(own, door)))),))


def _with_inline(condition: str) -> ReviewedState:
    grant = allow("s3:GetObject", "arn:aws:s3:::b/*", Condition={"StringEquals": {"aws:PrincipalTag/t": condition}})
    return state(roles=(role_state(inline=Known((NamedPolicy("p", _read(grant)),))),))


def _with_boundary(condition: str) -> ReviewedState:
    grant = allow("*", "*", Condition={"StringEquals": {"aws:PrincipalTag/t": condition}})
    edge = NamedPolicy("edge", _read(grant), arn_of(f"arn:aws:iam::{ACCOUNT}:policy/edge"))
    return state(roles=(role_state(boundary=Known(edge)),))


def _of_registry(condition: str, version: str = "2012-10-17") -> ReviewedState:
    grant = allow("ecr:*", "*", Principal="*", Condition={"StringEquals": {"aws:PrincipalTag/t": condition}})
    return state(
        registries=(RegistryState(ECR, Known(_EXISTS), Known(NamedPolicy("p", _read(grant, version=version)))),)
    )


def _tagged(value: str) -> ReviewedState:
    return state(roles=(role_state(role=Known(role(tags=(("t", value),)))),))


@pytest.mark.parametrize("made", [_trusting, _with_inline, _with_boundary, _of_registry, _tagged])
def test_two_values_that_look_like_secrets_are_not_the_same_value(made: Any) -> None:
    assert not [each for each in _reviewed(made("a"), made("a")).findings if each.rule.value == "not-compared"]
    assert _reviewed(made(_secret("x")), made(_secret("y"))).verdict is not Verdict.PASS


@pytest.mark.parametrize(
    ("before", "now", "verdict"),
    [
        (_of_registry("${aws:PrincipalTag/x}", "2008-10-17"), _of_registry("${aws:PrincipalTag/x}"), Verdict.FAIL),
        (_of_registry("x", "2008-10-17"), _of_registry("x"), Verdict.PASS),
        (state(), state(repository=replace(state().repository, id=None)), Verdict.UNKNOWN),
        (state(), state(repository=replace(state().repository, owner_id=None)), Verdict.UNKNOWN),
        (state(), state(roles=(role_state(role=Known(role(created_at=None))),)), Verdict.UNKNOWN),
        (
            state(),
            state(registries=(RegistryState(ECR, Known(replace(_EXISTS, created_at=None)), Absent("policy")),)),
            Verdict.UNKNOWN,
        ),
        (
            state(),
            state(providers=((PROVIDER, Known(OidcProvider(PROVIDER, ISSUER, ("sts.amazonaws.com",)))),)),
            Verdict.UNKNOWN,
        ),
        (state(unread_workflows=(".github/workflows/x.yml: broken",)), state(), Verdict.UNKNOWN),
        (
            state(workflows=Known(()), unread_workflows=(".github/workflows/release.yml: broken",)),
            state(workflows=Known(())),
            Verdict.UNKNOWN,
        ),
        *(
            (one, one, Verdict.UNKNOWN)
            for part, arn in (("inline", None), ("attached", arn_of("arn:aws:iam::aws:policy/p")))
            for one in (
                state(
                    roles=(role_state(**{part: Known((NamedPolicy("p", read_document('{"Statement": 1}'), arn),))}),)
                ),
            )
        ),
    ],
)
def test_what_one_side_does_not_tell(before: ReviewedState, now: ReviewedState, verdict: Verdict) -> None:
    assert _reviewed(now, before).verdict is verdict


@pytest.mark.parametrize(
    ("subjects", "open_to_any"),
    [
        ((MAIN,), False),
        ((f"{MAIN}:environment:a",), False),
        ((MAIN, f"{_REPOSITORY}:environment:production"), True),
        ((MAIN, f"{_REPOSITORY}:pull_request"), True),
        ((MAIN, f"{_REPOSITORY}:ref:refs/tags/v1"), True),
        ((MAIN, f"{_REPOSITORY}:ref:refs/heads/rel-*"), True),
    ],
)
def test_a_subject_that_names_no_branch_is_presented_from_any(subjects: tuple[str, ...], *, open_to_any: bool) -> None:
    held = role_state(role=Known(role(trust(*subjects))))
    assert (may_come_from(held, "main"), may_come_from(held, "dev"), may_come_from(held, None)) == (
        (True, open_to_any, open_to_any)
    )


def test_a_statement_that_bounds_no_subject_lets_every_branch_in() -> None:
    own = trust(MAIN).tree["Statement"][0]  # type: ignore[index]
    for condition in (
        {"StringEquals": {f"{ISSUER}:repository": "octo-lab/shop"}},
        {"StringNotEquals": {f"{ISSUER}:sub": MAIN}},
        {"StringEqualsIfExists": {f"{ISSUER}:sub": MAIN}},
    ):
        held = role_state(role=Known(role(document(own, {**own, "Condition": condition}))))
        assert may_come_from(held, "dev"), condition


def test_a_branch_that_a_subject_names_and_that_was_not_looked_at_is_no_proof() -> None:
    late = f"{_REPOSITORY}:ref:refs/heads/eleventh"
    now = state(roles=(role_state(role=Known(role(trust(MAIN, late)))),))
    for unread, level in ((("eleventh",), "unknown"), (("twelfth",), "error")):
        found = _reviewed(now, state(), elsewhere=Elsewhere({}, unread)).findings
        assert [each.level.value for each in found if each.rule.value == "subject-unused"] == [level]


@pytest.mark.parametrize(
    ("top", "job", "told"),
    [
        ("", "", []),
        ("permissions: {}", "", ["none"]),
        ("", "permissions: {}, ", ["none"]),
        ("permissions: write-all", "permissions: {}, ", ["none"]),
        ("permissions: write-all", "", ["*: write-all"]),
    ],
)
def test_to_state_no_permission_is_not_to_state_nothing(top: str, job: str, told: list[str]) -> None:
    steps = "{uses: aws-actions/configure-aws-credentials@v4, with: {aws-access-key-id: k, aws-secret-access-key: s}}"
    text = f"on: push\n{top}\njobs: {{push: {{{job}runs-on: u, steps: [{steps}, {{run: docker push x}}]}}}}\n"
    file = WorkflowFile(text, parse_workflow(text, ".github/workflows/release.yml"))
    attempt = replace(made_attempt(), workflow_file=Known(file))
    replayed = replay(attempt)
    assert replayed.sessions
    github = GitHubSide(state().repository, Known(OidcCustomization()), Known(()), Known((file,)))
    (workflow,) = state_of(github, [StatedRelease(file, replayed, Case())], ()).known_workflows
    assert [list(release.permissions) for release in workflow.releases] == [told]
