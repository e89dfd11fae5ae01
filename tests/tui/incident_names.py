"""Names, numbers and times of the incident, from its public record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

REPOSITORY = "EsosaOrumwese/fraud-detection-system"
ACCOUNT = "230372904534"
ISSUER = "token.actions.githubusercontent.com"
PROVIDER = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/GitHubAction-AssumeRoleWithAction"
ECR = f"arn:aws:ecr:eu-west-2:{ACCOUNT}:repository/fraud-platform-dev-min"
SHA = "799d398a7daf34857cf363c9a1a629c40ec25d5e"
DAY = datetime(2026, 2, 13, tzinfo=UTC)
RUN_IDS = (21985402789, 21985472266, 21985500168)
STARTED = (
    timedelta(hours=11, minutes=36, seconds=26),
    timedelta(hours=11, minutes=38, seconds=58),
    timedelta(hours=11, minutes=40, seconds=2),
)
TOKEN_ACTION = "ecr:GetAuthorizationToken"
PUSH_ACTIONS = (
    "ecr:BatchCheckLayerAvailability",
    "ecr:BatchGetImage",
    "ecr:CompleteLayerUpload",
    "ecr:GetDownloadUrlForLayer",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
)
LAST_ACTION = "ecr:DescribeImages"
