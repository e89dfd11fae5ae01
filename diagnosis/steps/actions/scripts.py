"""The script that an action runs on the runner: what an input gives, or the command line that its documentation tells.

Sources: README.md, action.yml and entry points of jakejarvis/s3-sync-action, docker/bake-action,
goreleaser/goreleaser-action, pulumi/actions, serverless/github-action, youyo/aws-cdk-github-actions, dflook's Terraform
actions, hashicorp/terraform-github-actions, gradle/actions, gruntwork-io/terragrunt-action, OP5dev/TF-via-PR,
vladcosorg/action-s3-cloudfront-smart-deploy and keithweaver/aws-s3-github-action.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable

from diagnosis.facts.uses import is_own
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.actions.input_lists import parts_of
from diagnosis.steps.actions.tried_again import inner_action, tries_again
from diagnosis.steps.actions.understood import script_inputs

_ON_ANOTHER_HOST = frozenset({"appleboy/ssh-action", "easingthemes/ssh-deploy", "burnett01/rsync-deployments"})
"""Their scripts run elsewhere, without the credentials of the job."""
_NO_SHELL = frozenset({"actions/github-script", "docker/scout-action"})
_COMMON_INPUTS = ("command", "run", "script")
"""Inputs in which an action that nobody has read commonly takes a script."""


def script_of_action(use: ActionUse) -> str | None:
    """Return the script that the action runs on the runner; None where it runs none, or none that is known."""
    name = use.repository
    if use.uses.startswith("docker://"):
        return _of_container(use)
    if name in _ON_ANOTHER_HOST or name in _NO_SHELL or is_own(use.uses):
        return None
    if tries_again(use):
        inner = inner_action(use)
        return script_of_action(inner) if inner is not None else None
    line = _LINES.get(use.name) or _LINES.get(name)
    if line is not None:
        return line(use)
    given = script_inputs(name)
    scripts = [use.text(each) for each in (given if given is not None else _COMMON_INPUTS) if use.given(each)]
    return "\n".join(scripts if given is not None else scripts[:1]) or None


def _joined(*words: str) -> str:
    """Return a command line of these words; an expression that is not worked out stays what it is."""
    return " ".join(shlex.quote(word) for word in words if word)


def _in_folder(folder: str, line: str) -> str:
    return f"cd {shlex.quote(folder)}\n{line}" if folder and folder not in (".", "./") else line


def _s3_sync(use: ActionUse) -> str:
    source, bucket = use.env("SOURCE_DIR") or ".", use.env("AWS_S3_BUCKET") or "$AWS_S3_BUCKET"
    target = f"s3://{bucket}/{use.env('DEST_DIR')}"
    return f"{_joined('aws', 's3', 'sync', source, target, '--no-progress')} {' '.join(use.text('args').split())}"


def _s3_smart_deploy(use: ActionUse) -> str:
    lines = [f"{_joined('aws', 's3', 'sync', use.text('source'), use.text('target'))} {use.text('s3args')}"]
    if use.given("distribution"):
        distribution = ("--distribution-id", use.text("distribution"), "--paths", "/*")
        lines.append(_joined("aws", "cloudfront", "create-invalidation", *distribution))
    return "\n".join(lines)


def _s3_command(use: ActionUse) -> str:
    words = ("aws", "s3", use.text("command"), use.text("source"), use.text("destination"))
    return f"{_joined(*words)} {use.text('flags')}"


def _bake(use: ActionUse) -> str:
    words = ["docker", "buildx", "bake"]
    for file in parts_of(use.text("files")):
        words += ["--file", file]
    for setting in use.lines("set"):
        words += ["--set", setting]
    if use.may_be_true("push"):
        words.append("--push")
    return _in_folder(use.text("workdir"), _joined(*words, *parts_of(use.text("targets"))))


def _goreleaser(use: ActionUse) -> str | None:
    if use.is_true("install-only"):
        return None
    return _in_folder(use.text("workdir"), f"goreleaser {' '.join(use.text('args').split())}")


def _pulumi(use: ActionUse) -> str | None:
    command = {"update": "up"}.get(use.text("command"), use.text("command"))
    if not command:
        return None
    words = ["pulumi", command, "--stack", use.text("stack-name") or "$STACK"]
    if use.given("secrets-provider"):
        words += ["--secrets-provider", use.text("secrets-provider")]
    login = [_joined("pulumi", "login", use.text("cloud-url"))] if use.given("cloud-url") else []
    return _in_folder(use.text("work-dir"), "\n".join([*login, _joined(*words)]))


def _serverless(use: ActionUse) -> str:
    arguments = use.text("args")
    if use.given("entrypoint"):
        try:
            words = shlex.split(arguments)
        except ValueError:
            words = []
        shell = use.text("entrypoint").endswith("sh") and words[:1] == ["-c"] and len(words) == 2
        line = words[1] if shell else f"{use.text('entrypoint')} {arguments}"
        return _in_folder(use.text("working-directory"), line)
    return _in_folder(use.text("working-directory"), f"serverless {' '.join(arguments.split())}")


def _cdk(use: ActionUse) -> str:
    command = use.text("cdk_subcommand", "cdk-command", "command")
    stack = use.text("cdk_stack", "stack", "stacks")
    return _in_folder(
        use.text("working_dir", "working-directory"),
        f"{_joined('cdk', command, '' if stack == '*' else stack)} {' '.join(use.text('args').split())}",
    )


def _terraform(*verbs: str) -> Callable[[ActionUse], str]:
    """Read dflook's Terraform actions: ``init`` with the backend's settings, a workspace, then the verb."""

    def line(use: ActionUse) -> str:
        words = ["terraform", "init"]
        words += [f"-backend-config={each}" for each in parts_of(use.text("backend_config"))]
        folder = use.text("path") or "."
        for file in parts_of(use.text("backend_config_file")):
            up = "../" * len([part for part in folder.split("/") if part not in ("", ".")])
            words.append(f"-backend-config={up}{file}")
        lines = [_joined(*words)]
        if use.given("workspace") and use.text("workspace") != "default":
            lines.append(_joined("terraform", "workspace", "select", use.text("workspace")))
        return _in_folder(folder, "\n".join([*lines, *(f"terraform {verb}" for verb in verbs)]))

    return line


def _terraform_of_pull_request(use: ActionUse) -> str:
    """Read OP5dev/TF-via-PR: ``init`` and the workspace are part of each command."""
    tool = use.text("tool") or "terraform"
    folder = use.text("working-directory", "arg-chdir")
    backend = [f"-backend-config={each}" for each in parts_of(use.text("arg-backend-config"))]
    lines = [_joined(tool, "init", *backend)]
    if use.given("arg-workspace"):
        lines.append(_joined(tool, "workspace", "select", use.text("arg-workspace")))
    lock = "-lock=false" if use.text("arg-lock").lower() == "false" else ""
    command = use.text("command") or "plan"
    return _in_folder(folder, "\n".join([*lines, *([_joined(tool, command, lock)] if command != "init" else [])]))


def _terragrunt(use: ActionUse) -> str:
    return _in_folder(use.text("tg_dir"), f"terragrunt {' '.join(use.text('tg_command').split())}")


def _hashicorp_terraform(use: ActionUse) -> str:
    return _in_folder(
        use.text("tf_actions_working_dir"),
        f"{_joined('terraform', use.text('tf_actions_subcommand'))} {' '.join(use.text('args').split())}",
    )


def _gradle(use: ActionUse) -> str | None:
    if not use.given("arguments"):
        return None
    return _in_folder(use.text("build-root-directory"), f"./gradlew {' '.join(use.text('arguments').split())}")


def _tool(name: str, *inputs: str) -> Callable[[ActionUse], str | None]:
    """Read an action that runs one tool with the arguments that an input gives."""

    def line(use: ActionUse) -> str | None:
        arguments = " ".join(use.text(*inputs).split())
        return f"{name} {arguments}" if arguments else None

    return line


_LINES: dict[str, Callable[[ActionUse], str | None]] = {
    "borales/actions-yarn": _tool("yarn", "cmd"),
    "depot/bake-action": _bake,
    "dflook/terraform-apply": _terraform("apply"),
    "dflook/terraform-check": _terraform("plan"),
    "dflook/terraform-destroy": _terraform("destroy"),
    "dflook/terraform-output": _terraform("output"),
    "dflook/terraform-plan": _terraform("plan"),
    "dflook/terraform-refresh": _terraform("refresh"),
    "dflook/tofu-apply": _terraform("apply"),
    "dflook/tofu-check": _terraform("plan"),
    "dflook/tofu-destroy": _terraform("destroy"),
    "dflook/tofu-output": _terraform("output"),
    "dflook/tofu-plan": _terraform("plan"),
    "docker/bake-action": _bake,
    "eskatos/gradle-command-action": _gradle,
    "dfreilich/pack-action": _tool("pack", "args"),
    "goreleaser/goreleaser-action": _goreleaser,
    "gruntwork-io/terragrunt-action": _terragrunt,
    "helmfile/helmfile-action": _tool("helmfile", "helmfile-args"),
    "hiberbee/github-action-skaffold": _tool("skaffold", "command"),
    "op5dev/tf-via-pr": _terraform_of_pull_request,
    "gradle/actions/setup-gradle": _gradle,
    "gradle/gradle-build-action": _gradle,
    "hashicorp/terraform-github-actions": _hashicorp_terraform,
    "jakejarvis/s3-sync-action": _s3_sync,
    "keithweaver/aws-s3-github-action": _s3_command,
    "pulumi/actions": _pulumi,
    "serverless/github-action": _serverless,
    "vladcosorg/action-s3-cloudfront-smart-deploy": _s3_smart_deploy,
    "youyo/aws-cdk-github-actions": _cdk,
}


_PROGRAMS = {
    "amazon/aws-cli": "aws",
    "aws-cli/aws-cli": "aws",
    "hashicorp/terraform": "terraform",
    "opentofu/opentofu": "tofu",
    "alpine/terragrunt": "terragrunt",
    "alpine/helm": "helm",
    "kaniko-project/executor": "executor",
    "chainguard-dev/kaniko/executor": "executor",
    "go-containerregistry/crane": "crane",
    "skopeo/stable": "skopeo",
    "containers/skopeo": "skopeo",
    "oras-project/oras": "oras",
    "projectsigstore/cosign": "cosign",
}
"""Programs that container images run, by the end of the image's name, as each image's documentation says."""
_REFERENCE = re.compile(r"docker://(?:(?=[^/@]+[.:])[^/@]++/)?([^:@]+)(?:[:@].*)?")


def _program_of(uses: str) -> str | None:
    found = _REFERENCE.fullmatch(uses)
    path = found[1].lower() if found else ""
    return next((program for end, program in _PROGRAMS.items() if path == end or path.endswith(f"/{end}")), None)


def _of_container(use: ActionUse) -> str | None:
    """Read ``uses: docker://IMAGE`` with ``args`` for the program of the image, where nobody gives it another one."""
    program, arguments = _program_of(use.uses), " ".join(use.text("args").split())
    if program is None or use.given("entrypoint") or not arguments:
        return None
    return f"{program} {arguments}"


def runs_a_known_tool(use: ActionUse) -> bool:
    """Return whether the action runs a command line that is known, so that the script says all that it does."""
    if use.uses.startswith("docker://"):
        return _of_container(use) is not None
    return use.name in _LINES or use.repository in _LINES
