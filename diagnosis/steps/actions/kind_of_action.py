"""Recognize an action by its owner and name; never by the name that a step displays."""

from __future__ import annotations

from diagnosis.steps.kinds import StepKind

_ACTIONS: dict[str, StepKind] = {
    "aws-actions/configure-aws-credentials": StepKind.CONFIGURE_AWS_CREDENTIALS,
    "aws-actions/amazon-ecr-login": StepKind.AMAZON_ECR_LOGIN,
    "docker/login-action": StepKind.DOCKER_LOGIN_ACTION,
    "redhat-actions/podman-login": StepKind.DOCKER_LOGIN_ACTION,
    "docker/build-push-action": StepKind.BUILD_PUSH_ACTION,
    "docker/bake-action": StepKind.BUILD_PUSH_ACTION,
    "redhat-actions/push-to-registry": StepKind.PUSH_ACTION,
    "mr-smithers-excellent/docker-build-push": StepKind.PUSH_ACTION,
    "jwalton/gh-ecr-push": StepKind.PUSH_ACTION,
    "kciter/aws-ecr-action": StepKind.PUSH_ACTION,
    "aevea/action-kaniko": StepKind.KANIKO,
    "int128/kaniko-action": StepKind.KANIKO,
    "depot/build-push-action": StepKind.BUILD_PUSH_ACTION,
    "depot/bake-action": StepKind.BUILD_PUSH_ACTION,
    "int128/docker-manifest-create-action": StepKind.PUSH_ACTION,
    "noelware/docker-manifest-action": StepKind.PUSH_ACTION,
    "aws-actions/amazon-ecs-render-task-definition": StepKind.AWS_ACTION,
    "aws-actions/amazon-ecs-deploy-task-definition": StepKind.AWS_ACTION,
    "aws-actions/amazon-ecs-deploy-express-service": StepKind.AWS_ACTION,
    "aws-actions/aws-lambda-deploy": StepKind.AWS_ACTION,
    "aws-actions/aws-cloudformation-github-deploy": StepKind.AWS_ACTION,
    "aws-actions/aws-codebuild-run-build": StepKind.AWS_ACTION,
    "aws-actions/aws-elasticbeanstalk-deploy": StepKind.AWS_ACTION,
    "aws-actions/aws-secretsmanager-get-secrets": StepKind.AWS_ACTION,
    "awslabs/amazon-app-runner-deploy": StepKind.AWS_ACTION,
    "appleboy/lambda-action": StepKind.AWS_ACTION,
    "dkershner6/aws-ssm-getparameters-action": StepKind.AWS_ACTION,
    "pulumi/actions": StepKind.PULUMI,
    "serverless/github-action": StepKind.SERVERLESS,
    "youyo/aws-cdk-github-actions": StepKind.CDK,
    "jakejarvis/s3-sync-action": StepKind.AWS_CLI,
    "hashicorp/setup-terraform": StepKind.TERRAFORM,
    "actions/upload-artifact": StepKind.UPLOAD_ARTIFACT,
}


def action_kind(uses: str | None) -> StepKind:
    """Return the kind of an action by its owner and name; every major version, tag or commit alike."""
    if not uses:
        return StepKind.OTHER
    if uses.startswith("docker://"):
        return StepKind.KANIKO if "kaniko" in uses else StepKind.OTHER
    parts = uses.split("@")[0].lower().split("/")
    return _ACTIONS.get("/".join(parts[:2]), StepKind.OTHER)


def is_composite_candidate(uses: str | None) -> bool:
    """Return whether the action may run further steps of its own, whose heads then stand inside its part of the log."""
    return bool(uses) and action_kind(uses) is StepKind.OTHER
