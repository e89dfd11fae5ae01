"""The judgement over claims agrees with the evaluation rows wherever their request is made of claims alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from arns import arn_of
from places import DATA

from diagnosis.claims.claim_set import claims_from_subject
from diagnosis.claims.subject_claim import PossibleClaims
from diagnosis.policy import write_document
from diagnosis.trust.admission import TrustOutcome, judge_trust

ROWS = DATA / "iam" / "trust_cases.jsonl"


def rows():
    for line in ROWS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        request = row["request"]
        issuer = request["principal"].partition("oidc-provider/")[2]
        of_claims = all(key.lower().startswith(f"{issuer.lower()}:") for key in request["context"])
        if request["action"] == "sts:AssumeRoleWithWebIdentity" and of_claims:
            yield pytest.param(row, issuer, id=row["id"])


def claims_in(request, issuer):
    told = {key[len(issuer) + 1 :].lower(): values[0] for key, values in request["context"].items()}
    claims = claims_from_subject(told.get("sub", ""), told.get("aud"))
    # The row's context is the whole context: what it does not carry is absent, not unknown.
    return replace(claims, claims=tuple(sorted(told.items())), unknown=())


def test_there_are_rows():
    assert len(list(rows())) > 60


@pytest.mark.parametrize(("row", "issuer"), rows())
def test_the_row(row, issuer):
    request = row["request"]
    possible = PossibleClaims((claims_in(request, issuer),), issuer)
    judgement = judge_trust(
        write_document(row["resource_policy"]), possible, arn_of(request["principal"]), arn_of(request["resource"])
    )
    admitted = judgement.outcome is TrustOutcome.ALLOWED
    assert admitted == (row["expected"] == "Allowed"), judgement.reason
    assert (judgement.cause == "trust-explicit-deny") == (row["expected"] == "ExplicitDeny")


CAUSES = {
    "trust-environment-03": "subject-shape",
    "trust-tag-03": "subject-not-admitted",
    "trust-immutable-04": "subject-immutable-form",
    "trust-immutable-06": "subject-immutable-form",
    "trust-operator-01": "condition-operator",
    "trust-aud-05": "audience-not-admitted",
    "trust-aud-07": "audience-not-admitted",
    "trust-provider-04": "principal-wrong",
    "trust-provider-06": "principal-wrong",
    "trust-provider-10": "principal-wrong",
    "trust-partition-04": "principal-wrong",
    "trust-action-09": "trust-action",
    "trust-request-key-09": "condition-key-not-carried",
    "subvectors-gh-aws-immutable-subject-classic-pattern": "subject-immutable-form",
}


@pytest.mark.parametrize(("row", "issuer"), [item for item in rows() if item.id in CAUSES])
def test_the_cause_of_the_row(row, issuer):
    request = row["request"]
    possible = PossibleClaims((claims_in(request, issuer),), issuer)
    judgement = judge_trust(
        write_document(row["resource_policy"]), possible, arn_of(request["principal"]), arn_of(request["resource"])
    )
    assert judgement.cause == CAUSES[row["id"]], judgement.reason
