"""From a run to the claims it would present: every form, and every doubt."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from claims_world import REPOSITORY, attempt, job, workflow
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.claims.claim_set import AWS_CLAIM_KEYS, ContextKind, SubjectContext, SubjectForm
from diagnosis.claims.subject_claim import claims_of
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import CalledWorkflow, Job, OidcCustomization, Repository
from diagnosis.facts.workflow import UnparsableWorkflow, WorkflowStep
from probes.workflow_file import workflow_file

UNREAD = Unreadable("customization", "403", "give the token actions: read")
FILE = workflow()


def subjects(run, **fields):
    return claims_of(run, **{"workflow": FILE, **fields}).subjects


def customised(*keys, **fields):
    return Known(OidcCustomization(use_default=False, include_claim_keys=keys, **fields))


@pytest.mark.parametrize(
    ("fields", "options", "expected"),
    [
        ({}, {}, "repo:acme/shop:ref:refs/heads/main"),
        ({"head_branch": "feature/a"}, {}, "repo:acme/shop:ref:refs/heads/feature/a"),
        ({"event": "release", "head_branch": "v1.2.3"}, {}, "repo:acme/shop:ref:refs/tags/v1.2.3"),
        ({"event": "pull_request", "head_branch": "fix"}, {}, "repo:acme/shop:pull_request"),
        ({}, {"environment": "prod"}, "repo:acme/shop:environment:prod"),
        ({"event": "pull_request"}, {"environment": "prod"}, "repo:acme/shop:environment:prod"),
        ({"environment": "prod"}, {}, "repo:acme/shop:environment:prod"),
        ({}, {"environment": "Production:V1"}, "repo:acme/shop:environment:Production%3AV1"),
        ({}, {"ref_override": "refs/tags/v1"}, "repo:acme/shop:ref:refs/tags/v1"),
        ({}, {"ref_override": "dev"}, "repo:acme/shop:ref:refs/heads/dev"),
        ({"event": "pull_request"}, {"ref_override": "dev"}, "repo:acme/shop:ref:refs/heads/dev"),
        ({"event": "workflow_run", "head_branch": "feature"}, {}, "repo:acme/shop:ref:refs/heads/main"),
        ({"event": "schedule"}, {}, "repo:acme/shop:ref:refs/heads/main"),
        (
            {"event": "merge_group", "head_branch": "gh-readonly-queue/main/pr-4-1.2"},
            {},
            "repo:acme/shop:ref:refs/heads/gh-readonly-queue/main/pr-4-1.2",
        ),
    ],
)
def test_the_classic_subject_of_each_kind_of_run(fields, options, expected):
    assert subjects(attempt(**fields), **options) == (expected,)


def test_the_environment_of_the_job_is_read_from_the_workflow_file():
    assert subjects(attempt(), workflow=workflow(job(environment="prod"))) == ("repo:acme/shop:environment:prod",)


def test_the_job_given_wins_over_the_other_jobs_of_the_file():
    other = job(id="other", environment="staging")
    assert subjects(attempt(), workflow=workflow(other, job()), job=job()) == ("repo:acme/shop:ref:refs/heads/main",)


def test_two_jobs_with_different_environments_leave_two_subjects():
    file = workflow(job(environment="staging"), job(id="b", environment="prod"))
    possible = claims_of(attempt(), workflow=file)
    assert possible.subjects == ("repo:acme/shop:environment:staging", "repo:acme/shop:environment:prod")
    assert not possible.certain
    assert possible.missing


def test_of_more_environments_than_are_told_apart_none_is_left_out_in_silence():
    jobs = [job(id=f"j{number}", environment=f"e{number}") for number in range(200)]
    possible = claims_of(attempt(), workflow=workflow(*jobs))
    assert not possible.certain
    assert possible.missing
    last = possible.sets[-1]
    assert last.subject is None, "it may be any of the rest"
    assert {"environment", "ref"} <= set(last.unknown)
    assert len(possible.sets) < 200


def test_a_job_without_a_login_step_does_not_count():
    lint = job(id="lint", environment="staging", steps=(WorkflowStep(name=None, uses=None, run="make lint"),))
    assert subjects(attempt(), workflow=workflow(lint, job())) == ("repo:acme/shop:ref:refs/heads/main",)


@pytest.mark.parametrize("file", [None, UnparsableWorkflow("x.yml", "bad indent", 3)])
def test_an_unread_workflow_file_leaves_an_environment_possible(file):
    possible = claims_of(attempt(), workflow=file)
    assert possible.subjects == ()
    assert not possible.certain
    assert "environment" in possible.missing[0].why


def test_an_environment_from_an_expression_is_not_guessed():
    possible = claims_of(attempt(), workflow=workflow(job(environment="${{ inputs.env }}")))
    (only,) = possible.sets
    assert only.subject is None
    assert {"sub", "environment"} <= set(only.unknown)


# immutable subjects


@pytest.mark.parametrize(
    ("created", "customization", "forms"),
    [
        (datetime(2024, 1, 1, tzinfo=UTC), OidcCustomization(), {"classic"}),
        (datetime(2024, 1, 1, tzinfo=UTC), OidcCustomization(use_immutable_subject=True), {"immutable"}),
        (datetime(2026, 7, 16, tzinfo=UTC), OidcCustomization(), {"immutable"}),
        (datetime(2026, 7, 15, 12, tzinfo=UTC), OidcCustomization(), {"classic", "immutable"}),
        # The flag tells who opted in: a younger repository is immutable without it.
        (datetime(2026, 9, 1, tzinfo=UTC), OidcCustomization(use_immutable_subject=False), {"immutable"}),
        (datetime(2024, 1, 1, tzinfo=UTC), OidcCustomization(sub_claim_prefix="repo:acme@123/shop@456"), {"immutable"}),
        (datetime(2024, 1, 1, tzinfo=UTC), OidcCustomization(sub_claim_prefix="repo:acme/shop"), {"classic"}),
        (
            datetime(2026, 9, 1, tzinfo=UTC),
            OidcCustomization(use_immutable_subject=False, sub_claim_prefix="repo:acme@123/shop@456"),
            {"immutable"},
        ),
        (
            datetime(2024, 1, 1, tzinfo=UTC),
            OidcCustomization(use_immutable_subject=True, sub_claim_prefix="repo:acme/shop"),
            {"classic"},
        ),
        (
            datetime(2024, 1, 1, tzinfo=UTC),
            OidcCustomization(sub_claim_prefix="repo:acme@123"),
            {"classic", "immutable"},
        ),
        (None, OidcCustomization(), {"classic", "immutable"}),
        (datetime(2024, 1, 1, tzinfo=UTC), None, {"classic", "immutable"}),
        (datetime(2026, 9, 1, tzinfo=UTC), None, {"immutable"}),
    ],
)
def test_the_form_of_the_subject(created, customization, forms):
    reading = UNREAD if customization is None else Known(customization)
    possible = claims_of(attempt(repository={"created_at": created}, oidc_customization=reading), workflow=FILE)
    assert {claims.form.value for claims in possible.sets} == forms
    for claims in possible.sets:
        owner = "acme@123/shop@456" if claims.form is SubjectForm.IMMUTABLE else "acme/shop"
        assert claims.subject == f"repo:{owner}:ref:refs/heads/main"
    if len(forms) > 1:
        assert not possible.certain
        assert any("immutable" in missing.what for missing in possible.missing)


@pytest.mark.parametrize("flag", [True, False, None])
@pytest.mark.parametrize("created", [datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 9, 1, tzinfo=UTC), None])
@pytest.mark.parametrize(
    "prefix", ["repo:Acme/Shop", "repo:acme@7/shop@8", "repo:acme@7/shop@8:", "repo:a.b-c@1/d_e.f@22"]
)
def test_the_prefix_that_github_answers_is_what_is_minted(flag, created, prefix):
    told = Known(OidcCustomization(use_immutable_subject=flag, sub_claim_prefix=prefix))
    possible = claims_of(attempt(repository={"created_at": created}, oidc_customization=told), workflow=FILE)
    assert possible.subjects == (f"{prefix.rstrip(':')}:ref:refs/heads/main",)
    assert possible.certain
    assert not possible.missing
    assert not possible.which_form


@pytest.mark.parametrize(
    "keys", [("repo",), ("repository",), ("repo", "context"), ("context", "repo"), ("repo", "actor")]
)
def test_a_template_of_the_repositorys_own_keeps_the_ids_of_the_prefix(keys):
    told = Known(OidcCustomization(False, keys, False, "repo:acme@7/shop@8"))
    parts = {"repo": "repo:acme@7/shop@8", "context": "ref:refs/heads/main", "actor": "actor:octocat"}
    wanted = ":".join(parts["repo" if key == "repository" else key] for key in keys)
    possible = claims_of(attempt(oidc_customization=told), workflow=FILE)
    assert [(item.subject, item.form) for item in possible.to_list] == [(wanted, SubjectForm.IMMUTABLE)]


def test_the_form_does_not_matter_where_the_template_does_not_name_the_repository():
    told = Known(OidcCustomization(False, ("job_workflow_ref",)))
    run = attempt(repository={"created_at": None}, oidc_customization=told)
    possible = claims_of(run, workflow=FILE)
    assert possible.certain
    assert not possible.missing


def test_the_ids_are_read_off_the_prefix_where_the_repository_was_not_read():
    told = Known(OidcCustomization(sub_claim_prefix="repo:acme@7/shop@8"))
    (claims,) = claims_of(
        attempt(repository={"id": None, "owner_id": None}, oidc_customization=told), workflow=FILE
    ).sets
    assert (claims.get("repository_owner_id"), claims.get("repository_id")) == ("7", "8")


def test_where_the_form_is_not_known_both_are_to_be_listed_and_named_as_such():
    possible = claims_of(attempt(oidc_customization=UNREAD), environment="prod", workflow=FILE)
    assert [(item.subject, item.form) for item in possible.to_list] == [
        ("repo:acme/shop:environment:prod", SubjectForm.CLASSIC),
        ("repo:acme@123/shop@456:environment:prod", SubjectForm.IMMUTABLE),
    ]
    assert "repo:acme/shop:environment:prod is the classic form" in possible.which_form
    assert "repo:acme@123/shop@456:environment:prod the immutable one" in possible.which_form


@pytest.mark.parametrize(
    "changes",
    [
        {"head_branch": "v1.2.3", "event": "push"},  # a tag or a branch
        {"event": "pull_request_target"},
        {"head_branch": None},
        {"repository": {"id": None}},  # the immutable subject cannot be written
    ],
)
def test_nothing_is_to_be_listed_where_more_than_the_form_is_open(changes):
    possible = claims_of(attempt(oidc_customization=UNREAD, **changes), workflow=FILE)
    assert possible.to_list == ()
    assert possible.which_form == ""


def test_a_run_before_the_change_proves_that_the_repository_is_older():
    run = attempt(
        repository={"created_at": None},
        created_at=datetime(2026, 2, 13, tzinfo=UTC),
        oidc_customization=Known(OidcCustomization()),
    )
    assert subjects(run) == ("repo:acme/shop:ref:refs/heads/main",)


def test_an_enterprise_server_never_has_immutable_subjects():
    run = attempt(
        repository={"created_at": datetime(2026, 9, 1, tzinfo=UTC)},
        oidc_customization=Known(OidcCustomization(use_immutable_subject=True)),
    )
    issuer = "https://github.acme.example/_services/token"
    possible = claims_of(run, workflow=FILE, issuer=issuer)
    assert possible.subjects == ("repo:acme/shop:ref:refs/heads/main",)
    assert set(possible.sets[0].context(issuer)) == {
        "github.acme.example/_services/token:sub",
        "github.acme.example/_services/token:aud",
    }


def test_data_residency_counts_as_github_cloud():
    run = attempt(repository={"created_at": datetime(2026, 9, 1, tzinfo=UTC)}, oidc_customization=UNREAD)
    possible = claims_of(run, workflow=FILE, issuer="token.actions.acme.ghe.com")
    assert possible.subjects == ("repo:acme@123/shop@456:ref:refs/heads/main",)
    assert "token.actions.acme.ghe.com:repository" in possible.sets[0].context(possible.issuer)


def test_immutable_without_ids_is_not_known():
    run = attempt(repository={"id": None}, oidc_customization=Known(OidcCustomization(use_immutable_subject=True)))
    possible = claims_of(run, workflow=FILE)
    assert possible.subjects == ()
    assert any("ids" in missing.what for missing in possible.missing)


def test_an_unreadable_customization_says_so_and_how_to_read_it():
    possible = claims_of(attempt(oidc_customization=UNREAD), workflow=FILE)
    assert possible.custom_possible
    assert not possible.certain
    assert any(missing.why == "403" for missing in possible.missing)


def test_no_customization_at_all_is_the_default():
    assert subjects(attempt(oidc_customization=Absent("customization"))) == ("repo:acme/shop:ref:refs/heads/main",)


# templates


@pytest.mark.parametrize(
    ("keys", "options", "expected"),
    [
        (("repo",), {}, "repo:acme/shop"),
        (("repository_owner",), {}, "repository_owner:acme"),
        (("repository_id",), {}, "repository_id:456"),
        (("repo", "context"), {"environment": "prod"}, "repo:acme/shop:environment:prod"),
        (
            ("job_workflow_ref",),
            {},
            "job_workflow_ref:acme/shop/.github/workflows/release.yml@refs/heads/main",
        ),
        (
            ("repo", "context", "job_workflow_ref"),
            {"environment": "prod"},
            "repo:acme/shop:environment:prod:job_workflow_ref:acme/shop/.github/workflows/release.yml@refs/heads/main",
        ),
        (
            ("environment", "repository_owner"),
            {"environment": "production:eastus"},
            "environment:production%3Aeastus:repository_owner:acme",
        ),
        (("actor", "ref"), {}, "actor:octocat:ref:refs/heads/main"),
    ],
)
def test_a_customised_subject_follows_its_template(keys, options, expected):
    assert subjects(attempt(oidc_customization=customised(*keys)), **options) == (expected,)


def test_a_customised_immutable_subject_keeps_the_ids():
    run = attempt(oidc_customization=customised("repo", use_immutable_subject=True))
    assert subjects(run) == ("repo:acme@123/shop@456",)


@pytest.mark.parametrize("key", ["repository_visibility", "actor_id", "environment", "no_such_claim"])
def test_a_template_with_a_claim_that_no_record_tells_leaves_the_subject_unknown(key):
    (only,) = claims_of(attempt(oidc_customization=customised("repo", key)), workflow=FILE).sets
    assert only.subject is None
    assert "sub" in only.unknown


def test_the_organizations_template_is_not_guessed():
    possible = claims_of(attempt(oidc_customization=customised()), workflow=FILE)
    assert possible.subjects == ()
    assert any("/orgs/acme/" in missing.how for missing in possible.missing)


# refs


@pytest.mark.parametrize("name", ["v1.2.3", "v2", "1.0", "release-1.4.0", "shop/v1.0.0-rc.1"])
def test_a_name_that_looks_like_a_version_may_be_a_tag(name):
    assert set(subjects(attempt(event="push", head_branch=name))) == {
        f"repo:acme/shop:ref:refs/tags/{name}",
        f"repo:acme/shop:ref:refs/heads/{name}",
    }


@pytest.mark.parametrize("name", ["main", "migrate-dev", "feature/v-shape", "sprint2"])
def test_a_plain_name_is_a_branch(name):
    assert subjects(attempt(head_branch=name)) == (f"repo:acme/shop:ref:refs/heads/{name}",)


def _logged(text):
    return Known((Job(id=1, name="ship", status="completed", conclusion="failure", log=Known(text)),))


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        (f"+{'a' * 40}:refs/tags/v1.0.0", "refs/tags/v1.0.0"),
        (f"+{'a' * 40}:refs/remotes/origin/v1.0.0", "refs/heads/v1.0.0"),
    ],
)
def test_the_fetch_line_of_the_log_tells_a_tag_from_a_branch(text, ref):
    assert subjects(attempt(head_branch="v1.0.0", jobs=_logged(text))) == (f"repo:acme/shop:ref:{ref}",)


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ("    tags:\n      - 'v*'\n", {"tags"}),
        ("    branches: [v1.0.0]\n", {"heads"}),
        ("    branches: [a]\n    tags: [b]\n", {"tags", "heads"}),
        ("    paths: [src]  # no tags: here\n", {"tags", "heads"}),
    ],
)
def test_the_push_filter_tells_a_tag_from_a_branch(filters, kinds):
    text = f"on:\n  push:\n{filters}  release:\n    tags: x\njobs: {{}}\n"
    found = subjects(attempt(event="push", head_branch="v1.0.0", workflow_file=workflow_file(Known(text), "ship.yml")))
    assert {subject.split("/")[2] for subject in found} == kinds


def test_pull_request_target_leaves_both_forms():
    assert subjects(attempt(event="pull_request_target", head_branch="fix")) == (
        "repo:acme/shop:pull_request",
        "repo:acme/shop:ref:refs/heads/main",
    )


def test_a_run_without_branch_has_no_known_subject():
    assert subjects(attempt(head_branch=None)) == ()


# the other claims


def test_all_claims_that_aws_accepts_are_known_or_said_to_be_unknown():
    (claims,) = claims_of(attempt(), workflow=workflow(job(environment="prod"))).sets
    context = claims.context()
    told = {key.rpartition(":")[2] for key in (*context, *claims.unknown_keys())}
    assert told == {*AWS_CLAIM_KEYS, "aud", "sub"}
    prefix = "token.actions.githubusercontent.com"
    assert context[f"{prefix}:repository_id"] == ("456",)
    assert context[f"{prefix}:repository_owner_id"] == ("123",)
    assert context[f"{prefix}:actor"] == ("octocat",)
    assert context[f"{prefix}:workflow"] == ("Release",)
    assert context[f"{prefix}:environment"] == ("prod",)
    assert context[f"{prefix}:aud"] == ("sts.amazonaws.com",)
    assert f"{prefix}:actor_id" in claims.unknown_keys()
    assert f"{prefix}:repository_owner" not in context


def test_a_job_without_environment_certainly_lacks_the_claim():
    (claims,) = claims_of(attempt(), workflow=FILE).sets
    assert claims.get("environment") is None
    assert "environment" not in claims.unknown


@pytest.mark.parametrize("audience", [None, "${{ vars.AUD }}"])
def test_an_audience_that_is_not_known_is_marked(audience):
    (claims,) = claims_of(attempt(), workflow=FILE, audience=audience).sets
    assert claims.get("aud") is None
    assert "aud" in claims.unknown


@pytest.mark.parametrize(
    ("uses", "refs"),
    [
        (f"acme/ci/.github/workflows/p.yml@{'b' * 40}", {f"acme/ci/.github/workflows/p.yml@{'b' * 40}"}),
        ("acme/ci/.github/workflows/p.yml@refs/tags/v1", {"acme/ci/.github/workflows/p.yml@refs/tags/v1"}),
        (
            "acme/ci/.github/workflows/p.yml@v1",
            {"acme/ci/.github/workflows/p.yml@refs/heads/v1", "acme/ci/.github/workflows/p.yml@refs/tags/v1"},
        ),
        ("./.github/workflows/p.yml", {"acme/shop/.github/workflows/p.yml@refs/heads/main"}),
    ],
)
def test_a_reusable_workflow_is_the_job_workflow_ref(uses, refs):
    possible = claims_of(attempt(), workflow=workflow(job(uses=uses, steps=())))
    assert {claims.get("job_workflow_ref") for claims in possible.sets} == refs
    # The called file's own job may name an environment, so the subject is open.
    assert all(claims.subject is None for claims in possible.sets)


def test_the_record_of_called_workflows_tells_a_branch_from_a_tag():
    uses = "acme/ci/.github/workflows/p.yml@v1"
    called = CalledWorkflow(path=uses, commit="c" * 40, ref="refs/tags/v1", file=UNREAD)
    possible = claims_of(attempt(called_workflows=(called,)), workflow=workflow(job(uses=uses, steps=())))
    assert {claims.get("job_workflow_ref") for claims in possible.sets} == {
        "acme/ci/.github/workflows/p.yml@refs/tags/v1"
    }


def test_an_observed_subject_settles_the_form():
    run = attempt(oidc_customization=UNREAD)
    seen = "repo:acme@123/shop@456:ref:refs/heads/main"
    possible = claims_of(run, workflow=FILE, observed_subject=seen)
    assert possible.certain
    assert possible.subjects == (seen,)
    odd = claims_of(run, workflow=FILE, observed_subject="something:else")
    assert odd.subjects == ("something:else",)


def test_moving_to_another_ref_moves_all_claims_that_carry_it():
    (claims,) = claims_of(attempt(), workflow=workflow(job(environment="prod"))).sets
    moved = claims.in_context(SubjectContext(ContextKind.REF, "refs/heads/dev"))
    assert moved.subject == "repo:acme/shop:ref:refs/heads/dev"
    assert moved.get("environment") is None
    assert moved.get("ref") == "refs/heads/dev"
    assert moved.get("job_workflow_ref") == "acme/shop/.github/workflows/release.yml@refs/heads/dev"


text = st.text(max_size=30)
option = st.none() | text


@given(
    event=st.sampled_from(["push", "pull_request", "pull_request_target", "release", "workflow_run", "", "☃"]),
    branch=option,
    name=text,
    environment=option,
    ref=option,
    uses=option,
    keys=st.lists(text, max_size=3),
    issuer=text,
    prefix=option,
    flag=st.none() | st.booleans(),
    default=st.booleans(),
    created=st.none() | st.datetimes(timezones=st.just(UTC)),
)
def test_nothing_raises_on_any_run(
    event, branch, name, environment, ref, uses, keys, issuer, prefix, flag, default, created
):
    customization = OidcCustomization(default, tuple(keys), flag, prefix)
    run = replace(
        attempt(event=event, head_branch=branch, oidc_customization=Known(customization)),
        repository=Repository(full_name=name, created_at=created),
    )
    possible = claims_of(
        run, environment=environment, ref_override=ref, issuer=issuer, workflow=workflow(job(uses=uses))
    )
    assert possible.sets
    for claims in possible.sets:
        assert (claims.subject is None) == ("sub" in claims.unknown)
        assert not {name for name, _ in claims.claims} & set(claims.unknown)


def test_the_repository_is_handed_on():
    assert claims_of(attempt(), workflow=FILE).repository == REPOSITORY
