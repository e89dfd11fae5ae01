"""Actions that hand a deployment to a service of AWS: CloudFormation, CodeBuild, App Runner, Elastic Beanstalk, CodeDeploy.

Sources: README.md, action.yml and sources of aws-actions/aws-cloudformation-github-deploy, aws-actions/aws-codebuild-run-build,
awslabs/amazon-app-runner-deploy, aws-actions/aws-elasticbeanstalk-deploy and einaregilsson/beanstalk-deploy; service
authorization reference of each service.
"""

from __future__ import annotations

from diagnosis.names.arn_template import bucket_template
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.names.endpoint import object_of_url
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.own_keys import uses_own_keys
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import (
    EVERYTHING,
    GREEN_RUN,
    arn_in,
    arn_of,
    bucket_arn,
    calls,
    name_in,
    not_judged,
    object_arn,
    pass_role,
)

_KIND = StepKind.AWS_ACTION


def stack_arn(name: str) -> str | None:
    """Return the ARN of a CloudFormation stack that is given by its name or ARN; the id at its end is left open."""
    return arn_in(name, "cloudformation") or arn_of("cloudformation", "stack/", name_in(name), "/*")


def stack_resources(kind: StepKind, what: str, *, with_role: bool) -> tuple[Operation, ...]:
    """Return the mark for what CloudFormation does with the caller's own permissions; nothing where it has a role for that."""
    if with_role:
        return ()
    return not_judged(
        kind,
        what,
        "CloudFormation makes the stack's resources with the permissions of this role, and which those are is in the template",
        f"give CloudFormation a service role, or: {GREEN_RUN}",
    )


def cloudformation_deploy(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-cloudformation-github-deploy: it creates the stack, or a change set that it executes."""
    stack = stack_arn(use.text("name"))
    operations = [*calls(_KIND, stack, "cloudformation:DescribeStacks", "cloudformation:CreateChangeSet")]
    operations += calls(_KIND, stack, "cloudformation:DescribeChangeSet")
    if use.text("no-execute-changeset") != "1":
        operations += calls(_KIND, stack, "cloudformation:ExecuteChangeSet")
    rarely = ("cloudformation:CreateStack", "cloudformation:DeleteChangeSet", "cloudformation:DescribeStackEvents")
    operations += calls(_KIND, stack, *rarely, tolerated=True)
    operations += pass_role(_KIND, use.text("role-arn"), service="cloudformation")
    at = object_of_url(use.text("template"))
    if at is not None:  # CloudFormation reads the template on the caller's word.
        operations += calls(_KIND, object_arn(*at), "s3:GetObject")
    return (*operations, *stack_resources(_KIND, use.uses, with_role=use.given("role-arn")))


def codebuild_run(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-codebuild-run-build: it starts the build, waits for it and shows its log."""
    name = name_in(use.text("project-name"))
    project = arn_of("codebuild", "project/", name)
    operations = [*calls(_KIND, project, "codebuild:StartBuild", "codebuild:BatchGetBuilds")]
    operations += calls(_KIND, project, "codebuild:StopBuild", tolerated=True)
    if not use.is_true("hide-cloudwatch-logs"):
        group = arn_of("logs", "log-group:/aws/codebuild/", name, ":*")
        operations += calls(_KIND, group, "logs:GetLogEvents")
    return tuple(operations)


def app_runner_deploy(use: ActionUse) -> tuple[Operation, ...]:
    """Read amazon-app-runner-deploy: it finds the service by its name, and updates or creates it."""
    region = use.text("region") or None
    service = arn_of("apprunner", "service/", name_in(use.text("service")), "/*")
    operations = [
        *calls(_KIND, EVERYTHING, "apprunner:ListServices", region=region),
        *calls(_KIND, service, "apprunner:UpdateService", region=region),
        *calls(_KIND, service, "apprunner:CreateService", "apprunner:TagResource", tolerated=True, region=region),
        *calls(_KIND, service, "apprunner:DeleteService", tolerated=True, region=region),
    ]
    waits = use.may_be_true("wait-for-service-stability") or use.given("wait-for-service-stability-seconds")
    operations += calls(_KIND, service, "apprunner:DescribeService", tolerated=not waits, region=region)
    operations += calls(_KIND, service, "apprunner:ListOperations", tolerated=True, region=region)
    operations += _image_of_service(use.text("image"))
    operations += pass_role(_KIND, use.text("access-role-arn"), service="build.apprunner")
    operations += pass_role(_KIND, use.text("instance-role-arn"), service="tasks.apprunner")
    return tuple(operations)


def _image_of_service(image: str) -> tuple[Operation, ...]:
    """Return the reads of the image that the documented policy grants; App Runner makes them by its access role."""
    address = EcrAddress.find(image)
    if address is None or address.public or not (address.account and address.region):
        return ()
    place = arn_of("ecr", "repository/", address.repository, region=address.region, account=address.account)
    reads = ("ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage", "ecr:DescribeImages", "ecr:BatchCheckLayerAvailability")
    return calls(_KIND, place, *reads, tolerated=True)


def beanstalk_deploy(use: ActionUse) -> tuple[Operation, ...]:
    """Read aws-elasticbeanstalk-deploy: upload the package, make a version of it, update the environment."""
    region = use.text("aws-region") or None
    bucket = use.text("s3-bucket-name")
    named = bucket_arn(bucket) if bucket else bucket_template("elasticbeanstalk-{region}-{account}")
    objects = object_arn(bucket, "*") if bucket else f"{named}/*"
    operations = [
        *calls(_KIND, named, "s3:ListBucket", region=region),
        *calls(_KIND, objects, "s3:PutObject", "s3:GetObject", region=region),
        *calls(
            _KIND, named, "s3:CreateBucket", "s3:GetBucketLocation", "s3:GetBucketAcl", tolerated=True, region=region
        ),
        *calls(_KIND, objects, "s3:GetObjectVersion", tolerated=True, region=region),
    ]
    return (*operations, *_beanstalk(use, use.text("application-name"), use.text("environment-name"), region))


def beanstalk_deploy_by_keys(use: ActionUse) -> tuple[Operation, ...]:
    """Read einaregilsson/beanstalk-deploy; its keys are inputs, and are those of the job where they come from its environment."""
    own = uses_own_keys(use)
    if own is not None:
        return own
    region = use.text("region") or None
    bucket = use.text("existing_bucket_name")
    uploaded: tuple[Operation, ...] = ()
    if use.given("deployment_package"):
        uploaded = calls(_KIND, object_arn(bucket or None, "*"), "s3:PutObject", region=region)
        if not bucket:
            uploaded += calls(_KIND, EVERYTHING, "elasticbeanstalk:CreateStorageLocation", region=region)
    return (*uploaded, *_beanstalk(use, use.text("application_name"), use.text("environment_name"), region))


def codedeploy_revision(use: ActionUse) -> tuple[Operation, ...]:
    """Read sourcetoad/aws-codedeploy-action: it uploads the archive, registers it and deploys it."""
    application, group = name_in(use.text("codedeploy_name")), name_in(use.text("codedeploy_group"))
    prefix = f"{use.text('s3_folder').strip('/')}/*".lstrip("/")
    return (
        *calls(_KIND, object_arn(use.text("s3_bucket"), prefix), "s3:PutObject"),
        *calls(_KIND, arn_of("codedeploy", "application:", application), "codedeploy:RegisterApplicationRevision"),
        *calls(_KIND, arn_of("codedeploy", "deploymentgroup:", application, "/", group), "codedeploy:CreateDeployment"),
        *not_judged(_KIND, use.uses, "how it watches and bounds the deployment depends on its inputs", GREEN_RUN),
    )


def codedeploy_of_branch(use: ActionUse) -> tuple[Operation, ...]:
    """Read webfactory/create-aws-codedeploy-deployment: group and role stand in ``appspec.yml``, by branch."""
    repository = use.values.get("github.repository", "").rpartition("/")[2]
    application = name_in(use.text("application") or repository)
    group = arn_of("codedeploy", "deploymentgroup:", application, "/*")
    at_application = arn_of("codedeploy", "application:", application)
    # Which of the two it is depends on whether the group is there.
    return (
        *calls(_KIND, group, "codedeploy:UpdateDeploymentGroup", "codedeploy:CreateDeployment"),
        *calls(_KIND, group, "codedeploy:CreateDeploymentGroup", tolerated=True),
        *calls(_KIND, group, "codedeploy:GetDeployment"),
        *calls(_KIND, arn_of("codedeploy", "deploymentconfig:*"), "codedeploy:GetDeploymentConfig"),
        *calls(_KIND, at_application, "codedeploy:GetApplicationRevision", "codedeploy:RegisterApplicationRevision"),
        *pass_role(_KIND, "$", service="codedeploy"),
    )


def _beanstalk(use: ActionUse, application: str, environment: str, region: str | None) -> tuple[Operation, ...]:
    app, env = name_in(application), name_in(environment)
    version = arn_of("elasticbeanstalk", "applicationversion/", app, "/*")
    at_env = arn_of("elasticbeanstalk", "environment/", app, "/", env)
    operations = calls(_KIND, version, "elasticbeanstalk:CreateApplicationVersion", region=region)
    operations += calls(_KIND, version, "elasticbeanstalk:DescribeApplicationVersions", region=region)
    if environment:
        described = ("elasticbeanstalk:DescribeEnvironments", "elasticbeanstalk:DescribeEvents")
        operations += calls(_KIND, at_env, "elasticbeanstalk:UpdateEnvironment", *described, region=region)
    return operations + not_judged(
        _KIND,
        use.uses,
        "Elastic Beanstalk calls other services with the permissions of this role, and which those are is in the environment",
        GREEN_RUN,
    )
