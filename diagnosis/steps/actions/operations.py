"""Say what an action does, and which outputs follow from its inputs.

An action is understood by its owner and name, or it is opaque: one that nobody has read may call anything with the
credentials of the job.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from diagnosis.facts.uses import is_own
from diagnosis.steps.actions import container_service, functions, image_pushes, logins, stacks_and_builds, stores
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.actions.scripts import runs_a_known_tool
from diagnosis.steps.actions.tried_again import inner_action, tries_again
from diagnosis.steps.actions.understood import is_understood
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import NO_FILES, Files
from diagnosis.steps.service_calls import GREEN_RUN, not_judged, opaque

Reader = Callable[[ActionUse], tuple[Operation, ...]]

_READERS: dict[str, Reader] = {
    "actions/attest": image_pushes.attest,
    "actions/attest-build-provenance": image_pushes.attest,
    "actions/attest-sbom": image_pushes.attest,
    "aevea/action-kaniko": image_pushes.build_with_kaniko,
    "akhilerm/tag-push-action": image_pushes.copy_image,
    "alexjurkiewicz/ecr-scan-image": image_pushes.read_scan,
    "anchore/sbom-action": image_pushes.pull_images,
    "anchore/scan-action": image_pushes.pull_images,
    "appany/helm-oci-chart-releaser": image_pushes.push_chart,
    "appleboy/lambda-action": functions.lambda_upload,
    "aquasecurity/trivy-action": image_pushes.pull_images,
    "awact/cloudfront-action": stores.invalidate_cache,
    "aws-actions/action-cloudwatch-metrics": stores.put_metric,
    "aws-actions/amazon-app-runner-deploy": stacks_and_builds.app_runner_deploy,
    "aws-actions/amazon-ecr-login": logins.ecr_login,
    "aws-actions/amazon-ecs-deploy-express-service": container_service.deploy_express_service,
    "aws-actions/amazon-ecs-deploy-task-definition": container_service.deploy_task_definition,
    "aws-actions/amazon-ecs-render-task-definition": container_service.render_task_definition,
    "aws-actions/aws-cloudformation-github-deploy": stacks_and_builds.cloudformation_deploy,
    "aws-actions/aws-codebuild-run-build": stacks_and_builds.codebuild_run,
    "aws-actions/aws-elasticbeanstalk-deploy": stacks_and_builds.beanstalk_deploy,
    "aws-actions/aws-lambda-deploy": functions.lambda_deploy,
    "aws-actions/aws-secretsmanager-get-secrets": stores.get_secrets,
    "aws-actions/cloudformation-aws-iam-policy-validator": stores.check_policies,
    "aws-actions/configure-aws-credentials": logins.configure_credentials,
    "aws-actions/terraform-aws-iam-policy-validator": stores.check_policies,
    "aws-actions/vulnerability-scan-github-action-for-amazon-inspector": stores.scan_image,
    "awslabs/amazon-app-runner-deploy": stacks_and_builds.app_runner_deploy,
    "azure/docker-login": logins.server_login,
    "bitovi/github-actions-deploy-eks-helm": stores.cluster_access,
    "chetan/invalidate-cloudfront-action": stores.invalidate_cache,
    "cloudposse/github-action-docker-build-push": image_pushes.build_push_of_organization,
    "crazy-max/ghaction-container-scan": image_pushes.pull_images,
    "depot/build-push-action": image_pushes.build_push,
    "deptno/action-aws-ssm-to-dotenv": stores.parameters_below,
    "dkershner6/aws-ssm-getparameters-action": stores.get_parameters,
    "docker/build-push-action": image_pushes.build_push,
    "docker/login-action": logins.docker_login,
    "docker/scout-action": image_pushes.pull_images,
    "einaregilsson/beanstalk-deploy": stacks_and_builds.beanstalk_deploy_by_keys,
    "elgohr/ecr-login-action": logins.login_with_keys,
    "elgohr/publish-docker-github-action": image_pushes.push_image,
    "geekcell/github-action-aws-ecs-run-task": container_service.run_task_of_family,
    "ianbelcher/eks-kubectl-action": stores.cluster_access,
    "int128/create-ecr-repository-action": image_pushes.create_repository,
    "int128/docker-manifest-create-action": image_pushes.create_manifest,
    "int128/kaniko-action": image_pushes.build_with_kaniko_tags,
    "jwalton/gh-ecr-login": logins.login_with_keys,
    "jwalton/gh-ecr-push": image_pushes.push_one_image,
    "kciter/aws-ecr-action": image_pushes.push_with_keys,
    "marvinpinto/action-inject-ssm-secrets": stores.one_parameter,
    "mr-smithers-excellent/docker-build-push": image_pushes.push_image,
    "muya/amazon-ecs-run-task": container_service.run_task_of_file,
    "noelware/docker-manifest-action": image_pushes.join_manifests,
    "redhat-actions/buildah-build": image_pushes.build_with_buildah,
    "redhat-actions/podman-login": logins.docker_login,
    "redhat-actions/push-to-registry": image_pushes.push_to_registry,
    "reggionick/s3-deploy": stores.upload_site,
    "say8425/aws-secrets-manager-actions": stores.one_secret,
    "shrink/actions-docker-registry-tag": image_pushes.tag_image,
    "snyk/actions/docker": image_pushes.pull_images,
    "smitp/amazon-ecs-run-task": container_service.run_task_of_file,
    "sourcetoad/aws-codedeploy-action": stacks_and_builds.codedeploy_revision,
    "webfactory/create-aws-codedeploy-deployment": stacks_and_builds.codedeploy_of_branch,
    "whoan/docker-build-with-cache-action": image_pushes.build_with_stages,
}
_NAMED = {
    "aws-actions/amazon-eks-fargate": "it makes a cluster with eksctl, through CloudFormation, EKS, EC2 and IAM",
    "aws-actions/application-observability-for-aws": "which of the account's telemetry it reads depends on the question",
    "aws-actions/aws-devicefarm-browser-testing": "which projects and runs it works on is in its settings",
    "aws-actions/aws-devicefarm-mobile-device-testing": "which projects and runs it works on is in its settings file",
    "aws-actions/codeguru-reviewer": "it uploads the sources and works on a repository association of its own",
    "aws-actions/codeguru-security": "it uploads the sources and works on a scan of its own",
}
"""Documented actions of AWS's whose calls depend on what is not in the workflow."""
_WAYS_OUT = re.compile(
    r"(?<![A-Za-z])(?:require|import|exec|fetch|process|eval|Function|spawn|globalThis|global|constructor"
    r"|WebSocket|XMLHttpRequest|EventSource)(?![A-Za-z])"
)
"""What a script of github-script needs in order to reach anything but GitHub."""
_HOW = f"read its documentation, or its source at that version; {GREEN_RUN}"


def operations_of_action(
    uses: str, inputs: Mapping[str, str], values: Mapping[str, str] | None = None, files: Files = NO_FILES
) -> tuple[Operation, ...]:
    """Return what an action does.

    ``inputs``: by lower-case name, expanded; ``values``: the environment of the step and the contexts; ``files``: those of
    the repository at the run's commit. What the action runs as a script is :func:`script_of_action`'s to tell.
    """
    use = ActionUse(uses, inputs, values or {}, files)
    if tries_again(use):
        return _tried_again(use)
    reader = _READERS.get(use.name) or _READERS.get(use.repository)
    kind = action_kind(uses)
    if reader is not None:
        return reader(use) or (Operation(kind),)
    if not uses or is_own(uses) or runs_a_known_tool(use):
        return (Operation(kind),)
    if kind is StepKind.KANIKO:
        return image_pushes.build_with_kaniko(use)
    if use.repository in _NAMED:
        return not_judged(StepKind.AWS_ACTION, uses, _NAMED[use.repository], GREEN_RUN)
    if use.repository == "actions/github-script":
        return _github_script(use)
    if is_understood(use.repository):
        return (Operation(kind),)
    if uses.startswith("docker://"):
        return opaque(kind, uses, "what a container image runs is not read", _HOW, may_push=False)
    return opaque(kind, uses, "an action of another repository is not read", _HOW)


def outputs_of_action(uses: str, inputs: Mapping[str, str], values: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the outputs that follow from an action's inputs, as ``outputs.NAME``."""
    use = ActionUse(uses, inputs, values or {})
    match use.repository:
        case "docker/metadata-action":
            return image_pushes.images_of_metadata(use)
        case "int128/create-ecr-repository-action":
            return image_pushes.address_of_repository(use)
        case "aws-actions/amazon-ecs-render-task-definition":
            return container_service.rendered_task_definition(use)
        case _:
            return {}


def _tried_again(use: ActionUse) -> tuple[Operation, ...]:
    inner = inner_action(use)
    if inner is None:
        return opaque(StepKind.OTHER, use.text("action"), "it is run by another action", "use it in a step of its own")
    return operations_of_action(inner.uses, inner.inputs, inner.values, inner.files)


def _github_script(use: ActionUse) -> tuple[Operation, ...]:
    """Read actions/github-script: a script that only speaks to GitHub's API is understood."""
    script = use.text("script")
    computed = script.startswith("${{") and script.endswith("}}")
    if not computed and not _WAYS_OUT.search(script):
        return (Operation(StepKind.OTHER),)
    return opaque(StepKind.OTHER, use.uses, "its JavaScript can call anything, and is not read", _HOW)
