"""Each change of the state gives its finding and no other, each state that is as it was accepted gives none."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from reviewed_states import (
    ACCEPTED,
    CREATED,
    ECR,
    ISSUER,
    MAIN,
    NOW,
    PROVIDER,
    PUSH,
    ROLE,
    allow,
    baseline,
    document,
    role,
    role_state,
    state,
    trust,
    workflow,
)

from diagnosis.baseline.elsewhere import Elsewhere
from diagnosis.baseline.images import Runs
from diagnosis.baseline.review import Review, Seen, review
from diagnosis.baseline.rules import DriftRule
from diagnosis.baseline.state import RegistryState, ReviewedState, RoleState, Use
from diagnosis.facts.account import EcrRepository, Image, NamedPolicy, OidcProvider
from diagnosis.facts.github_context import DeployableRefs, Environment, ProtectionRule, RefPolicy
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.role_usage import LastAccess, PushedImages, RoleUsage, Usage
from diagnosis.facts.runs import Attempt, OidcCustomization
from diagnosis.facts.trail import Trail, TrailEvent
from diagnosis.facts.workflow import WorkflowFile
from diagnosis.findings.finding import Level
from diagnosis.gates import Verdict
from diagnosis.verdicts.gate_verdict import Missing
from probes.workflow_file import parse_workflow

NOT_READ = Unreadable("part", "AccessDenied", "let the reader", "iam:GetRole")
LOGIN = allow("ecr:GetAuthorizationToken", "*")


def seen(now: ReviewedState, *, trail: tuple[TrailEvent, ...] | None = None, **more: Any) -> Seen:
    told: Reading[Trail] = NOT_READ if trail is None else Known(Trail(ACCEPTED, NOW, trail))
    facts: dict[str, Any] = {"usage": Usage(), "runs": Runs(Known(()), ACCEPTED), **more}
    facts["usage"] = replace(facts["usage"], trail=told, followed=(ECR,))
    return Seen(now, (), told, at=NOW, **facts)


def reviewed(now: ReviewedState, before: ReviewedState | None = None, **more: Any) -> Review:
    return review(seen(now, **more), baseline(before or state()))


def found(result: Review) -> set[tuple[str, str]]:
    return {(each.rule.value, each.level.value) for each in result.findings}


def inline(*statements: dict[str, Any]) -> Known[tuple[NamedPolicy, ...]]:
    return Known((NamedPolicy("push", document(*statements)),))


def with_role(**changes: Any) -> ReviewedState:
    return state(roles=(role_state(**changes),))


def with_workflow(**changes: Any) -> ReviewedState:
    return state(workflows=Known((workflow(**changes),)))


RELEASE = workflow().releases[0]
OWN = RegistryState(ECR, Known(EcrRepository(ECR, "app", "IMMUTABLE", created_at=CREATED)), Absent("policy"))
_AUDIENCES = ("sts.amazonaws.com",)
E, U, N = Level.ERROR.value, Level.UNKNOWN.value, Level.NOTE.value
CHANGES: list[tuple[str, ReviewedState, set[tuple[str, str]]]] = [
    ("nothing", state(), set()),
    (
        "trust wider",
        with_role(role=Known(role(trust(MAIN, "repo:octo-lab/other:ref:refs/heads/main")))),
        {("trust-widened", E)},
    ),
    (
        "trust of another branch",
        with_role(role=Known(role(trust("repo:octo-lab/shop:ref:refs/heads/dev")))),
        {("trust-widened", E), ("trust-narrowed", E), ("subject-unused", E)},
    ),
    ("trust text", with_role(role=Known(role(trust(MAIN, MAIN)))), {("text-changed", N)}),
    ("trust broken", with_role(role=Known(role(document({"Effect": "Maybe"})))), {("not-compared", U)}),
    ("role anew", with_role(role=Known(role(created_at=NOW))), {("role-changed", E)}),
    ("longer sessions", with_role(role=Known(role(max_session_seconds=7200))), {("role-changed", E)}),
    ("other tags", with_role(role=Known(role(tags=(("team", "a"),)))), {("role-changed", E)}),
    ("role gone", with_role(role=Absent("role")), {("role-changed", E)}),
    ("role not readable", with_role(role=NOT_READ), {("not-compared", U)}),
    (
        "a needless grant",
        with_role(inline=inline(LOGIN, allow(list(PUSH)), allow("s3:GetObject", "arn:aws:s3:::b/*"))),
        {("permissions-widened", E), ("grant-unused", E)},
    ),
    ("a grant gone", with_role(inline=inline(LOGIN, allow(list(PUSH[:3])))), {("permissions-narrowed", E)}),
    (
        "the same grants in other words",
        with_role(inline=inline(LOGIN, *(allow(action) for action in PUSH))),
        {("text-changed", N)},
    ),
    ("policies not readable", with_role(inline=NOT_READ), {("not-compared", U)}),
    (
        "a boundary that bounds",
        with_role(boundary=Known(NamedPolicy("edge", document(allow(["ecr:Get*", "ecr:Put*", "ecr:Complete*"], "*"))))),
        {("boundary-changed", E), ("permissions-narrowed", E)},
    ),
    ("control policies", with_role(controls=Known(("SCP a on r: 1",))), {("control-policy-changed", E)}),
    (
        "provider gone",
        state(providers=((PROVIDER, Absent("provider")),)),
        {("provider-changed", E)},
    ),
    (
        "another audience",
        state(providers=((PROVIDER, Known(OidcProvider(PROVIDER, ISSUER, ("a", "sts.amazonaws.com"), CREATED))),)),
        {("provider-changed", E)},
    ),
    (
        "tags can be overwritten",
        state(registries=(replace(OWN, repository=Known(EcrRepository(ECR, "app", "MUTABLE", created_at=CREATED))),)),
        {("registry-changed", E)},
    ),
    (
        "other thumbprints",
        state(providers=((PROVIDER, Known(OidcProvider(PROVIDER, ISSUER, _AUDIENCES, CREATED, ("f" * 40,)))),)),
        {("provider-changed", N)},
    ),
    (
        "thumbprints of a server",
        state(
            providers=(
                (
                    PROVIDER,
                    Known(OidcProvider(PROVIDER, "ghe.corp.example/_services/token", _AUDIENCES, CREATED, ("f",))),
                ),
            )
        ),
        {("provider-changed", E)},
    ),
    (
        "a registry made anew",
        state(registries=(replace(OWN, repository=Known(EcrRepository(ECR, "app", "IMMUTABLE", created_at=NOW))),)),
        {("registry-changed", E)},
    ),
    (
        "another key",
        state(
            registries=(
                replace(OWN, repository=Known(EcrRepository(ECR, "app", "IMMUTABLE", "k", created_at=CREATED))),
            )
        ),
        {("registry-changed", E)},
    ),
    ("registry gone", state(registries=(replace(OWN, repository=Absent("repository")),)), {("registry-changed", E)}),
    (
        "a repository policy",
        state(registries=(replace(OWN, policy=Known(NamedPolicy("p", document(allow("ecr:*", Principal="*"))))),)),
        {("registry-policy-changed", E)},
    ),
    ("a repository policy not readable", state(registries=(replace(OWN, policy=NOT_READ),)), {("not-compared", U)}),
    (
        "immutable subjects",
        state(subject_form=Known(OidcCustomization(sub_claim_prefix="repo:octo-lab@2/shop@1"))),
        {("subject-form-changed", E)},
    ),
    ("renamed", state(repository=replace(state().repository, full_name="octo-lab/store")), {("repository-changed", E)}),
    (
        "moved to another owner",
        state(repository=replace(state().repository, full_name="other/shop", owner_id=9)),
        {("repository-changed", E)},
    ),
    ("another repository", state(repository=replace(state().repository, id=9)), {("repository-changed", E)}),
    ("a comment in the workflow", with_workflow(sha256="1" * 64), {("text-changed", N)}),
    ("another trigger", with_workflow(triggers=("push", "schedule")), {("workflow-triggers", E)}),
    (
        "another token",
        with_workflow(releases=(replace(RELEASE, permissions=("contents: write", "id-token: write")),)),
        {("workflow-permissions", E)},
    ),
    (
        "another role for the same",
        with_workflow(releases=(replace(RELEASE, role=None),)),
        {("workflow-needs", E), ("role-unused", U), ("grant-unused", U)},
    ),
    (
        "another default branch",
        state(repository=replace(state().repository, default_branch="trunk")),
        {("repository-changed", E)},
    ),
    (
        "another job with the same role",
        with_workflow(sha256="1" * 64, releases=(replace(RELEASE, jobs=("push", "sign")),)),
        {("text-changed", N)},
    ),
    (
        "a need more",
        with_workflow(releases=(replace(RELEASE, needs=(*RELEASE.needs, Use("s3:PutObject", "arn:aws:s3:::b/*"))),)),
        {("workflow-needs", E)},
    ),
    (
        "a need less",
        with_workflow(releases=(replace(RELEASE, needs=RELEASE.needs[:-1]),)),
        {("workflow-needs", E), ("grant-unused", E)},
    ),
    (
        "a need less beside what nobody can read",
        with_workflow(releases=(replace(RELEASE, needs=RELEASE.needs[:-1], not_understood=("push: make",)),)),
        {("workflow-needs", E), ("grant-unused", U)},
    ),
    (
        "no workflow any more",
        state(workflows=Known(())),
        {("workflow-gone", E), ("role-unused", E), ("grant-unused", E), ("subject-unused", E)},
    ),
    (
        "a workflow that cannot be parsed in its place",
        state(workflows=Known(()), unread_workflows=(f"{workflow().path}: no YAML",)),
        {("workflow-gone", E), ("not-compared", U), ("role-unused", U), ("grant-unused", U), ("subject-unused", U)},
    ),
    (
        "workflows not readable",
        state(workflows=NOT_READ),
        {("not-compared", U), ("role-unused", U), ("grant-unused", U), ("subject-unused", U)},
    ),
    (
        "pushes to another branch",
        with_workflow(may_present=("ref:refs/heads/release/*",)),
        {("workflow-subjects", E), ("subject-unused", E)},
    ),
    (
        "a workflow more",
        state(workflows=Known((workflow(), replace(workflow(), path=".github/workflows/z.yml")))),
        {("workflow-added", E)},
    ),
]


@pytest.mark.parametrize(("now", "wanted"), [pytest.param(now, wanted, id=name) for name, now, wanted in CHANGES])
def test_a_change_gives_its_findings_and_no_other(now: ReviewedState, wanted: set[tuple[str, str]]) -> None:
    assert found(reviewed(now)) == wanted
    # Accepted as it is, nothing of it fails; what is not readable stays unknown.
    assert {level for _, level in found(reviewed(now, now))} <= {U, N}


def test_what_was_not_read_when_it_was_accepted_is_not_compared_as_if_it_were() -> None:
    result = reviewed(state(), with_role(boundary=NOT_READ))
    assert found(result) == {("not-compared", U)}
    assert result.verdict is Verdict.UNKNOWN


_GUARDED = Environment(
    "production",
    DeployableRefs.LISTED,
    Known((RefPolicy("main"),)),
    (ProtectionRule("required_reviewers", reviewers=("team/release",), prevent_self_review=True),),
)


@pytest.mark.parametrize(
    ("environments", "wanted", "line"),
    [
        (Known((_GUARDED,)), set(), ""),
        (Known(()), {("environment-changed", E)}, ""),
        (Known((replace(_GUARDED, name="Production"),)), set(), ""),
        (
            Known((replace(_GUARDED, rules=()),)),
            {("environment-changed", E)},
            "removed: required_reviewers: team/release, not by who started it",
        ),
        (
            Known((replace(_GUARDED, refs=DeployableRefs.ANY, policies=Known(())),)),
            {("environment-changed", E)},
            "added: every ref may deploy",
        ),
        (
            Known((replace(_GUARDED, policies=Known((RefPolicy("main"), RefPolicy("v*", "tag")))),)),
            {("environment-changed", E)},
            "added: tag v*",
        ),
        (Known((replace(_GUARDED, policies=NOT_READ),)), {("not-compared", U)}, ""),
        (NOT_READ, {("not-compared", U)}, ""),
    ],
)
def test_how_an_environment_is_protected(environments: Any, wanted: set[tuple[str, str]], line: str) -> None:
    result = reviewed(state(environments=environments), state(environments=Known((_GUARDED,))))
    assert found(result) == wanted
    assert not line or line in result.findings[0].details


def test_an_acceptance_ends_with_its_day() -> None:
    for expires, wanted in ((NOW.date(), set()), (NOW.date() - timedelta(days=1), {("acceptance-expired", E)})):
        assert found(review(seen(state()), baseline(expires=expires))) == wanted
    assert found(review(seen(state()), baseline(expires=date(2030, 1, 1)))) == set()


def test_without_a_baseline_the_rest_is_told() -> None:
    wide = with_role(inline=inline(LOGIN, allow(list(PUSH)), allow("s3:GetObject", "arn:aws:s3:::b/*")))
    result = review(seen(wide), None)
    assert found(result) == {("grant-unused", E)}
    assert "which no release uses." in result.findings[0].sentence


def test_an_account_that_was_not_read_at_all_is_one_finding() -> None:
    gap = Missing("the live state of the account", "it was not asked (--no-live)", "leave --no-live out")
    unread = with_role(role=NOT_READ, inline=NOT_READ, attached=NOT_READ, boundary=NOT_READ, controls=NOT_READ)
    result = review(seen(unread, gaps=(gap,), account_was_read=False), baseline())
    assert [(each.rule.value, each.correction) for each in result.findings] == [
        ("not-compared", "Leave --no-live out.")
    ]


def test_a_role_in_no_baseline_was_accepted_by_nobody() -> None:
    nothing = replace(state(), roles=())
    assert found(reviewed(state(), nothing)) == {("role-changed", E)}
    assert found(reviewed(with_role(role=NOT_READ), nothing)) == {("not-compared", U)}
    (finding,) = reviewed(with_role(role=Absent("role")), nothing).findings
    assert finding.sentence.endswith("does not exist.")
    assert found(reviewed(nothing)) == {("not-compared", U)}


def test_what_is_needed_no_more_is_told_from_what_never_was() -> None:
    less = with_workflow(releases=(replace(RELEASE, needs=RELEASE.needs[:-1]),))
    sentences = [each.sentence for each in reviewed(less).findings if each.rule is DriftRule.GRANT_UNUSED]
    assert sentences == [f"The role release is granted {RELEASE.needs[-1].action}, which no release uses any more."]


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ("repo:octo-lab/shop:environment:a%3Ab", False),
        ("repo:Octo-Lab/Shop:environment:other", True),
        ("repo:octo-lab@2/shop@1:environment:a%3Ab", False),
        ("repo:octo-lab@2/shop@1:ref:refs/heads/gone", True),
        ("repo:octo-lab/other:ref:refs/heads/gone", False),
        ("repo:octo-lab/shop:ref:refs/heads/*", False),
        ("no subject", False),
    ],
)
def test_exact_subjects_that_no_workflow_presents(subject: str, told: bool) -> None:
    now = replace(
        with_workflow(may_present=("environment:a:b",)), roles=(role_state(role=Known(role(trust(subject)))),)
    )
    findings = review(seen(now), None).findings
    assert any(each.rule is DriftRule.SUBJECT_UNUSED for each in findings) is told


_ON_DEV = """
on: push
permissions: {id-token: write}
jobs: {a: {runs-on: u, ENV, steps: [{uses: aws-actions/configure-aws-credentials@v4}]}}
"""


def _files(text: str) -> Known[tuple[WorkflowFile, ...]]:
    return Known((WorkflowFile(text, parse_workflow(text, workflow().path)),))


@pytest.mark.parametrize(
    ("context", "elsewhere", "wanted"),
    [
        ("ref:refs/heads/dev", Elsewhere({"dev": Absent("branch")}), {E}),
        ("ref:refs/heads/dev", Elsewhere({"dev": _files(_ON_DEV.replace("ENV, ", ""))}), set()),
        ("ref:refs/heads/dev", Elsewhere({"dev": Absent("branch"), "x": _files(_ON_DEV.replace("ENV, ", ""))}), {E}),
        ("ref:refs/heads/dev", Elsewhere({"dev": NOT_READ}), {U}),
        ("ref:refs/heads/dev", Elsewhere({"dev": _files("on: [")}), {U}),
        ("environment:old", Elsewhere({"x": _files(_ON_DEV.replace("ENV", "environment: old"))}), set()),
        ("environment:old", Elsewhere({}, ("x",)), {U}),
        ("ref:refs/tags/v1", Elsewhere(), {U}),
    ],
)
def test_what_another_branch_may_present_is_not_claimed(context: str, elsewhere: Elsewhere, wanted: set[str]) -> None:
    now = with_role(role=Known(role(trust(MAIN, f"repo:octo-lab/shop:{context}"))))
    findings = review(seen(now, elsewhere=elsewhere), None).findings
    assert {each.level.value for each in findings if each.rule is DriftRule.SUBJECT_UNUSED} == wanted


@pytest.mark.parametrize(
    ("subject", "elsewhere", "wanted"),
    [
        (MAIN, Elsewhere({"dev": _files(_ON_DEV)}), E),  # nobody comes in from there
        ("repo:octo-lab/shop:*", Elsewhere({"dev": _files(_ON_DEV)}), U),
        ("repo:octo-lab/shop:*", Elsewhere({"dev": _files("on: push\njobs: {}")}), E),
        ("repo:octo-lab/shop:*", Elsewhere({"dev": Absent("branch")}), E),
        ("repo:octo-lab/shop:environment:a", Elsewhere({"dev": NOT_READ}), U),
        ("repo:octo-lab/shop:ref:refs/heads/dev", Elsewhere({"dev": NOT_READ}), U),
        ("repo:octo-lab/shop:*", Elsewhere({}, ("dev",)), U),
    ],
)
def test_what_another_branch_may_use_is_not_claimed(subject: str, elsewhere: Elsewhere, wanted: str) -> None:
    wide = role_state(role=Known(role(trust(subject))), inline=_S3.roles[0].inline)
    findings = review(seen(state(roles=(wide,)), elsewhere=elsewhere), None).findings
    assert [each.level.value for each in findings if each.rule is DriftRule.GRANT_UNUSED] == [wanted]


@pytest.mark.parametrize(
    ("form", "level"),
    [
        (Known(OidcCustomization(use_default=False, include_claim_keys=("repo", "context", "ref"))), E),
        (Known(OidcCustomization(use_default=False, include_claim_keys=("repo", "ref"))), U),
        (NOT_READ, U),
    ],
)
def test_by_another_template_a_job_in_an_environment_shows_its_ref(form: Any, level: str) -> None:
    now = with_workflow(may_present=("environment:production",))
    findings = review(seen(replace(now, subject_form=form)), None).findings
    assert [each.level.value for each in findings if each.rule is DriftRule.SUBJECT_UNUSED] == [level]


def test_a_baseline_dated_ahead_hides_nothing() -> None:
    ahead = baseline(at=NOW + timedelta(days=9))
    pushes = Usage((), (PushedImages(ECR, Known((Image("sha256:1", ("v1",), NOW - timedelta(days=1)),))),))
    assert found(review(seen(state(), usage=pushes), ahead)) == {("acceptance-expired", E), ("pushed-outside-runs", E)}
    assert found(review(seen(state()), baseline(at=NOW + timedelta(minutes=1)))) == set()


def test_who_made_a_change_stands_with_it() -> None:
    event = TrailEvent("UpdateAssumeRolePolicy", "iam", NOW, "arn:aws:iam::111122223333:user/eve", "release", "e")
    early = replace(event, at=ACCEPTED - timedelta(days=1), principal="arn:aws:iam::111122223333:user/bob")
    wider = with_role(role=Known(role(trust(MAIN, "repo:octo-lab/other:ref:refs/heads/main"))))
    (finding,) = reviewed(wider, trail=(early, event)).findings
    assert [line for line in finding.details if line.startswith("CloudTrail")] == [
        f"CloudTrail: UpdateAssumeRolePolicy on release by {event.principal} at 2026-11-01T00:00:00Z"
    ]


# ------------------------------------------------------------------------------------------------- use, as AWS records it

_S3 = with_role(inline=inline(LOGIN, allow(list(PUSH)), allow("s3:GetObject", "arn:aws:s3:::b/*")))
_OPAQUE = replace(_S3, workflows=Known((workflow(releases=(replace(RELEASE, not_understood=("push: make",)),)),)))


@pytest.mark.parametrize(
    ("now", "access", "level"),
    [
        (_S3, LastAccess("s3", None), E),
        # A grant of yesterday may be there for a step that nobody understands.
        (_OPAQUE, LastAccess("s3", None), U),
        (_OPAQUE, LastAccess("s3", NOW), U),
        # The service as a whole says nothing of one of its actions.
        (_S3, LastAccess("s3", NOW), E),
        (_S3, LastAccess("s3", NOW, actions=(("s3:GetObject", NOW),)), U),
        (_OPAQUE, LastAccess("s3", NOW, actions=(("s3:GetObject", None),)), U),
    ],
)
def test_last_accesses_count(now: ReviewedState, access: LastAccess, level: str) -> None:
    usage = Usage((RoleUsage(ROLE, Known((access,))),))
    assert ("grant-unused", level) in found(reviewed(now, usage=usage))


@pytest.mark.parametrize(("days", "level"), [(31, E), (29, U)])
def test_a_role_that_never_used_a_service_in_all_the_time_since_needs_no_further_proof(days: int, level: str) -> None:
    needed = replace(RELEASE, needs=(*RELEASE.needs, Use("s3:GetObject", "arn:aws:s3:::b/*")))
    before = replace(_S3, workflows=Known((workflow(releases=(needed,)),)))
    usage = Usage((RoleUsage(ROLE, Known((LastAccess("s3", None),))),))
    result = review(seen(_OPAQUE, usage=usage), baseline(before, at=NOW - timedelta(days=days)))
    assert ("grant-unused", level) in found(result)


@pytest.mark.parametrize("other", ["repo:octo-lab/other:ref:refs/heads/main", "repo:octo-lab/*"])
def test_what_other_repositories_may_use_is_not_claimed_to_be_unused(other: str) -> None:
    shared = role_state(role=Known(role(trust(MAIN, other))), inline=_S3.roles[0].inline)
    findings = reviewed(state(roles=(shared,))).findings
    (grant,) = [each for each in findings if each.rule is DriftRule.GRANT_UNUSED]
    assert grant.level is Level.UNKNOWN
    assert "the trust policy also admits" in grant.sentence
    unread = replace(shared, role=NOT_READ)
    assert ("grant-unused", U) in found(reviewed(state(roles=(unread,))))
    alone = review(seen(state(roles=(shared,), workflows=Known(()))), None).findings
    assert [each.level for each in alone if each.rule is DriftRule.ROLE_UNUSED] == [Level.UNKNOWN]


def test_a_young_role_that_never_used_a_service_proves_nothing() -> None:
    young = replace(_OPAQUE, roles=(replace(_OPAQUE.roles[0], role=Known(role(created_at=NOW - timedelta(days=3)))),))
    usage = Usage((RoleUsage(ROLE, Known((LastAccess("s3", None),))),))
    assert ("grant-unused", U) in found(review(seen(young, usage=usage), baseline(replace(young, roles=state().roles))))


# ------------------------------------------------------------------------------------------------- images


def run(begin: timedelta, seconds: int = 90) -> Attempt:
    at = ACCEPTED + begin
    facts: dict[str, Any] = {
        "run_id": 1,
        "attempt": 1,
        "run_number": 1,
        "workflow_name": "R",
        "workflow_path": workflow().path,
        "event": "push",
        "head_branch": "main",
        "head_sha": "c" * 40,
        "status": "completed",
        "conclusion": "success",
        "title": "",
        "actor": "a",
        "html_url": "",
    }
    return Attempt(
        state().repository, created_at=at, started_at=at, updated_at=at + timedelta(seconds=seconds), **facts
    )


def pushed(after: timedelta) -> Image:
    return Image("sha256:1", ("v1",), ACCEPTED + after)


def by(principal: str, after: timedelta) -> TrailEvent:
    return TrailEvent("PutImage", "ecr", ACCEPTED + after, principal, "app", "e", detail="v1")


_RUN, _IN, _OUT = run(timedelta(days=1)), timedelta(days=1, seconds=30), timedelta(days=2)
_OURS, _EVE = "arn:aws:sts::111122223333:assumed-role/release/s", "arn:aws:iam::111122223333:user/eve"


@pytest.mark.parametrize(
    ("image", "trail", "wanted"),
    [
        (pushed(timedelta(days=-1)), (), set()),
        (pushed(_IN), (by(_OURS, _IN),), set()),
        (pushed(_IN), (by(_EVE, _IN),), {E}),
        (pushed(_IN), (), {U}),
        (pushed(_IN), None, {U}),
        (pushed(_OUT), None, {E}),
        (pushed(_OUT), (by(_OURS, _OUT),), {E}),
        # No call brought it: replication, or a pull through cache.
        (pushed(_OUT), (), {U}),
        # Deleted since, or a tag that was moved to an older image.
        (pushed(timedelta(days=-1)), (by(_EVE, _IN),), {E}),
        (pushed(timedelta(days=-1)), (by(_OURS, _OUT),), {E}),
        (pushed(timedelta(days=-1)), (by(_OURS, _IN),), set()),
        # Pushed by digest beside a push of somebody else: whose it is nobody can tell.
        (replace(pushed(_IN), tags=()), (by(_OURS, _IN), replace(by(_EVE, _IN), event_id="f")), {U}),
        (replace(pushed(_OUT), pushed_at=None), (), {U}),
    ],
)
def test_pushes_outside_of_runs(image: Image, trail: tuple[TrailEvent, ...] | None, wanted: set[str]) -> None:
    usage = Usage((), (PushedImages(ECR, Known((image,))),))
    result = reviewed(state(), trail=trail, usage=usage, runs=Runs(Known((_RUN,)), ACCEPTED))
    assert {level for _, level in found(result)} == wanted
    assert {rule for rule, _ in found(result)} <= {"pushed-outside-runs"}


@pytest.mark.parametrize(
    ("images", "runs"),
    [
        (NOT_READ, Runs(Known(()), ACCEPTED)),
        (Known((pushed(_OUT),)), Runs(NOT_READ, None)),
        (Known((pushed(_OUT),)), Runs(Known((_RUN,)), ACCEPTED + timedelta(days=3))),
    ],
)
def test_a_push_that_cannot_be_compared_is_unknown(images: Reading[tuple[Image, ...]], runs: Runs) -> None:
    result = reviewed(state(), usage=Usage((), (PushedImages(ECR, images),)), runs=runs)
    assert found(result) == {("pushed-outside-runs", U)}


def test_a_push_by_a_role_that_no_release_uses_is_somebody_elses() -> None:
    spare = replace(ROLE, resource="role/spare")
    beside = RoleState(
        spare, Known(replace(role(), arn=spare, name="spare")), Known(()), Known(()), Absent("b"), Absent("o")
    )
    two = state(roles=(beside, role_state()))
    usage = Usage((), (PushedImages(ECR, Known((pushed(_IN),))),))
    push = by(_OURS.replace("release", "spare"), _IN)
    unknown = replace(two, workflows=Known((workflow(), workflow(releases=(replace(RELEASE, role=None),)))))
    for now, before, wanted in (
        (two, two, {E}),
        # By which it releases is not known: that may be the one.
        (unknown, unknown, set()),
        # It released when the state was accepted.
        (two, replace(two, workflows=Known((workflow(releases=(replace(RELEASE, role=spare),)),))), set()),
    ):
        result = reviewed(now, before, trail=(push,), usage=usage, runs=Runs(Known((_RUN,)), ACCEPTED))
        assert {level for rule, level in found(result) if rule == "pushed-outside-runs"} == wanted


def test_who_pushes_to_what_releases_only_pull_from_is_not_theirs_to_say() -> None:
    usage = Usage((), (PushedImages(ECR, Known((pushed(_OUT),))),))
    pull = (Use("ecr:BatchGetImage", str(ECR)),)
    for steps, wanted in (((), set()), (("push: make",), {E})):
        only = with_workflow(releases=(replace(RELEASE, needs=pull, not_understood=steps),))
        result = reviewed(only, only, usage=usage)
        assert {each.level.value for each in result.findings if each.rule is DriftRule.PUSHED_OUTSIDE_RUNS} == wanted


def test_every_rule_is_told_somewhere() -> None:
    told = {rule for _, _, wanted in CHANGES for rule, _ in wanted}
    elsewhere = {
        "acceptance-expired",
        "pushed-outside-runs",
        "release-would-fail",
        "least-privilege",
        "environment-changed",
    }
    assert told | elsewhere == {rule.value for rule in DriftRule}
