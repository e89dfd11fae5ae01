"""Which issuer signs the run's tokens: the GitHub host tells, and the account shows an enterprise's own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from arns import arn_of
from small_world import HOME, ISSUER, World, sound_world

from diagnosis.claims.naming import issuer_at
from diagnosis.facts.account import OidcProvider
from diagnosis.facts.reading import Absent, Known
from diagnosis.gates import Verdict
from diagnosis.policy import read_document
from diagnosis.verdicts.diagnosis import Diagnosis

OWN = f"{ISSUER}/octo-enterprise"


def trusting(issuer: str, *, provider: str | None) -> World:
    world = sound_world()
    role = world.account.role
    assert isinstance(role, Known)
    world = world.with_trust(read_document(role.value.trust_policy.text.replace(ISSUER, issuer)))
    if provider is None:
        return world.with_account(provider=Absent("OIDC provider"))
    arn = arn_of(HOME.provider_arn.replace(ISSUER, provider))
    return world.with_account(provider=Known(OidcProvider(arn, provider, (HOME.audience,))))


def texts(diagnosis: Diagnosis) -> str:
    return json.dumps([item.words + item.aws_cli + item.terraform for item in diagnosis.remediations])


@pytest.mark.parametrize(
    ("address", "issuer"),
    [
        ("", ISSUER),
        ("https://github.com/octo-org/octo-repo", ISSUER),
        ("https://octo.ghe.com/octo-org/octo-repo", "token.actions.octo.ghe.com"),
        ("https://git.example.org/octo-org/octo-repo", "git.example.org/_services/token"),
        ("http://127.0.0.1:8080/octo-org/octo-repo", ISSUER),
        ("http://localhost:8080/octo-org/octo-repo", ISSUER),
    ],
)
def test_the_host_tells_the_issuer(address: str, issuer: str) -> None:
    assert issuer_at(address) == issuer


def test_an_enterprise_with_an_issuer_of_its_own_passes() -> None:
    diagnosis = trusting(OWN, provider=OWN).diagnosis()
    assert [gate.verdict for gate in diagnosis.live.gates] == [Verdict.PASS] * 4
    assert not diagnosis.paths


def test_no_provider_of_all_of_github_is_created_in_the_place_of_its_own() -> None:
    diagnosis = trusting(OWN, provider=None).diagnosis()
    # The provider that the role trusts was not asked for: nobody knows whether it is there.
    assert diagnosis.live.gates[0].verdict is Verdict.UNKNOWN
    assert "create-oidc-provider" not in [item.id for item in diagnosis.remediations]


def test_where_the_common_issuer_is_trusted_too_nothing_is_derived() -> None:
    diagnosis = trusting(OWN, provider=ISSUER).diagnosis()
    assert [problem.cause for problem in diagnosis.forecast] == ["issuer-differs"]
    (path, *_) = diagnosis.paths
    (change,) = path.remediations[0].changes
    assert change.document is not None
    # The statement of the other issuer stays as it is.
    assert change.document.text.count(OWN) == sound_trust_text().count(ISSUER)


def sound_trust_text() -> str:
    role = sound_world().account.role
    assert isinstance(role, Known)
    return role.value.trust_policy.text


def test_a_server_is_judged_by_its_own_issuer() -> None:
    issuer = "git.example.org/_services/token"
    world = trusting(issuer, provider=issuer)
    repository = replace(world.attempt.repository, html_url="https://git.example.org/octo-org/octo-repo")
    world = replace(world, attempt=replace(world.attempt, repository=repository))
    diagnosis = world.diagnosis()
    assert [gate.verdict for gate in diagnosis.live.gates] == [Verdict.PASS] * 4
    gone = world.with_account(provider=Absent("OIDC provider")).diagnosis()
    assert f"https://{issuer}" in texts(gone)
    assert f"https://{ISSUER}" not in texts(gone)
