"""Read which images the Dockerfile of an action's build needs from private ECR.

Sources: action.yml of docker/build-push-action (all its versions), depot/build-push-action,
cloudposse/github-action-docker-build-push, int128/kaniko-action, aevea/action-kaniko,
mr-smithers-excellent/docker-build-push, redhat-actions/buildah-build,
whoan/docker-build-with-cache-action, elgohr/publish-docker-github-action.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from itertools import pairwise

from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.dockerfile import Build, pairs, pulls_of_build

_NAMED_FROM_THE_ROOT = (
    "cloudposse/github-action-docker-build-push",
    "mr-smithers-excellent/docker-build-push",
    "redhat-actions/buildah-build",
)
"""Actions whose Dockerfile is named from the workspace, not from the context."""
_DEFAULT_CONTEXT = "{{defaultContext}}"


def bases_of_build_push(use: ActionUse) -> tuple[Operation, ...]:
    """Return the pulls of docker/build-push-action; its default context is the repository at the run's commit, not the folder."""
    given = Build(pairs(use.lines("build-args")), use.text("target"), pairs(use.lines("build-contexts")))
    context, file = use.text("context"), use.text("file") or None
    kind = StepKind.BUILD_PUSH_ACTION
    if use.repository == "docker/build-push-action" and (not context or context.startswith(_DEFAULT_CONTEXT)):
        below = context.removeprefix(_DEFAULT_CONTEXT).removeprefix(":")
        files = replace(use.files, root="")
        return pulls_of_build(kind, files, "", given, context=below, file=file, inside=True)
    return pulls_of_build(kind, _on_the_runner(use), "", given, context=context or ".", file=file)


def bases_of_folder(use: ActionUse, kind: StepKind = StepKind.PUSH_ACTION) -> tuple[Operation, ...]:
    """Return the pulls of an action whose inputs name a folder and a Dockerfile, as they are commonly called."""
    arguments = use.lines("build-args", "build_args", "buildargs")
    if use.given("buildargs") or (len(arguments) == 1 and arguments[0].count("=") > 1):
        arguments = [part for line in arguments for part in line.split(",")]
    arguments += _extra(use.text("build_extra_args", "extra_args", "extra-args"))
    given = Build(pairs(arguments, use.values), use.text("target"), every_stage=kind is StepKind.KANIKO)
    context = use.text("context", "directory", "workdir", "path") or "."
    file = use.text("dockerfile", "file", "build_file") or None
    if use.repository == "mr-smithers-excellent/docker-build-push":
        file = file or "Dockerfile"
    if file is not None and (use.given("directory") or use.repository in _NAMED_FROM_THE_ROOT):
        return pulls_of_build(kind, _on_the_runner(use), "", given, context=context, file=file)
    inside = use.repository in ("aevea/action-kaniko", "whoan/docker-build-with-cache-action") or use.given("workdir")
    return pulls_of_build(kind, _on_the_runner(use), "", given, context=context, file=file, inside=inside)


def _extra(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    plain = [word.partition("=")[2] for word in words if word.startswith("--build-arg=")]
    return plain + [after for word, after in pairwise(words) if word == "--build-arg"]


def _on_the_runner(use: ActionUse) -> Files:
    """Return the files as the job's scripts have left them."""
    return use.files.as_left(use.values)
