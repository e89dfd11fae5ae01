"""Refused runs by kind, each with what a security engineer would sign: the cause, the words, the statement afterwards."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from arns import arn_of
from places import SHARED
from small_world import ISSUER, Ground, World, policy, sound_world
from thoroughness import some

from diagnosis.callers.comparison import compare_trust
from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.gates import Gate, Verdict
from diagnosis.lint.lint import lint
from diagnosis.policy import PolicyDocument, PolicyKind, Unparsable, write_document
from diagnosis.policy.language.tree import JsonObject, statements
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import ChangeKind

SUB, AUD, STS = f"{ISSUER}:sub", f"{ISSUER}:aud", "sts.amazonaws.com"
REPO = "repo:octo-org/octo-repo"
MAIN, DEV, PROD = f"{REPO}:ref:refs/heads/main", f"{REPO}:ref:refs/heads/dev", f"{REPO}:environment:prod"
IDS = "repo:octo-org@583231/octo-repo@456789"
RELEASE_FILE = "octo-org/octo-repo/.github/workflows/release.yml"
PULL = f"{REPO}:pull_request"
CUSTOM = "tokens whose subject follows a custom template"
UNREAD = Unreadable("OIDC subject customization", "the token may not read it", "give actions: read")


def statement(condition: JsonObject, **more: object) -> JsonObject:
    return {
        "Effect": "Allow",
        "Principal": {"Federated": Ground().provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": condition,
        **more,
    }  # type: ignore[dict-item] # JSON by hand


def equals(**claims: object) -> JsonObject:
    pairs = {f"{ISSUER}:{name}": value for name, value in {"aud": STS, **claims}.items()}
    return {"StringEquals": pairs}  # type: ignore[dict-item] # JSON by hand


@dataclass(frozen=True)
class Kind:
    """One refused run, and what is right."""

    conditions: tuple[JsonObject, ...]
    cause: str
    words: str
    after: tuple[JsonObject, ...] | None = None
    """The conditions of all statements once the first patch of the trust policy is carried out; None: none is offered."""
    first: str = ""
    """The id of the first path's first remediation, where that is not the patch."""
    run: dict[str, str] = field(default_factory=dict)
    ways: tuple[str, ...] = ()
    """Further remediations that have to be among the paths."""


KINDS = {
    "a key that AWS never carries": Kind(
        (equals(sub=PROD, iss=f"https://{ISSUER}"),),
        "condition-key-not-carried",
        "No request of a GitHub job carries",
        (equals(sub=PROD),),
        run={"environment": "prod"},
    ),
    "two keys that AWS never carries": Kind(
        ({**equals(sub=MAIN, runner_environment="self-hosted"), "NumericLessThan": {"aws:TokenIssueTime": "3600"}},),
        "condition-key-not-carried",
        "aws:TokenIssueTime",
        (equals(sub=MAIN),),
    ),
    "a key that AWS never carries beside a pattern": Kind(
        ({"StringLike": {SUB: f"{REPO}:*"}, **equals(repository_owner="octo-org")},),
        "condition-key-not-carried",
        "repository_owner",
        (equals(sub=MAIN),),
    ),
    "a key of a misspelt host": Kind(
        ({"StringEquals": {"token.action.githubusercontent.com:sub": MAIN, AUD: STS}},),
        "condition-key-not-carried",
        f"Meant is {SUB}",
        ({"StringEquals": {SUB: MAIN, AUD: STS}},),
    ),
    "ref: is missing": Kind(
        (equals(sub=f"{REPO}:refs/heads/main"),), "subject-typo", "ref: is missing", (equals(sub=MAIN),)
    ),
    "repo: is missing": Kind((equals(sub=MAIN[5:]),), "subject-typo", "repo: is missing", (equals(sub=MAIN),)),
    "a space at the beginning": Kind(
        (equals(sub=[f" {MAIN}", DEV]),), "subject-typo", "a space stands at its beginning", (equals(sub=[MAIN, DEV]),)
    ),
    "branch: in a list": Kind(
        (equals(sub=[DEV, f"{REPO}:branch:main"]),), "subject-typo", "no part of a subject", (equals(sub=[DEV, MAIN]),)
    ),
    "a misspelt pattern": Kind(
        ({"StringLike": {SUB: [DEV, f"{REPO}:refs/heads/*"]}, **equals()},),
        "subject-typo",
        "ref: is missing",
        ({"StringLike": {SUB: [DEV, MAIN]}, **equals()},),
    ),
    "letter case": Kind(
        (equals(sub=MAIN.replace("octo-org", "Octo-Org")),), "subject-typo", "letter case", (equals(sub=MAIN),)
    ),
    "the owner is missing": Kind(
        (equals(sub="repo:octo-repo:refs/heads/main"),), "subject-typo", "the owner is missing", (equals(sub=MAIN),)
    ),
    "a pattern compared letter by letter": Kind(
        (equals(sub=[f"{REPO}:*", DEV]),), "condition-operator", "letter by letter", (equals(sub=[MAIN, DEV]),)
    ),
    "an audience compared letter by letter with a pattern": Kind(
        (equals(sub=MAIN, aud="sts.*"),), "condition-operator", "", (equals(sub=MAIN),)
    ),
    "a workflow compared letter by letter with a pattern": Kind(
        (equals(sub=MAIN, job_workflow_ref="octo-org/octo-repo/.github/workflows/*"),),
        "condition-operator",
        "letter by letter",
        (equals(sub=MAIN, job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main"),),
    ),
    "the claim of another environment beside its subject": Kind(
        (equals(sub=PROD, environment="prod"),),
        "subject-not-admitted",
        "the run has stage",
        (equals(sub=PROD, environment="prod"), equals(sub=f"{REPO}:environment:stage", environment="stage")),
        run={"environment": "stage"},
    ),
    "the claim of an environment beside its subject, and a job without one": Kind(
        (equals(sub=PROD, environment="prod"),), "subject-shape", "has neither", None, first="set-environment"
    ),
    "the run's own workflow_ref": Kind(
        (equals(sub=MAIN, workflow_ref=f"{RELEASE_FILE}@refs/heads/main"),),
        "condition-key-not-carried",
        "workflow_ref",
        (equals(sub=MAIN, job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main"),),
    ),
    "the run's own workflow_ref beside a pattern": Kind(
        ({**equals(workflow_ref=f"{RELEASE_FILE}@refs/heads/main"), "StringLike": {SUB: f"{REPO}:*"}},),
        "condition-key-not-carried",
        "workflow_ref",
        (equals(sub=MAIN),),
    ),
    "the workflow_ref of another run": Kind(
        (equals(sub=MAIN, workflow_ref=f"{RELEASE_FILE}@refs/heads/dev"),),
        "condition-key-not-carried",
        "workflow_ref",
        (equals(sub=MAIN),),
    ),
    "a pull request where a branch is listed": Kind(
        (equals(sub=MAIN),), "subject-shape", "pull_request", (equals(sub=[MAIN, PULL]),), run={"event": "pull_request"}
    ),
    "a pull request where an environment is listed": Kind(
        (equals(sub=PROD),),
        "subject-shape",
        "pull_request",
        (equals(sub=[PROD, PULL]),),
        first="set-environment",
        run={"event": "pull_request"},
    ),
    "a pull request, miswritten": Kind(
        (equals(sub=f"{REPO}:pull-requests"),),
        "subject-typo",
        "pull-requests",
        (equals(sub=PULL),),
        run={"event": "pull_request"},
    ),
    "a pull request beside a key that AWS never carries": Kind(
        (equals(sub=PULL, event_name="pull_request"),),
        "condition-key-not-carried",
        "event_name",
        (equals(sub=PULL),),
        run={"event": "pull_request"},
    ),
    "a pull request in the other form": Kind(
        (equals(sub=PULL),),
        "subject-immutable-form",
        "with and without ids",
        (equals(sub=[PULL, f"{IDS}:pull_request"]),),
        run={"event": "pull_request", "form": "immutable"},
    ),
    "a pull request of another actor": Kind(
        (equals(sub=PULL, actor="hubot"),),
        "claim-pin",
        "actor",
        (equals(sub=PULL, actor=["hubot", "octocat"]),),
        run={"event": "pull_request"},
    ),
    "two operators": Kind(
        ({**equals(sub=MAIN), "StringLike": {SUB: f"{REPO}:environment:*"}},),
        "subject-typo",
        "must both match",
        (equals(sub=MAIN),),
    ),
    "a pin on the ref in an environment": Kind(
        (equals(ref="refs/heads/main", sub=PROD),),
        "claim-pin",
        "on purpose",
        (equals(ref=["refs/heads/main", "refs/heads/dev"], sub=PROD),),
        first="dispatch-on-main",
        run={"environment": "prod", "branch": "dev"},
    ),
    "a pin on the ref beside two environments": Kind(
        (equals(ref="refs/heads/main", sub=[PROD, f"{REPO}:environment:staging"]),),
        "claim-pin",
        "on purpose",
        (
            equals(ref="refs/heads/main", sub=[PROD, f"{REPO}:environment:staging"]),
            equals(ref="refs/heads/dev", sub=PROD),
        ),
        first="dispatch-on-main",
        run={"environment": "prod", "branch": "dev"},
    ),
    "a pin on the actor": Kind(
        (equals(sub=MAIN, actor="octocat"),),
        "claim-pin",
        "on purpose",
        (equals(sub=MAIN, actor=["octocat", "hubot"]),),
        run={"actor": "hubot"},
    ),
    "a pin on the workflow file": Kind(
        (equals(sub=MAIN, job_workflow_ref="octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main"),),
        "subject-not-admitted",
        "job_workflow_ref",
        (
            equals(sub=MAIN, job_workflow_ref="octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main"),
            equals(sub=DEV, job_workflow_ref="octo-org/octo-repo/.github/workflows/release.yml@refs/heads/dev"),
        ),
        first="dispatch-on-main",
        run={"branch": "dev"},
    ),
    "a pin on the repository's old id": Kind(
        (equals(sub=MAIN, repository_id="111"),),
        "claim-pin",
        "repository_id 111, on purpose",
        (equals(sub=MAIN, repository_id=["111", "456789"]),),
    ),
    "an environment of the policy's that the job does not name": Kind(
        (equals(sub=MAIN, environment="prod"),), "claim-pin", "the run has none", None
    ),
    "an environment": Kind(
        (equals(sub=MAIN),),
        "subject-shape",
        "environment prod",
        (equals(sub=[MAIN, PROD]),),
        run={"environment": "prod"},
        ways=("remove-environment",),
    ),
    "an environment on another branch": Kind(
        (equals(sub=MAIN),),
        "subject-shape",
        "environment prod",
        (equals(sub=[MAIN, PROD]),),
        run={"environment": "prod", "branch": "dev"},
    ),
    "no environment where one is listed": Kind(
        (equals(sub=PROD),),
        "subject-shape",
        "the job has neither",
        (equals(sub=[PROD, MAIN]),),
        ways=("set-environment",),
    ),
    "an environment in a form that was not read": Kind(
        (equals(sub=MAIN),),
        "subject-shape",
        "environment prod",
        (equals(sub=[MAIN, PROD, f"{IDS}:environment:prod"]),),
        run={"environment": "prod", "form": "unread"},
    ),
    "the immutable form beside a pattern that others use": Kind(
        ({"StringLike": {SUB: "repo:octo-org/*"}, **equals()},),
        "subject-immutable-form",
        "with and without ids",
        ({"StringLike": {SUB: ["repo:octo-org/*", f"{IDS}:ref:refs/heads/main"]}, **equals()},),
        run={"form": "immutable"},
    ),
    "a list under ForAnyValue": Kind(
        ({"ForAnyValue:StringLike": {SUB: [DEV]}, "StringLike": {AUD: STS}},),
        "subject-not-admitted",
        "does not admit",
        ({"ForAnyValue:StringLike": {SUB: [DEV, MAIN]}, "StringLike": {AUD: STS}},),
        first="dispatch-on-dev",
    ),
    "another repository's role": Kind(
        ({"StringLike": {SUB: ["repo:acme/*"]}, **equals()},),
        "subject-not-admitted",
        "does not admit",
        ({"StringLike": {SUB: ["repo:acme/*"]}, **equals()}, equals(sub=MAIN)),
    ),
    "ours beside a pattern of the organization": Kind(
        (equals(sub=DEV), {"StringLike": {SUB: "repo:octo-org/*:environment:shared"}, **equals()}),
        "subject-not-admitted",
        "does not admit",
        (equals(sub=[DEV, MAIN]), {"StringLike": {SUB: "repo:octo-org/*:environment:shared"}, **equals()}),
        first="dispatch-on-dev",
    ),
    "a pin on the workflow file beside a pattern": Kind(
        ({"StringLike": {SUB: f"{REPO}:*"}, **equals(job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main")},),
        "claim-pin",
        "on purpose",
        (
            {"StringLike": {SUB: f"{REPO}:*"}, **equals(job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main")},
            equals(sub=DEV, job_workflow_ref=f"{RELEASE_FILE}@refs/heads/dev"),
        ),
        first="dispatch-on-main",
        run={"branch": "dev"},
    ),
    "an environment in one statement and another branch in the next": Kind(
        (equals(sub=PROD), equals(sub=DEV)),
        "subject-not-admitted",
        f"the nearest that is listed is {DEV}",
        (equals(sub=PROD), equals(sub=[DEV, MAIN])),
        first="dispatch-on-dev",
    ),
    "an operator of ARNs on the subject": Kind(
        ({"ArnLike": {SUB: MAIN}, **equals()},),
        "condition-operator",
        "ArnLike compares another kind of value",
        (equals(sub=MAIN),),
    ),
    "a space at the end of the audience": Kind(
        ({"StringEquals": {SUB: MAIN, AUD: f"{STS} "}},),
        "audience-not-admitted",
        f"'{STS} ', with white space",
        (equals(sub=MAIN),),
    ),
    "an actor who is kept out": Kind(
        ({**equals(sub=MAIN), "StringNotEquals": {f"{ISSUER}:actor": "hubot"}},),
        "claim-pin",
        "keeps out actor hubot, on purpose; the run has hubot",
        (
            {**equals(sub=MAIN), "StringNotEquals": {f"{ISSUER}:actor": "hubot"}},
            equals(sub=MAIN, actor="hubot"),
        ),
        run={"actor": "hubot"},
    ),
    "a branch that is kept out by its subject": Kind(
        ({"StringLike": {SUB: f"{REPO}:*"}, **equals(), "StringNotLike": {SUB: f"{REPO}:ref:refs/heads/d*"}},),
        "subject-not-admitted",
        "keeps out the subject",
        (
            {"StringLike": {SUB: f"{REPO}:*"}, **equals(), "StringNotLike": {SUB: f"{REPO}:ref:refs/heads/d*"}},
            equals(sub=DEV),
        ),
        run={"branch": "dev"},
    ),
    "a branch that differs in letter case alone": Kind(
        (equals(sub=f"{REPO}:ref:refs/heads/Main"),),
        "subject-typo",
        "letter case",
        (equals(sub=[f"{REPO}:ref:refs/heads/Main", MAIN]),),
    ),
    "a space inside": Kind(
        (equals(sub=f"{REPO}: ref:refs/heads/main"),),
        "subject-typo",
        "a space stands inside ': ref:refs/heads/'",
        (equals(sub=MAIN),),
    ),
    "a pinned ref that is not in full": Kind(
        (equals(sub=PROD, ref="main"),),
        "subject-typo",
        "written in full",
        (equals(sub=PROD, ref="refs/heads/main"),),
        run={"environment": "prod"},
    ),
    "a pinned environment in another letter case": Kind(
        (equals(sub=PROD, environment="Prod"),),
        "subject-typo",
        "letter case",
        (equals(sub=PROD, environment="prod"),),
        run={"environment": "prod"},
    ),
    "a pinned actor in another letter case": Kind(
        (equals(sub=MAIN, actor="OctoCat"),),
        "subject-typo",
        "letter case",
        (equals(sub=MAIN, actor=["OctoCat", "octocat"]),),
    ),
    "a pinned workflow file without its ref": Kind(
        (equals(sub=MAIN, job_workflow_ref=RELEASE_FILE),),
        "subject-typo",
        "the ref is missing",
        (equals(sub=MAIN, job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main"),),
    ),
    "a pinned workflow file without its repository": Kind(
        (equals(sub=MAIN, job_workflow_ref=".github/workflows/release.yml@main"),),
        "subject-typo",
        "begins with owner",
        (equals(sub=MAIN, job_workflow_ref=f"{RELEASE_FILE}@refs/heads/main"),),
    ),
    "a pinned repository without its owner": Kind(
        (equals(sub=MAIN, repository="octo-repo"),),
        "subject-typo",
        "the owner is missing",
        (equals(sub=MAIN, repository="octo-org/octo-repo"),),
    ),
    "any environment, and a job without one": Kind(
        ({"StringLike": {SUB: f"{REPO}:*"}, "Null": {f"{ISSUER}:environment": "false"}, **equals()},),
        "claim-pin",
        "tokens with the claim environment",
        None,
    ),
    "an environment in a pull request": Kind(
        (equals(sub=MAIN),),
        "subject-shape",
        "environment prod",
        (equals(sub=[MAIN, PROD]),),
        run={"environment": "prod", "event": "pull_request"},
    ),
    "the session's name": Kind(
        ({**equals(sub=MAIN), "StringLike": {"sts:RoleSessionName": "octo-*"}},),
        "session-name-not-admitted",
        "role-session-name",
        None,
        first="name-the-session",
    ),
}


def world_of(run: dict[str, str], trust: PolicyDocument) -> World:
    """The small world with this run: branch, environment, actor, workflow, event, repository, form of the subject."""
    world = sound_world(Ground(branch=run.get("branch", "main"))).with_trust(trust)
    forms = {
        "immutable": Known(OidcCustomization(use_immutable_subject=True)),
        "classic": Known(OidcCustomization(use_immutable_subject=False)),
        "unread": UNREAD,
    }
    form = forms.get(run.get("form", "classic")) or Known(
        OidcCustomization(use_immutable_subject=False, sub_claim_prefix=run["form"])
    )
    name = run.get("repo", "octo-org/octo-repo")
    attempt = replace(
        world.attempt,
        repository=replace(world.attempt.repository, full_name=name),
        head_repository=name,
        oidc_customization=form,
        actor=run.get("actor", world.attempt.actor),
        workflow_name=run.get("workflow_name", world.attempt.workflow_name),
        event=run.get("event", world.attempt.event),
    )
    world = replace(world, attempt=attempt)
    return world.with_job(environment=run["environment"]) if "environment" in run else world


def patches(diagnosis: Diagnosis) -> list[PolicyDocument]:
    """The trust policies that are offered to open, in the order of the paths."""
    return [
        change.document
        for path in diagnosis.paths
        for item in path.remediations
        for change in item.changes
        if change.kind is ChangeKind.REPLACE_TRUST_POLICY and change.document is not None and item.id != "bound-trust"
    ]


def assumption(path: Path) -> Verdict:
    return next(gate.verdict for gate in path.gates if gate.gate is Gate.ROLE_ASSUMPTION)


@pytest.mark.parametrize("kind", some([*KINDS.values()], 2), ids=some([*KINDS], 2))
def test_the_kind(kind: Kind) -> None:
    before = policy(*(statement(condition) for condition in kind.conditions))
    diagnosis = world_of(kind.run, before).diagnosis()
    gate = diagnosis.live.gates[1]
    assert (gate.verdict, gate.cause) == (Verdict.FAIL, kind.cause), gate.reason
    assert kind.words in gate.reason
    assert {assumption(path) for path in diagnosis.paths} <= {Verdict.PASS}
    offered = patches(diagnosis)
    found = [item["Condition"] for item in statements(offered[0].tree)] if offered else None
    assert found == (None if kind.after is None else [*kind.after])
    ids = [item.id for path in diagnosis.paths for item in path.remediations]
    if kind.first:
        assert ids[0] == kind.first
    assert set(kind.ways) <= set(ids)
    # Where the shape differs, another ref presents the same shape.
    assert kind.cause != "subject-shape" or not any(ident.startswith("dispatch") for ident in ids)
    for item in diagnosis.remediations:
        for change in item.changes:
            if change.document is not None and "What is there already stays as it is" in item.words:
                # A statement that admitted somebody still stands, or holds all that it held.
                assert len(statements(change.document.tree)) >= len(kind.conditions)
                assert item.id != "bound-trust"


TOO_OPEN = {
    "all but pull requests": {"StringNotEquals": {SUB: f"{REPO}:pull_request"}, **equals()},
    "all but pull requests, by pattern": {"StringNotLike": {SUB: "*:pull_request"}, **equals()},
    "whoever has a subject": {"Null": {SUB: "false"}, **equals()},
    "a list that another condition narrows": {
        "StringEqualsIgnoreCase": {SUB: [MAIN, DEV, f"{REPO}:pull_request"]},
        "StringLike": {SUB: [MAIN, f"{REPO}:pull_*"]},
        **equals(),
    },
    "exact beside a pattern": {"StringLike": {SUB: [DEV, f"{REPO}:*"]}, **equals()},
}
"""Conditions that admit the run on main, and whom a release role should refuse."""


@pytest.mark.parametrize("condition", TOO_OPEN.values(), ids=TOO_OPEN)
def test_tightening_admits_nobody_anew(condition: JsonObject) -> None:
    before = policy(statement(condition))
    diagnosis = world_of({}, before).diagnosis()
    assert diagnosis.live.gates[3].verdict is Verdict.FAIL
    tight = next(item for path in diagnosis.paths for item in path.remediations if item.id == "bound-trust")
    document = next(change.document for change in tight.changes if change.document is not None)
    repository = Repository("octo-org/octo-repo", 456789, 583231, None, "main", "https://github.com/octo-org/octo-repo")
    assert compare_trust(before, document, repository).admits_nothing_new
    written = json.dumps(document.tree["Statement"])
    assert '"false"' not in written or "Null" in written


def test_a_principal_of_the_wrong_type_is_told_by_its_type() -> None:
    wrong = statement(equals(sub=MAIN), Principal={"AWS": Ground().provider_arn})
    gate = world_of({}, policy(wrong)).diagnosis().live.gates[1]
    assert gate.cause == "principal-wrong"
    assert "under AWS" in gate.reason
    assert gate.reason.count(Ground().provider_arn) == 1


ANY_REPOSITORY = {"StringLike": {SUB: "repo:*"}}
GITLAB = "arn:aws:iam::123456789012:oidc-provider/gitlab.com"
UNSAVED: dict[str, tuple[tuple[JsonObject, ...], tuple[JsonObject, ...], str]] = {
    "ForAllValues": (
        ({"ForAllValues:StringLike": {SUB: f"{REPO}:environment:*"}, **equals()},),
        ({"StringLike": {SUB: [f"{REPO}:environment:*", MAIN]}, **equals()},),
        "",
    ),
    "IfExists": (
        ({"StringEqualsIfExists": {SUB: DEV}, "StringLike": {AUD: STS}},),
        ({"StringEquals": {SUB: [DEV, MAIN]}, "StringLike": {AUD: STS}},),
        "",
    ),
    "an actor alone": (
        (equals(actor="hubot"),),
        ({**equals(actor="hubot"), **ANY_REPOSITORY}, equals(actor="octocat", sub=MAIN)),
        CUSTOM,
    ),
    "a bare star": (
        ({"StringLike": {SUB: "*"}, **equals(actor="hubot")},),
        ({**equals(actor="hubot"), **ANY_REPOSITORY}, equals(actor="octocat", sub=MAIN)),
        CUSTOM,
    ),
    "a bare star in a list": (
        ({"StringLike": {SUB: ["*", DEV]}, **equals(actor="hubot")},),
        (
            {"StringLike": {SUB: [DEV, "repo:*"]}, **equals(actor="hubot")},
            equals(actor="octocat", sub=MAIN),
        ),
        CUSTOM,
    ),
    "the statement of another repository": (
        (equals(sub=DEV), equals(actor="hubot", repository="acme/app")),
        (
            equals(sub=[DEV, MAIN]),
            {
                **equals(actor="hubot", repository="acme/app"),
                "StringLike": {SUB: ["repo:acme/app:*", "repo:acme@*/app@*:*"]},
            },
        ),
        CUSTOM,
    ),
    "repositories by pattern": (
        (equals(sub=DEV), {"StringLike": {f"{ISSUER}:repository": "acme/*"}, **equals(actor="hubot")}),
        (
            equals(sub=[DEV, MAIN]),
            {
                **equals(actor="hubot"),
                "StringLike": {f"{ISSUER}:repository": "acme/*", SUB: ["repo:acme/*:*", "repo:acme@*/*@*:*"]},
            },
        ),
        CUSTOM,
    ),
    "a repository in any letter case": (
        (equals(sub=DEV), {"StringEqualsIgnoreCase": {f"{ISSUER}:repository": "Acme/App"}, **equals()}),
        (
            equals(sub=[DEV, MAIN]),
            {"StringEqualsIgnoreCase": {f"{ISSUER}:repository": "Acme/App"}, **equals(), **ANY_REPOSITORY},
        ),
        CUSTOM,
    ),
    "the owner's id": (
        (equals(sub=DEV), equals(repository_owner_id="77")),
        (equals(sub=[DEV, MAIN]), {**equals(repository_owner_id="77"), **ANY_REPOSITORY}),
        CUSTOM,
    ),
}
"""Statements that AWS saves no longer, the statements afterwards, and who is locked out."""


@pytest.mark.parametrize(("before", "after", "lost"), UNSAVED.values(), ids=UNSAVED)
def test_what_aws_would_not_save_is_bound_in_the_same_change(
    before: tuple[JsonObject, ...], after: tuple[JsonObject, ...], lost: str
) -> None:
    diagnosis = world_of({}, policy(*map(statement, before))).diagnosis()
    item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "admit-subject")
    document = next(change.document for change in item.changes if change.document is not None)
    assert [each["Condition"] for each in statements(document.tree)] == [*after]
    report = lint(document.text, PolicyKind.TRUST)
    assert not isinstance(report, Unparsable)
    assert not report.refused
    assert "gets a bound in the same change" in item.words
    told = [text for text in item.warnings if "locks out" in text]
    assert bool(told) is bool(lost)
    assert all(lost in text for text in told)
    assert ("Nobody who gets in today is locked out" in item.words) is not lost
    assert "What is there already stays" not in item.words
    # It opens: what tightens is a change of its own.
    assert not item.tightens


@pytest.mark.parametrize("name", ["an actor who is kept out", "a branch that is kept out by its subject"])
def test_whoever_lets_in_what_was_kept_out_is_told_so(name: str) -> None:
    kind = KINDS[name]
    diagnosis = world_of(kind.run, policy(*map(statement, kind.conditions))).diagnosis()
    (item,) = (item for path in diagnosis.paths for item in path.remediations if item.id == "admit-subject")
    assert item.title == "Admit exactly this run, which a condition keeps out"
    assert "which keeps this run out" in item.words
    assert "no pin is dropped" not in item.words
    assert any("is held back by StringNot" in text for text in item.warnings)
    assert not any("passes without any change" in text for text in item.warnings)


def test_a_statement_that_no_bound_fits_is_left_alone_and_the_refusal_is_told() -> None:
    both = statement(equals(repository="acme/app"), Principal={"Federated": [Ground().provider_arn, GITLAB]})
    for foreign in (both, statement({"StringEquals": {"gitlab.com:aud": STS}}, Principal={"Federated": GITLAB})):
        diagnosis = world_of({}, policy(statement(equals(sub=DEV)), foreign)).diagnosis()
        item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "admit-subject")
        document = next(change.document for change in item.changes if change.document is not None)
        assert statements(document.tree) == [statement(equals(sub=[DEV, MAIN])), foreign]
        assert any("would refuse this one at Statement[1]" in text for text in item.warnings)
        assert "gets a bound" not in item.words


@pytest.mark.parametrize(
    "foreign",
    [
        equals(sub="repo:acme/app:ref:refs/heads/main", actor="hubot"),
        equals(sub="repo:acme/app:environment:prod", environment="prod"),
        {"StringLike": {SUB: "repo:acme/*"}, **equals(actor="hubot")},
        {"StringEqualsIgnoreCase": {SUB: "repo:Acme/App:pull_request"}, **equals(actor="hubot")},
    ],
)
def test_what_is_asked_of_another_repository_does_not_keep_the_run_from_its_patch(foreign: JsonObject) -> None:
    diagnosis = world_of({}, policy(statement(equals(sub=DEV)), statement(foreign))).diagnosis()
    (document,) = patches(diagnosis)
    assert [each["Condition"] for each in statements(document.tree)] == [equals(sub=[DEV, MAIN]), foreign]
    assert not any(path.newly_admitted for path in diagnosis.paths)


def test_the_title_names_what_is_corrected() -> None:
    for name, title in (
        ("a space at the end of the audience", "Admit the audience for this subject"),
        ("an audience compared letter by letter with a pattern", "Correct the listed audience"),
        ("a workflow compared letter by letter with a pattern", "Correct the listed job_workflow_ref"),
        ("letter case", "Correct the listed subject"),
        ("the run's own workflow_ref", "Correct the condition key"),
    ):
        diagnosis = world_of(KINDS[name].run, policy(*map(statement, KINDS[name].conditions))).diagnosis()
        assert diagnosis.paths[0].remediations[0].title == title


@pytest.mark.parametrize(
    "condition", [equals(sub=DEV), {"StringLike": {SUB: "repo:octo-org/*:environment:shared"}, **equals()}]
)
def test_no_bound_is_added_that_aws_does_not_ask_for(condition: JsonObject) -> None:
    diagnosis = world_of({}, policy(statement(condition))).diagnosis()
    item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "admit-subject")
    assert "gets a bound" not in item.words
    assert not any("would refuse" in text for text in item.warnings)


@pytest.mark.parametrize("name", [name for name in KINDS if name.startswith("a pull request")])
def test_what_admits_a_pull_request_is_told_as_too_open_for_a_release(name: str) -> None:
    kind = KINDS[name]
    diagnosis = world_of(kind.run, policy(*map(statement, kind.conditions))).diagnosis()
    opening = [path for path in diagnosis.paths if any(item.widens for item in path.remediations)]
    assert opening
    for path in opening:
        assert path.passes_run
        assert not path.opens_all
        assert path.gates[-1].verdict is Verdict.FAIL
        (item,) = path.remediations
        assert any("before any review" in text for text in item.warnings)
        assert item.widens[0].endswith("whichever pull request presents it")


def test_a_pull_request_is_not_said_to_get_in_alone() -> None:
    world = world_of({}, policy(statement(equals(sub=MAIN))))
    diagnosis = replace(world, attempt=replace(world.attempt, event="pull_request")).diagnosis()
    item = next(item for path in diagnosis.paths for item in path.remediations if item.id == "admit-subject")
    assert "Nobody beside this run" not in item.words
    assert any("Every pull request" in text for text in item.warnings)


def rows() -> Iterator[object]:
    cases = SHARED / "cases" / "policies.jsonl"
    for line in cases.read_text(encoding="utf-8").splitlines() if cases.exists() else ():
        row = json.loads(line)
        if row["kind"] == "remedy":
            yield pytest.param(row, id=row["id"])


SIGNED: dict[str, tuple[str | None, str]] = {
    "T01": ("condition-key-not-carried", "iss"),
    "T08": ("subject-immutable-form", "with and without ids"),
    "T09": ("subject-immutable-form", "with and without ids"),
    "T12": ("subject-typo", "ref: is missing"),
    "T14": ("subject-typo", "a space stands at its end"),
    "T24": (None, ""),
    "T27": ("condition-key-not-carried", "Meant is"),
    "T28": ("subject-typo", "StringEquals and StringLike"),
    "T30": ("claim-pin", "on purpose"),
    "T34": ("subject-not-admitted", ""),
    "T35": ("subject-not-admitted", "job_workflow_ref"),
    "T48": ("subject-shape", "environment prod"),
    "T56": ("session-name-not-admitted", "role-session-name"),
    "T59": ("subject-not-admitted", ""),
    "N01": ("claim-pin", "actor octocat, on purpose"),
    "N02": ("claim-pin", "workflow Deploy, on purpose"),
    "N03": ("subject-not-admitted", ""),
    "N04": ("condition-key-not-carried", "runner_environment"),
    "N05": ("subject-typo", "branch: is no part of a subject"),
}
"""What is right of the rows, by cause and words."""


@pytest.mark.shared
@pytest.mark.parametrize("row", rows())
def test_the_row(row: dict[str, dict[str, str]]) -> None:
    run = {key: str(value) for key, value in row["run"].items()}
    prefix = re.search(r"sub_claim_prefix='([^']+)'", run.get("oidc", ""))
    if "immutable" in run:
        run["form"] = "immutable"
    elif "oidc" in run:
        run["form"] = prefix.group(1) if prefix else "unread"
    before = write_document(row["trust"])  # type: ignore[arg-type] # JSON by hand
    world = world_of(run, before)
    told = re.search(r"arn='([^']*)', url='([^']*)'", run.get("provider", ""))
    if told:
        world = world.with_account(provider=Known(OidcProvider(arn_of(told.group(1)), told.group(2), (STS,))))
    diagnosis = world.diagnosis()
    gate = diagnosis.live.gates[1]
    cause, words = SIGNED[str(row["id"])]
    assert gate.cause == cause, gate.reason
    assert words in gate.reason
    if cause is None:
        assert gate.verdict is Verdict.PASS
        assert not diagnosis.paths
        return
    assert {assumption(path) for path in diagnosis.paths} == {Verdict.PASS}
    assert diagnosis.paths[0].newly_admitted == ()
    for document in patches(diagnosis):
        old, new = statements(before.tree), statements(document.tree)
        # At most one statement changed, or one added.
        assert sum(item not in old for item in new) == 1
        assert len(new) in (len(old), len(old) + 1)


@pytest.mark.parametrize(
    "foreign",
    [
        # Whether it is about the run's repository hangs on a variable: its pin counts as one of ours.
        {"StringLike": {SUB: "repo:${aws:PrincipalTag/owner}/app:*"}, **equals(actor="hubot")},
        # It asks for no subject and no repository.
        {
            "StringLike": {f"{ISSUER}:workflow": "*"},
            **equals(actor="hubot", job_workflow_ref="acme/ci/.github/workflows/x.yml@v1"),
        },
    ],
)
def test_a_pin_of_a_statement_that_may_be_about_the_run_counts(foreign: JsonObject) -> None:
    before = policy(statement(equals(sub=DEV)), statement(foreign))
    diagnosis = world_of({}, before).diagnosis()
    for document in patches(diagnosis):
        compared = compare_trust(before, document, Repository("octo-org/octo-repo", 456789, 583231, None, "main"))
        assert compared.takes_nothing_away
        assert statements(document.tree)[1] == statement(foreign)
