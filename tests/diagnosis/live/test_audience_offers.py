"""An audience that the trust policy does not list: the workflow may ask for the listed one, or the policy may list it."""

from __future__ import annotations

from dataclasses import replace

from arns import arn_of
from judged_worlds import ISSUER, NOW, PROVIDER_ARN, ROLE_ARN, TRUST, account, diagnosis

from diagnosis.facts.account import AccountState, OidcProvider, Role
from diagnosis.facts.reading import Known
from diagnosis.policy import read_document
from diagnosis.verdicts.diagnosis import Diagnosis

OTHER = "https://github.com/octo-org"


def refusing(*audiences: str) -> AccountState:
    role = Role(
        arn_of(ROLE_ARN),
        "release",
        read_document(TRUST.text.replace('"sts.amazonaws.com"', f'"{OTHER}"')),
        3600,
        created_at=NOW,
    )
    return replace(
        account(), role=Known(role), provider=Known(OidcProvider(arn_of(PROVIDER_ARN), ISSUER, audiences, NOW))
    )


def offers(found: Diagnosis) -> list[list[tuple[str, str]]]:
    return [[(item.id, item.title) for item in path.remediations] for path in found.paths if path.opens_all]


def test_where_the_provider_admits_both_the_workflow_or_the_trust_policy_can_change() -> None:
    found = diagnosis(refusing("sts.amazonaws.com", OTHER))
    assert [problem.cause for problem in found.forecast] == ["audience-not-admitted"]
    request, admit = offers(found)
    assert [ident for ident, _ in request] == ["request-admitted-audience"]
    assert admit == [("admit-subject", "Admit the audience for this subject")]
    assert "admit the audience sts.amazonaws.com for repo:octo-org/octo-repo" in found.remediations[1].words


def test_where_the_provider_admits_the_requested_one_alone_the_trust_policy_changes() -> None:
    found = diagnosis(refusing("sts.amazonaws.com"))
    # No token can have the audience that is listed, since the provider lacks it: it gives way.
    assert offers(found) == [[("correct-trust-policy", "Admit the audience for this subject")]]
    assert f"write sts.amazonaws.com in the place of {OTHER}" in found.remediations[0].words
    assert "Nobody who gets in today is locked out." in found.remediations[0].words
    assert "What is there already stays" not in found.remediations[0].words, "the audience goes"
