"""AWS's limits: inline and managed sizes, policies a role, the length of a trust policy, names that IAM takes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from made_attempts import made_attempt, with_workflow

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.account import (
    AccountQuestion,
    AccountState,
    EcrRepository,
    NamedPolicy,
    OidcProvider,
    RegistryDetails,
    Role,
)
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.policy.limits import INLINE_LIMIT, LARGEST_TRUST_LIMIT, TRUST_LIMIT, size
from diagnosis.remedies.rendering import iam_path, logical_name, policy_name, template
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.remediation import ChangeKind, Remediation

ACCOUNT, REGION, NAME = "123456789012", "eu-west-1", "team/shop"
ISSUER = "token.actions.githubusercontent.com"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ci/release"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ARN = f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}"
NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def policy(*statements: dict[str, object]) -> PolicyDocument:
    return read_document(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))


def trust(*branches: str) -> PolicyDocument:
    subjects = [f"repo:octo-org/octo-repo:ref:refs/heads/{branch}" for branch in branches]
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": subjects}},
        }
    )


def of_size(characters: int, name: str = "reports") -> NamedPolicy:
    """An inline policy about another service that is as near to this size as can be, and not over it."""
    resources: list[str] = []
    document = policy()
    while True:
        resources.append(f"arn:aws:s3:::bucket/{len(resources):06}/*")
        longer = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources})
        if size(longer.text) > characters:
            return NamedPolicy(name, document)
        document = longer


def long_trust(characters: int) -> PolicyDocument:
    """A trust policy that admits other branches, as near to this size as can be, and not over it."""
    number, document = 1, trust("branch-0000")
    while size((longer := trust(*(f"branch-{index:04}" for index in range(number + 1)))).text) <= characters:
        number, document = number + 1, longer
    return document


def diagnosis(document: PolicyDocument | None = None, **parts: object) -> Diagnosis:
    """A release on main that lacks every permission."""
    run = made_attempt(at=NOW)
    steps = (
        WorkflowStep(
            "Credentials",
            "aws-actions/configure-aws-credentials@v4",
            None,
            inputs=(("role-to-assume", ROLE_ARN), ("aws-region", REGION)),
        ),
        WorkflowStep("Login", "aws-actions/amazon-ecr-login@v2", None),
        WorkflowStep("Push", None, f"docker push {ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}:v1"),
    )
    job = WorkflowJob("release", "Release", steps, permissions=(("id-token", "write"),))
    workflow = Workflow(".github/workflows/release.yml", "Release", (job,), triggers=("push",))
    replays = replays_of((with_workflow(run, workflow),), Case())
    state = AccountState(
        question=AccountQuestion(),
        read_at=NOW,
        provider=Known(OidcProvider(PROVIDER_ARN, ISSUER, ("sts.amazonaws.com",))),
        role=Known(Role(ROLE_ARN, "release", document or trust("main"), 3600)),
        inline_policies=Known(()),
        attached_policies=Known(()),
        boundary=Absent("boundary"),
        scps=Absent("SCPs"),
        rcps=Absent("RCPs"),
        repository=Known(EcrRepository(ARN, NAME, "MUTABLE")),
        repository_policy=Absent("repository policy"),
        image=Absent("image"),
        registry_details=Known(RegistryDetails(12, 100_000)),
    )
    state = replace(state, question=question_of(replays[0], Case()), **parts)  # type: ignore[arg-type] # fields by name
    return conclude(replays, state, Case(), made_at=NOW)


def remedy(found: Diagnosis, name: str) -> Remediation:
    return next(item for path in found.paths for item in path.remediations if item.id == name)


def test_a_new_policy_has_a_name_that_iam_takes() -> None:
    mend = remedy(diagnosis(), "mend-role-permissions")
    assert [change.target for change in mend.changes] == ["EcrRelease-team-shop"]
    assert "--policy-name EcrRelease-team-shop" in mend.aws_cli


def test_where_the_inline_policies_are_full_a_managed_policy_takes_what_is_missing() -> None:
    full = (of_size(INLINE_LIMIT - 400),)
    found = diagnosis(inline_policies=Known(full))
    mend = remedy(found, "mend-role-permissions")
    (change,) = mend.changes
    assert change.kind is ChangeKind.ATTACH_POLICY
    assert change.target == f"arn:aws:iam::{ACCOUNT}:policy/EcrRelease-team-shop"
    assert "aws iam create-policy" in mend.aws_cli.replace(" \\\n ", "")
    assert "policy_arn = aws_iam_policy.ecrrelease_team_shop.arn" in mend.terraform
    assert json.loads(mend.cloudformation)["Resources"]["EcrReleaseTeamShop"]["Properties"]["Roles"] == ["release"]
    assert any("inline policies are full" in warning for warning in mend.warnings)
    assert found.paths[0].opens_all


def test_a_role_with_ten_managed_policies_is_told_that_it_does_not_fit() -> None:
    harmless = policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/k"})
    attached = tuple(
        NamedPolicy(f"p{number}", harmless, f"arn:aws:iam::{ACCOUNT}:policy/p{number}") for number in range(10)
    )
    found = diagnosis(inline_policies=Known((of_size(INLINE_LIMIT - 400),)), attached_policies=Known(attached))
    mend = remedy(found, "mend-role-permissions")
    assert mend.changes[0].kind is ChangeKind.PUT_INLINE_POLICY
    assert any(f"of {INLINE_LIMIT} characters: AWS refuses that" in warning for warning in mend.warnings)


def test_a_trust_policy_over_its_default_quota_is_warned_of() -> None:
    admit = remedy(diagnosis(long_trust(TRUST_LIMIT)), "admit-subject")
    assert any(f"the quota is {TRUST_LIMIT}" in warning for warning in admit.warnings)
    assert remedy(diagnosis(trust("dev")), "admit-subject").warnings == ()


def test_a_trust_policy_that_cannot_grow_is_not_offered_a_larger_one() -> None:
    nearly = long_trust(LARGEST_TRUST_LIMIT).text
    filled = nearly.replace("branch-0000", "branch-0000" + "x" * (LARGEST_TRUST_LIMIT - size(nearly)))
    assert size(filled) == LARGEST_TRUST_LIMIT
    found = diagnosis(read_document(filled))
    offered = {item.id for path in found.paths for item in path.remediations}
    assert "admit-subject" not in offered
    assert any(name.startswith("dispatch-on-") for name in offered)


def test_a_roles_path_is_kept_in_what_stacks_own() -> None:
    admit = remedy(diagnosis(trust("dev")), "admit-subject")
    (resource,) = json.loads(admit.cloudformation)["Resources"].values()
    assert resource["Properties"]["Path"] == "/ci/"
    assert 'path = "/ci/"' in admit.terraform


@pytest.mark.parametrize(
    ("arn", "path"),
    [
        ("arn:aws:iam::1:role/release", "/"),
        ("arn:aws:iam::1:role/ci/release", "/ci/"),
        ("arn:aws:iam::1:policy/a/b/c", "/a/b/"),
        ("nonsense", "/"),
    ],
)
def test_the_path_of_an_arn(arn: str, path: str) -> None:
    assert iam_path(arn) == path


@pytest.mark.parametrize(
    ("text", "name"), [("EcrRelease-a/b", "EcrRelease-a-b"), ("/", "release"), ("x" * 200, "x" * 128), ("ä b", "b")]
)
def test_names_of_policies(text: str, name: str) -> None:
    assert policy_name(text) == name


def test_logical_ids_begin_with_a_letter_and_stay_apart() -> None:
    assert logical_name("9-lives") == "Resource9Lives"
    made = json.loads(template([("a-b", "AWS::IAM::Role", {}), ("a_b", "AWS::IAM::Role", {})]))
    assert list(made["Resources"]) == ["AB", "AB2"]
