"""A text that ends within the denied action's name never names an action that AWS does not have, nor another's gate."""

from __future__ import annotations

import pytest

from diagnosis.failures import explain_text
from diagnosis.gates import Checkpoint, Plane
from diagnosis.policy.language.actions import action_facts

SESSION = "arn:aws:sts::111122223333:assumed-role/release/run"
CALL = f"Error: User: {SESSION} is not authorized to perform: "
ACTIONS = (
    "sts:AssumeRoleWithWebIdentity",
    "sts:TagSession",
    "sts:GetServiceBearerToken",
    "ecr:GetAuthorizationToken",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:BatchGetImage",
    "ecr:CreateRepository",
    "ecr-public:PutImage",
    "s3:PutObject",
    "iam:PassRole",
    "lambda:UpdateFunctionCode",
    "kms:GenerateDataKey",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_cut_name_tells_what_all_of_its_continuations_tell(action: str) -> None:
    whole = explain_text(CALL + action)
    for end in range(len(action.partition(":")[0]) + 2, len(action)):
        begun = action[:end]
        for behind in ("", "…", "\n"):
            cut = explain_text(CALL + begun + behind)
            if action_facts(begun) is not None:  # the beginning is an action itself: AssumeRole
                assert cut.action == begun
                continue
            assert cut.action in (None, action), begun
            assert cut.plane in (whole.plane, Plane.OTHER), begun
            assert cut.checkpoint in (None, whole.checkpoint), begun
            assert cut.cause in (None, whole.cause), begun
            if cut.action is None and cut.plane is not Plane.OTHER:
                assert f"{begun}…" in cut.sentence


def test_the_gate_is_told_as_soon_as_no_other_is_possible() -> None:
    assert explain_text(f"{CALL}ecr:Get").checkpoint is None
    assert explain_text(f"{CALL}ecr:GetAu").checkpoint is Checkpoint.REGISTRY_AUTH
    refused = "Could not assume role with OIDC: Not authorized to perform sts:AssumeRol"
    assert explain_text(refused).checkpoint is Checkpoint.ROLE_ASSUMPTION


def test_an_action_that_is_newer_than_the_reference_stays_as_it_is_told() -> None:
    assert explain_text(f"{CALL}s3:FrobnicateBucket").action == "s3:FrobnicateBucket"
    assert explain_text(f"{CALL}ecr:GetAuthorizationTok on resource: *").action is not None


@pytest.mark.parametrize(
    ("text", "action", "checkpoint"),
    [
        (f"{CALL}ecr:BatchGe\ntImage on resource: x", "ecr:BatchGetImage", Checkpoint.REGISTRY_PULL),
        (f"{CALL}[ecr:Put]", None, None),
        (f"{CALL}ecr:Put ...[truncated]", None, None),
        ("Error: Not authorized to perform AssumeRoleWith", None, Checkpoint.ROLE_ASSUMPTION),
        (
            (
                "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: "
                "Not authorized to perform sts:A"
            ),
            "sts:AssumeRoleWithWebIdentity",
            Checkpoint.ROLE_ASSUMPTION,
        ),
        (
            f"An error occurred (AccessDeniedException) when calling the PutImage operation: {CALL}ecr:Put",
            "ecr:PutImage",
            Checkpoint.REGISTRY_PUSH,
        ),
        (
            (
                "aws codeartifact login --tool pip --domain d\nAn error occurred (AccessDenied) when calling the "
                f"GetAuthorizationToken operation: {CALL}sts:GetServiceBear"
            ),
            "sts:GetServiceBearerToken",
            Checkpoint.SERVICE_AUTHORIZATION,
        ),
        (f"{CALL}ecr:*", "ecr:*", None),
    ],
)
def test_what_stands_around_a_cut_name_completes_it(
    text: str, action: str | None, checkpoint: Checkpoint | None
) -> None:
    found = explain_text(text)
    assert (found.action, found.checkpoint) == (action, checkpoint)
