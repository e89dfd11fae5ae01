"""What AWS's own tools say stands beside the verdicts and changes none."""

from __future__ import annotations

import pytest
from judged_worlds import ACCOUNT, NAME, REPOSITORY_ARN, account, diagnosis, opinion, policy

from diagnosis.facts.account import NamedPolicy, SecondOpinion
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.assessment import Assessment, Opinion


def judged(*opinions: SecondOpinion, **parts: object) -> Assessment:
    found = diagnosis(account(second_opinions=Known(opinions), **parts)).live
    assert found is not None
    return found


def simulator(assessment: Assessment) -> Opinion:
    (found,) = [item for item in assessment.opinions if item.source == "policy-simulator" and item.judged]
    return found


@pytest.mark.parametrize(
    ("says", "agrees"), [("allowed", True), ("implicitDeny", False), ("explicitDeny", False), ("nonsense", None)]
)
def test_an_opinion_is_compared_and_never_decides(says: str, agrees: bool | None) -> None:
    live = judged(opinion("ecr:PutImage", says))
    assert simulator(live).agrees is agrees
    assert [verdict.verdict for verdict in live.gates] == [Verdict.PASS] * 4


def test_a_disagreement_is_said_with_its_likely_reason() -> None:
    live = judged(opinion("ecr:PutImage", "implicitDeny"))
    assert "says implicitDeny for ecr:PutImage, judged allowed here" in live.notes[0]
    assert live.notes[0].endswith("The verdict stands.")
    denial = policy({"Effect": "Deny", "Principal": "*", "Action": "ecr:PutImage"})
    refused = judged(opinion("ecr:PutImage", "allowed"), repository_policy=Known(NamedPolicy(NAME, denial)))
    assert refused.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.FAIL
    assert "It was not given the repository's policy" in simulator(refused).sentence


def test_agreement_is_no_note() -> None:
    assert judged(opinion("ecr:PutImage", "allowed")).notes == ()


def test_an_undecided_action_is_not_decided_by_an_opinion() -> None:
    denied = Unreadable("SCPs", "denied", "grant it")
    live = judged(opinion("ecr:PutImage", "allowed"), scps=denied)
    assert live.at(Gate.REGISTRY_AUTHORIZATION).verdict is Verdict.UNKNOWN
    assert simulator(live).agrees is None


def test_trust_policies_are_not_applicable() -> None:
    live = judged(opinion("sts:AssumeRoleWithWebIdentity", "allowed"), opinion("ecr:PutImage", "allowed"))
    (about_trust,) = [item for item in live.opinions if item.gate is Gate.ROLE_ASSUMPTION]
    assert about_trust.says == "not-applicable"
    assert about_trust.agrees is None


def test_of_two_resources_the_named_one_is_compared() -> None:
    both = [
        opinion("ecr:PutImage", "allowed", note=f"on {REPOSITORY_ARN}"),
        opinion("ecr:DeleteRepository", "implicitDeny"),
    ]
    live = judged(*both)
    assert simulator(live).about == "ecr:PutImage"


def test_findings_of_the_analyzer_are_shown_at_least_privilege() -> None:
    finding = opinion("1234", "ACTIVE UnusedAccess", "access-analyzer", f"on arn:aws:iam::{ACCOUNT}:role/release")
    live = judged(finding)
    (shown,) = [item for item in live.opinions if item.source == "access-analyzer"]
    assert shown.gate is Gate.LEAST_PRIVILEGE
    assert shown.sentence.startswith("Access Analyzer on 1234: ACTIVE UnusedAccess")
    assert live.at(Gate.LEAST_PRIVILEGE).verdict is Verdict.PASS


def test_a_source_that_could_not_be_asked_says_so() -> None:
    live = judged(opinion("", "unreadable", note="access was denied"))
    assert any("unreadable (access was denied)" in item.sentence for item in live.opinions)


def test_without_opinions_nothing_is_said() -> None:
    assert judged().opinions == ()


def test_the_model_after_a_fix_repeats_no_opinion_about_the_account_before_it() -> None:
    broken = account(inline_policies=Known(()), second_opinions=Known((opinion("ecr:PutImage", "implicitDeny"),)))
    found = diagnosis(broken)
    assert found.paths[0].opens_all
