"""Where an image comes from that a script builds or copies: a context of files, or another image."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.closure.steps.code.own_code import is_remote
from diagnosis.closure.steps.release_steps import ReleaseStep
from diagnosis.closure.steps.watched_script import Ran
from diagnosis.steps.tools.call import arguments, option, options

_CONTEXT_OPTIONS_NAMED = """
-f --file -t --tag --build-arg --target --platform --cache-from --cache-to -o --output --secret --ssh --label
--network --add-host --progress --iidfile --metadata-file --builder --provenance --sbom --build-context
--allow --attest --shm-size --ulimit -m --memory --cpuset-cpus --cgroup-parent --isolation --annotation --no-
cache-filter --call --format --authfile --creds --manifest --arch --os --layers --jobs --squash-all
"""
_CONTEXT_OPTIONS = frozenset(_CONTEXT_OPTIONS_NAMED.split())
COPIERS = frozenset({"docker", "podman", "nerdctl", "crane", "gcrane", "skopeo", "regctl", "oras"})
"""Programs that can publish an image which they did not build."""
PRODUCERS = frozenset({"tar", "git", "cat", "echo", "printf", "envsubst", "sed"})
"""Programs that put a build's files together from those of the workspace."""
_OF_THE_RUN = ("actions/download-artifact", "docker/build-push-action", "docker/bake-action")


def contexts_of(ran: Ran) -> Iterator[str]:
    """Yield where a build takes its files from."""
    words = ran.tail
    if ran.program in ("executor", "kaniko"):
        yield from options(words, "--context", "-c")
        return
    at = next((at for at, word in enumerate(words[:4]) if word in ("build", "bud", "b")), None)
    if at is None:
        if "bake" in words[:4]:
            yield from (word for word in words if is_remote(word))
        return
    rest = words[at + 1 :]
    yield from (each.partition("=")[2] for each in options(rest, "--build-context"))
    named = arguments(rest, _CONTEXT_OPTIONS)
    if named:
        yield named[-1]


def unpacked_image(ran: Ran, step: ReleaseStep) -> str | None:
    """Return the image or artifact of a registry whose files a command brings into the workspace; None where it brings none."""
    match (ran.program, *ran.tail):
        case ("oras", "pull", *rest) | ("crane" | "gcrane", "export" | "pull", *rest):
            named = arguments(
                tuple(rest), frozenset({"-o", "--output", "--platform", "--format", "-c", "--cache_path"})
            )
            return next((each for each in named if not _is_own(each, step)), None)
        case _:
            return None


def copied_image(ran: Ran, step: ReleaseStep) -> str | None:
    """Return the image that a command publishes though no step of the job built it; None where it does no such thing.

    An image whose name is not legible, as those that a build hands on by digest, is the build's to judge.
    """
    words = ran.tail
    match words:
        case ("tag", source, _) if ran.program not in ("crane", "gcrane"):
            return source if _was_pulled(source, step) else None
        case ("commit", source, *_) | ("container", "commit", source, *_):
            return f"of the container {source}"
        case ("import", *_) | ("image", "import", *_):
            return words[-1]
        case ("load", *_) | ("image", "load", *_):
            return None if _has_images(step) else (option(words, "-i", "--input") or "that is loaded")
        case ("cp" | "copy", source, *_) | ("image", "copy", source, *_):
            return None if _is_own(source, step) else source
        case ("buildx", "imagetools", "create", *rest):
            named = arguments(
                tuple(rest), frozenset({"-t", "--tag", "-f", "--file", "--annotation", "--builder", "--progress"})
            )
            return next((each for each in named if not _is_own(each, step)), None)
        case _:
            return None


def _is_own(image: str, step: ReleaseStep) -> bool:
    """Return whether an image is one that the run built, or whose name is not legible."""
    name = image.removeprefix("docker://").removeprefix("oci:")
    sha = step.values.get("github.sha", "")
    if image.startswith("docker-") or "$" in name or "*" in name or (len(sha) > 7 and sha[:7] in name):
        return True
    # A name without a folder is that of a local image or file.
    return name in _built(step) or ("://" not in image and "/" not in name)


def _built(step: ReleaseStep) -> set[str]:
    names: set[str] = set()
    for each in (each for job in (step.job, *step.job.peers) for each in job.steps):
        names |= set(each.use.words("tags", "images", "destination"))
        for ran in each.watched.ran:
            names |= set(options(ran.tail, "-t", "--tag", "--destination"))
            if ran.tail[:1] in (("push",), ("tag",)):
                names.add(ran.tail[-1])
    return names


def _was_pulled(source: str, step: ReleaseStep) -> bool:
    return source not in _built_here(step) and any(
        ran.tail[:1] == ("pull",) and source in ran.tail for each in step.job.steps for ran in each.watched.ran
    )


def _built_here(step: ReleaseStep) -> set[str]:
    return {
        name
        for each in step.job.steps
        for ran in each.watched.ran
        if {"build", "buildx", "bud"} & set(ran.tail[:2])
        for name in options(ran.tail, "-t", "--tag")
    }


def _has_images(step: ReleaseStep) -> bool:
    """Return whether an image that is loaded may be one that the run has built: from its own artifacts, or saved by it."""
    return any(
        each.use.repository in _OF_THE_RUN
        or any("save" in ran.tail[:2] or "type=docker" in " ".join(ran.tail) for ran in each.watched.ran)
        for each in step.job.steps
    )
