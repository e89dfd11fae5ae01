"""The remediations carried out (by this test, never by the tool) on the embedded account; probing again must pass."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from thoroughness import some

from diagnosis.facts.reading import Known
from diagnosis.gates import Verdict
from diagnosis.policy.language.tree import statements
from diagnosis.verdicts.diagnosis import Diagnosis, Path
from diagnosis.verdicts.remediation import Change, ChangeKind
from tui.backends.embedded import EmbeddedBackend
from tui.bootstrap import embedded_backend

ROLE = "GitHubAction-AssumeRoleWithAction"
REPOSITORY = "fraud-platform-dev-min"
ARN = f"arn:aws:ecr:eu-west-2:230372904534:repository/{REPOSITORY}"


@pytest.fixture
def backend() -> Iterator[EmbeddedBackend]:
    opened = embedded_backend("1")
    yield opened
    opened.close()


def diagnose(backend: EmbeddedBackend) -> Diagnosis:
    return backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)


def carry_out(backend: EmbeddedBackend, change: Change) -> None:
    """What an engineer would do with the remediation's command lines."""
    iam: Any = backend._account.builder("iam")
    ecr: Any = backend._account.builder("ecr")
    target = str(change.target)
    match change.kind:
        case ChangeKind.CREATE_PROVIDER:
            url = "https://" + target.partition("oidc-provider/")[2]
            iam.create_open_id_connect_provider(Url=url, ClientIDList=list(change.values))
        case ChangeKind.ADD_AUDIENCE:
            # moto lacks AddClientIDToOpenIDConnectProvider: the provider is made again with one audience more.
            known = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=target)
            iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=target)
            audiences = [*known["ClientIDList"], *change.values]
            iam.create_open_id_connect_provider(Url=f"https://{known['Url']}", ClientIDList=audiences)
        case ChangeKind.REPLACE_TRUST_POLICY:
            iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=change.document.text)
        case ChangeKind.PUT_INLINE_POLICY:
            iam.put_role_policy(RoleName=ROLE, PolicyName=target, PolicyDocument=change.document.text)
        case ChangeKind.DELETE_INLINE_POLICY:
            iam.delete_role_policy(RoleName=ROLE, PolicyName=target)
        case ChangeKind.REPLACE_ATTACHED_POLICY if change.document is None:
            iam.detach_role_policy(RoleName=ROLE, PolicyArn=target)
        case ChangeKind.REPLACE_ATTACHED_POLICY | ChangeKind.REPLACE_BOUNDARY:
            iam.create_policy_version(PolicyArn=target, PolicyDocument=change.document.text, SetAsDefault=True)
        case ChangeKind.ATTACH_POLICY:
            made = iam.create_policy(PolicyName=target.rpartition("/")[2], PolicyDocument=change.document.text)
            iam.attach_role_policy(RoleName=ROLE, PolicyArn=made["Policy"]["Arn"])
        case ChangeKind.REPLACE_REPOSITORY_POLICY:
            ecr.set_repository_policy(repositoryName=target, policyText=change.document.text)
        case ChangeKind.CREATE_REPOSITORY:
            ecr.create_repository(repositoryName=target.partition("repository/")[2])
        case _:
            pytest.fail(f"{change.kind} is no change of the account")


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def admits_the_subject(diagnosis: Diagnosis) -> Path:
    """The path whose changes all lie in the account: no other ref is dispatched."""
    return next(
        path
        for path in diagnosis.paths
        if all(c.kind is not ChangeKind.DISPATCH_ON_REF for r in path.remediations for c in r.changes)
    )


def no_provider(backend: EmbeddedBackend) -> None:
    """Stage 1 as it is: provider, subject and permissions are all missing."""


def half_the_push(backend: EmbeddedBackend) -> None:
    backend._account.builder("iam").put_role_policy(
        RoleName=ROLE,
        PolicyName="ecr",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": ARN},
            {"Effect": "Allow", "Action": ["ecr:PutImage", "ecr:BatchGetImage"], "Resource": ARN},
        ),
    )


def everything_allowed(backend: EmbeddedBackend) -> None:
    backend._account.builder("iam").put_role_policy(
        RoleName=ROLE, PolicyName="ecr", PolicyDocument=policy({"Effect": "Allow", "Action": "ecr:*", "Resource": "*"})
    )


def a_wildcard_managed_policy(backend: EmbeddedBackend) -> None:
    iam = backend._account.builder("iam")
    made = iam.create_policy(
        PolicyName="broad", PolicyDocument=policy({"Effect": "Allow", "Action": "*", "Resource": "*"})
    )
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=made["Policy"]["Arn"])


def the_repository_denies(backend: EmbeddedBackend) -> None:
    backend._account.builder("ecr").set_repository_policy(
        repositoryName=REPOSITORY,
        policyText=policy({"Sid": "NoCi", "Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"}),
    )


def a_narrow_boundary(backend: EmbeddedBackend) -> None:
    iam = backend._account.builder("iam")
    made = iam.create_policy(
        PolicyName="edge", PolicyDocument=policy({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    )
    iam.put_role_permissions_boundary(RoleName=ROLE, PermissionsBoundary=made["Policy"]["Arn"])


def another_audience(backend: EmbeddedBackend) -> None:
    backend._account.builder("iam").create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["https://github.com/octo"]
    )


def a_trust_for_everybody(backend: EmbeddedBackend) -> None:
    key = "token.actions.githubusercontent.com"
    backend._account.builder("iam").update_assume_role_policy(
        RoleName=ROLE,
        PolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::230372904534:oidc-provider/{key}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {f"{key}:aud": "sts.amazonaws.com"},
                    "StringLike": {f"{key}:sub": "repo:EsosaOrumwese/*"},
                },
            }
        ),
    )


def the_role_denies_itself(backend: EmbeddedBackend) -> None:
    backend._account.builder("iam").put_role_policy(
        RoleName=ROLE,
        PolicyName="limits",
        PolicyDocument=policy({"Sid": "No", "Effect": "Deny", "Action": "ecr:Put*", "Resource": "*"}),
    )


def a_full_role(backend: EmbeddedBackend) -> None:
    """Inline policies of other work that leave no room for another one."""
    resources = [f"arn:aws:s3:::bucket-{number:04}/reports/{'x' * 40}/*" for number in range(130)]
    backend._account.builder("iam").put_role_policy(
        RoleName=ROLE,
        PolicyName="reports",
        PolicyDocument=policy({"Effect": "Allow", "Action": "s3:GetObject", "Resource": resources}),
    )


def a_trust_that_denies(backend: EmbeddedBackend) -> None:
    key = "token.actions.githubusercontent.com"
    provider = {"Federated": f"arn:aws:iam::230372904534:oidc-provider/{key}"}
    action = "sts:AssumeRoleWithWebIdentity"
    subject = "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/"
    bound = {"StringEquals": {f"{key}:aud": "sts.amazonaws.com", f"{key}:sub": f"{subject}migrate-dev"}}
    only_main = {"StringNotEquals": {f"{key}:sub": f"{subject}main"}}
    backend._account.builder("iam").update_assume_role_policy(
        RoleName=ROLE,
        PolicyDocument=policy(
            {"Effect": "Allow", "Principal": provider, "Action": action, "Condition": bound},
            {"Effect": "Deny", "Principal": provider, "Action": action, "Condition": only_main},
        ),
    )


def a_trust_for_another_action(backend: EmbeddedBackend) -> None:
    key = "token.actions.githubusercontent.com"
    subject = "repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/migrate-dev"
    backend._account.builder("iam").update_assume_role_policy(
        RoleName=ROLE,
        PolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::230372904534:oidc-provider/{key}"},
                "Action": "sts:TagSession",
                "Condition": {"StringEquals": {f"{key}:aud": "sts.amazonaws.com", f"{key}:sub": subject}},
            }
        ),
    )


def a_trust_that_asks(backend: EmbeddedBackend, subject: str, **more: str) -> None:
    key = "token.actions.githubusercontent.com"
    asked = {"aud": "sts.amazonaws.com", "sub": f"repo:EsosaOrumwese/fraud-detection-system:{subject}", **more}
    backend._account.builder("iam").update_assume_role_policy(
        RoleName=ROLE,
        PolicyDocument=policy(
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::230372904534:oidc-provider/{key}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {"StringEquals": {f"{key}:{claim}": value for claim, value in asked.items()}},
            }
        ),
    )


def a_key_that_aws_never_carries(backend: EmbeddedBackend) -> None:
    a_trust_that_asks(backend, "ref:refs/heads/migrate-dev", iss="https://token.actions.githubusercontent.com")


def a_misspelt_subject(backend: EmbeddedBackend) -> None:
    a_trust_that_asks(backend, "refs/heads/migrate-dev")


def a_pin_on_another_actor(backend: EmbeddedBackend) -> None:
    a_trust_that_asks(backend, "ref:refs/heads/migrate-dev", actor="octocat")


def a_pin_beside_another_subject(backend: EmbeddedBackend) -> None:
    a_trust_that_asks(backend, "ref:refs/heads/main", ref="refs/heads/main")


def a_wrong_account_and_a_misspelt_action(backend: EmbeddedBackend) -> None:
    backend._account.builder("iam").put_role_policy(
        RoleName=ROLE,
        PolicyName="ecr",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": "ecr:GetAuthorisationToken", "Resource": "*"},
            {"Effect": "Allow", "Action": "ecr:PutImage", "Resource": ARN.replace("230372904534", "230372904535")},
        ),
    )


@pytest.mark.parametrize(
    "breakages",
    some(
        [
            (a_key_that_aws_never_carries, a_wrong_account_and_a_misspelt_action),
            (a_misspelt_subject,),
            (a_pin_on_another_actor,),
            (a_pin_beside_another_subject,),
            (no_provider,),
            (half_the_push,),
            (everything_allowed,),
            (a_wildcard_managed_policy,),
            (the_repository_denies,),
            (a_narrow_boundary,),
            (another_audience, half_the_push),
            (a_trust_for_everybody, the_repository_denies),
            (the_role_denies_itself,),
            (a_full_role,),
            (a_trust_that_denies, half_the_push),
            (a_trust_for_another_action,),
            (half_the_push, the_repository_denies, a_narrow_boundary, another_audience),
        ],
        2,
    ),
    ids=lambda breakages: "+".join(breakage.__name__ for breakage in breakages),
)
def test_four_passes_after_all_remediations(
    backend: EmbeddedBackend, breakages: tuple[Callable[[EmbeddedBackend], None], ...]
) -> None:
    for breakage in breakages:
        breakage(backend)
    before = diagnose(backend)
    path = admits_the_subject(before)
    assert path.opens_all
    assert path.newly_admitted == ()
    for remediation in path.remediations:
        for change in remediation.changes:
            carry_out(backend, change)
    after = diagnose(backend)
    assert after.live is not None
    assert [verdict.verdict for verdict in after.live.gates] == [Verdict.PASS] * 4
    assert after.forecast == ()


def test_nothing_is_granted_beyond_the_need(backend: EmbeddedBackend) -> None:
    before = diagnose(backend)
    for remediation in admits_the_subject(before).remediations:
        for change in remediation.changes:
            carry_out(backend, change)
    account = diagnose(backend).live
    assert account is not None
    assert isinstance(account.account.inline_policies, Known)
    (granted,) = account.account.inline_policies.value
    pairs = {
        (action, statement["Resource"])
        for statement in statements(granted.document.tree)
        for action in (statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]])
    }
    assert pairs == {(need.action, need.resource) for need in account.needs}


def test_the_dispatch_path_opens_the_admitted_ref_and_leaves_the_trust_policy(backend: EmbeddedBackend) -> None:
    path = diagnose(backend).paths[0]
    assert path.opens_all
    kinds = [change.kind for remediation in path.remediations for change in remediation.changes]
    assert ChangeKind.DISPATCH_ON_REF in kinds
    assert ChangeKind.REPLACE_TRUST_POLICY not in kinds
