"""Read AWS Copilot's command line: it reads where application and environments are from Parameter Store.

Source: copilot-cli, ``internal/pkg/config``: ``/copilot/applications/APP`` and ``/copilot/applications/APP/environments/ENV``;
each environment has a manager role, ``APP-ENV-EnvManagerRole``, which Copilot assumes to deploy.
"""

from __future__ import annotations

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.service_calls import GREEN_RUN, arn_of, calls, name_in, not_judged, role_arn
from diagnosis.steps.tools.call import Call, arguments, has, option
from diagnosis.steps.yaml_text import text_of, yaml_mapping

_KIND = StepKind.COPILOT
_VALUED = frozenset({"-a", "--app", "-e", "--env", "-n", "--name", "--tag", "--resource-tags", "--region", "--profile"})
_LOCAL = frozenset({"help", "version", "completion", "docs", ""})


def read_copilot(run: Call) -> tuple[Operation, ...]:
    """Return what a Copilot deployment calls for certain, and the mark for the rest; it may push images."""
    verbs = arguments(run.tail, _VALUED)
    verb = next(iter(verbs), "")
    if verb in _LOCAL or has(run.tail, "--help"):
        return (Operation(_KIND),)
    deploys = "deploy" in verbs[:2]
    operations: tuple[Operation, ...] = ()
    if deploys:
        app, environment = _application(run), name_in(option(run.tail, "-e", "--env"))
        base = arn_of("ssm", "parameter/copilot/applications/", app)
        operations = calls(_KIND, base, "ssm:GetParameter")
        if option(run.tail, "-e", "--env"):
            operations += calls(
                _KIND,
                arn_of("ssm", "parameter/copilot/applications/", app, "/environments/", environment),
                "ssm:GetParameter",
            )
            manager = role_arn(f"{app}-{environment}-EnvManagerRole") if app and environment else None
            operations += calls(_KIND, manager, "sts:AssumeRole")
    why = "what it makes is in its manifests and in the application's stacks; images go to repositories of the application"
    return operations + not_judged(_KIND, f"copilot {' '.join(verbs[:2])}"[:80], why, GREEN_RUN, may_push=deploys)


def _application(run: Call) -> str | None:
    """Return the application's name: as given, else as the workspace file says."""
    given = option(run.tail, "-a", "--app")
    if given:
        return name_in(given)
    text = run.text("copilot/.workspace")
    return name_in(text_of(yaml_mapping(text).get("application"))) if text is not None else None
