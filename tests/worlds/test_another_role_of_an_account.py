"""Another role of the embedded account, found, judged and offered through every real part."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from arns import arn_of
from botocore.exceptions import ClientError

from diagnosis.documents.diagnosis import document
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.diagnosis import Diagnosis
from probes.aws.session.errors import call_error
from probes.aws.session.operations import LIST_ROLES, Operation
from tui.backends.embedded import EmbeddedBackend
from tui.bootstrap import embedded_backend

ACCOUNT, ISSUER = "230372904534", "token.actions.githubusercontent.com"
SPARE = f"arn:aws:iam::{ACCOUNT}:role/ci/spare"


def policy(*statements: dict[str, object]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(subject: str, operator: str = "StringEquals") -> str:
    condition: dict[str, dict[str, str]] = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}
    condition.setdefault(operator, {})[f"{ISSUER}:sub"] = subject
    return policy(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": condition,
        }
    )


@pytest.fixture(scope="module")
def opened() -> Iterator[EmbeddedBackend]:
    made = embedded_backend("2")
    yield made
    made.close()


@pytest.fixture
def backend(opened: EmbeddedBackend) -> Iterator[EmbeddedBackend]:
    """Stage 2, where the run's own role is admitted and lacks every permission."""
    opened.move_to(1)
    yield opened
    iam = opened._account.builder("iam")
    for name in ("spare", "wildcard"):
        for entry in iam.list_roles()["Roles"]:
            if entry["RoleName"] == name:
                iam.delete_role_policy(RoleName=name, PolicyName="push")
                iam.delete_role(RoleName=name)


def diagnose(backend: EmbeddedBackend) -> Diagnosis:
    return backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)


def make(backend: EmbeddedBackend, before: Diagnosis, name: str, document: str) -> None:
    """A role with this trust policy that holds exactly what the release needs."""
    assert before.live is not None
    iam: Any = backend._account.builder("iam")
    iam.create_role(RoleName=name, Path="/ci/", AssumeRolePolicyDocument=document)
    grants = [{"Effect": "Allow", "Action": need.action, "Resource": need.resource} for need in before.live.needs]
    iam.put_role_policy(RoleName=name, PolicyName="push", PolicyDocument=policy(*grants))


def subject_of(diagnosis: Diagnosis) -> str:
    assert diagnosis.live is not None
    (subject,) = diagnosis.live.subjects
    return subject


def test_the_role_that_fits_comes_first_and_the_open_one_not_at_all(backend: EmbeddedBackend) -> None:
    before = diagnose(backend)
    make(backend, before, "spare", trust(subject_of(before)))
    make(backend, before, "wildcard", trust("repo:EsosaOrumwese/*", "StringLike"))
    found = diagnose(backend)
    first, *others = found.paths
    assert [item.id for item in first.remediations] == ["use-role-spare"]
    assert first.remediations[0].changes[0].values == (SPARE,)
    assert [verdict.verdict for verdict in first.gates] == [Verdict.PASS] * 4
    assert first.newly_admitted == ()
    assert tuple(others) == before.paths
    assert not any("wildcard" in item.id for item in found.remediations)
    made: Any = document(found)
    assert made["after_fix"]["path"] == "Assume the existing role spare instead"
    assert made["after_fix"]["paths"][0]["owners"][0]["owner"] == "platform / release engineering"
    assert made["live"]["other_roles"]["admitting"] == [SPARE]
    # The incident's workflow takes its role from an input of the dispatch.
    assert f"aws_role_to_assume={SPARE}" in made["remediations"][0]["aws_cli"]
    # Carried out: the run asks for that role.
    backend.case = replace(backend.case, role_arn=arn_of(SPARE))
    after = diagnose(backend)
    assert after.live is not None
    assert [verdict.verdict for verdict in after.live.gates] == [Verdict.PASS] * 4


def test_a_role_for_another_ref_is_no_way_out(backend: EmbeddedBackend) -> None:
    before = diagnose(backend)
    make(backend, before, "spare", trust(subject_of(before) + "-2"))
    assert diagnose(backend).paths == before.paths


def test_where_the_roles_cannot_be_listed_that_is_said_and_the_rest_stays(
    backend: EmbeddedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = diagnose(backend)
    make(backend, before, "spare", trust(subject_of(before)))
    pages = backend._aws.pages

    def denied(operation: Operation, **params: Any) -> Iterator[dict[str, Any]]:
        if operation is LIST_ROLES:
            raise call_error(operation, ClientError({"Error": {"Code": "AccessDenied"}}, operation.name))
        return pages(operation, **params)

    monkeypatch.setattr(backend._aws, "pages", denied)
    found = diagnose(backend)
    assert found.live is not None
    assert isinstance(found.live.account.other_roles, Unreadable)
    (gap,) = (missing for missing in found.unknown if missing.permission == "iam:ListRoles")
    assert "planescope permissions --variant full" in gap.how
    assert found.paths == before.paths
    assert [v.verdict for v in found.live.gates] == [v.verdict for v in (before.live or found.live).gates]


def test_no_role_is_looked_for_where_the_runs_own_serves(backend: EmbeddedBackend) -> None:
    backend.move_to(2)
    calls = len(backend.calls())
    found = diagnose(backend)
    assert found.live is not None
    assert found.live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.PASS
    assert not isinstance(found.live.account.other_roles, Known)
    assert "ListRoles" not in {call.operation for call in backend.calls()[calls:]}


def test_the_incident_has_one_role_and_keeps_its_paths(backend: EmbeddedBackend) -> None:
    backend.move_to(0)
    found = diagnose(backend)
    assert found.live is not None
    assert isinstance(found.live.account.other_roles, Known)
    assert found.live.account.other_roles.value.admitting == ()
    assert [[item.id for item in path.remediations] for path in found.paths] == [
        ["create-oidc-provider", "dispatch-on-dev", "mend-role-permissions"],
        ["create-oidc-provider", "dispatch-on-main", "mend-role-permissions"],
        ["create-oidc-provider", "admit-subject", "mend-role-permissions"],
    ]
