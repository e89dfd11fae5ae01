"""Read what ``docker compose`` pushes and pulls, with the images of the compose file's services.

``push`` and ``build --push`` act on services that have both ``build`` and ``image``, and on the tags of their builds.
Source: compose file reference, and ``docker compose push`` of the Docker CLI reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import Files
from diagnosis.steps.tools.call import (
    Call,
    Found,
    Nested,
    arguments,
    handed_over,
    has,
    may_be_ecr,
    opaque,
    options,
    pulls,
    pushes,
    understood,
)
from diagnosis.steps.tools.dockerfile import Build, of_contexts, pairs, pulls_of_build, pulls_of_text
from diagnosis.steps.tools.interpolation import dotenv, interpolated
from diagnosis.steps.yaml_text import Value, member, text_of, texts_of, yaml_mapping

DEFAULT_FILES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_OVERRIDES = {
    "compose.yaml": ("compose.override.yaml", "compose.override.yml"),
    "compose.yml": ("compose.override.yml", "compose.override.yaml"),
    "docker-compose.yml": ("docker-compose.override.yml", "docker-compose.override.yaml"),
    "docker-compose.yaml": ("docker-compose.override.yaml", "docker-compose.override.yml"),
}
_VALUED = frozenset(
    {
        "-f",
        "--file",
        "-p",
        "--project-name",
        "--profile",
        "--env-file",
        "--project-directory",
        "--parallel",
        "--ansi",
        "--progress",
    }
)
_VERB_VALUED = frozenset(
    {
        "--build-arg",
        "--builder",
        "--memory",
        "-m",
        "--ssh",
        "--pull",
        "--scale",
        "--timeout",
        "-t",
        "--wait-timeout",
        "-e",
        "--env",
    }
    | {
        "-u",
        "--user",
        "-v",
        "--volume",
        "-w",
        "--workdir",
        "--name",
        "--entrypoint",
        "-l",
        "--label",
        "--policy",
        "-p",
        "--publish",
    }
)


@dataclass(frozen=True, slots=True)
class Service:
    """One service of a compose file, as far as images go."""

    name: str
    image: str | None = None
    built: bool = False
    tags: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    build: Value | None = None
    speaks_aws: bool = False
    """AWS's variables or files are handed to it by name."""

    @property
    def pushed(self) -> tuple[str, ...]:
        """The references that a push of this service goes to."""
        return (self.image, *self.tags) if self.built and self.image else ()


@dataclass(frozen=True, slots=True)
class Project:
    """The services of the compose files that a command reads; None where one of them is not known."""

    services: tuple[Service, ...] | None = None
    source: str = ""
    profiles: tuple[str, ...] = ()
    folder: str | None = None
    """What paths of the files are named from."""
    values: Mapping[str, str] = field(default_factory=dict)

    def chosen(self, names: tuple[str, ...]) -> tuple[Service, ...]:
        """Return the services that are named; without names, all whose profile is active."""
        if self.services is None:
            return ()
        if names:
            return tuple(service for service in self.services if service.name in names)
        return tuple(
            service
            for service in self.services
            if not service.profiles or "*" in self.profiles or set(service.profiles) & set(self.profiles)
        )


@dataclass(slots=True)
class _Raw:
    image: str | None = None
    build: Value | None = None
    profiles: list[str] = field(default_factory=list)
    environment: str = ""


def compose(call: Call) -> Found:
    """Read ``docker compose …`` (words from ``compose`` on) or ``docker-compose …``."""
    rest = call.tail
    front: list[str] = []
    while rest and rest[0].startswith("-"):
        size = 2 if rest[0] in _VALUED else 1
        front.extend(rest[:size])
        rest = rest[size:]
    if not rest:
        return ()
    verb, tail = rest[0], rest[1:]
    if verb == "exec":
        return handed_over(f"{call.program} exec", tail) or understood(StepKind.DOCKER)
    if verb not in ("push", "build", "up", "pull", "run", "create"):
        return understood(StepKind.DOCKER)
    project = _project(call, tuple(front))
    names = tuple(arguments(tail, _VERB_VALUED))
    names = names[:1] if verb == "run" else names
    chosen = project.chosen(names)
    unknown = project.services is None or (names and len(chosen) < len(set(names)))
    if verb == "push" or (verb == "build" and has(tail, "--push")):
        targets: list[str | None] = [target for service in chosen for target in service.pushed]
        if unknown:
            targets.append(None)
        bases = _bases(call, project, chosen, tail) if verb == "build" else ()
        pushed = pushes(StepKind.DOCKER, targets, project.source) if targets else ()
        return bases + pushed or understood(StepKind.DOCKER)
    if verb == "build":
        return _bases(call, project, chosen, tail) or understood(StepKind.DOCKER)
    built = verb != "pull" and not has(tail, "--no-build")
    found: list[Operation | Nested] = list(_bases(call, project, chosen, ()) if built else ())
    found.extend(
        pulls(
            StepKind.DOCKER,
            [service.image for service in chosen if service.image and not service.built and may_be_ecr(service.image)],
            project.source,
        )
    )
    what = f"{call.program} {verb}"
    if project.services is None:
        why = "which services it runs, and what they are given, is in a file that is not known"
        found.extend(opaque(what, why, "let the compose file be read at the run's commit (contents: read)"))
    elif any(service.speaks_aws for service in chosen):
        how = "write its calls of AWS into the workflow"
        found.extend(opaque(what, "AWS's credentials are handed to a container", how))
    else:
        found.extend(handed_over(what, tail))
    return tuple(found) or understood(StepKind.DOCKER)


def _bases(call: Call, project: Project, chosen: tuple[Service, ...], tail: tuple[str, ...]) -> tuple[Operation, ...]:
    """Return the pulls of what the Dockerfiles of these services build on."""
    more = pairs(options(tail, "--build-arg"), call.values)
    pulled = (
        of_described_build(StepKind.DOCKER, call.files, project.folder, service.build, project.values, more)
        for service in chosen
        if service.build is not None
    )
    return tuple(dict.fromkeys(operation for found in pulled for operation in found))


def of_described_build(
    kind: StepKind,
    files: Files,
    folder: str | None,
    build: Value | None,
    values: Mapping[str, str],
    arguments_given: Mapping[str, str] | None = None,
) -> tuple[Operation, ...]:
    """Return the pulls of a build as compose and bake files describe it; its Dockerfile is named from its context."""
    if isinstance(build, str):
        build = {"context": build}

    def described(*names: str) -> dict[str, str]:
        found = next((each for name in names if (each := member(build, name)) is not None), None)
        if isinstance(found, dict):
            items = [name if text is None else f"{name}={text_of(text) or ''}" for name, text in found.items()]
        else:
            items = texts_of(found)
        return pairs((interpolated(item, values) for item in items), values)

    def text(*names: str) -> str:
        return next((interpolated(each, values) for name in names if (each := text_of(member(build, name)))), "")

    given = Build(
        {**described("args"), **(arguments_given or {})}, text("target"), described("additional_contexts", "contexts")
    )
    inline = text_of(member(build, "dockerfile_inline") or member(build, "dockerfile-inline"))
    if inline:
        return pulls_of_text(kind, inline, given) + of_contexts(kind, given)
    where = text("context") or "."
    return pulls_of_build(kind, files, folder, given, context=where, file=text("dockerfile") or None, inside=True)


def compose_services(
    texts: list[str], values: Mapping[str, str]
) -> dict[str, tuple[str | None, Value | None, list[str], str]]:
    """Return image, build, profiles and environment of the services of these files, later files over earlier ones."""
    raw: dict[str, _Raw] = {}
    for text in texts:
        services = member(yaml_mapping(text), "services")
        if not isinstance(services, dict):
            continue
        for name, members in services.items():
            own = raw.setdefault(name, _Raw())
            own.build = _merged(own.build, member(members, "build"))
            image = text_of(member(members, "image"))
            own.image = interpolated(image, values) if image else own.image
            own.profiles = texts_of(member(members, "profiles")) or own.profiles
            own.environment += (
                f"{member(members, 'environment')}{member(members, 'volumes')}{member(members, 'env_file')}"
            )
            extended = member(members, "extends")
            parent = text_of(extended) or text_of(member(extended, "service"))
            if parent and member(extended, "file") is None and parent in services:
                base = services[parent]
                own.build = own.build or member(base, "build")
                inherited = text_of(member(base, "image"))
                own.image = own.image or (interpolated(inherited, values) if inherited else None)
    return {name: (own.image, own.build, own.profiles, own.environment) for name, own in raw.items()}


def _merged(first: Value | None, second: Value | None) -> Value | None:
    if isinstance(first, dict) and isinstance(second, dict):
        return {**first, **second}
    return second if second is not None else first


def _project(call: Call, front: tuple[str, ...]) -> Project:
    named = options(front, "-f", "--file") or [each for each in call.values.get("COMPOSE_FILE", "").split(":") if each]
    folder = (options(front, "--project-directory") or [""])[0]
    profiles = (*options(front, "--profile"), *(call.values.get("COMPOSE_PROFILES", "").split(",")))
    found: list[tuple[str, str]] = []
    if named:
        for name in named:
            path = call.path(name)
            text = call.stdin if name == "-" else call.files.text(path)
            if text is None:
                return Project(None, path or name, profiles)
            found.append((path or "", text))
    else:
        default = call.files.first(call.folder or "", DEFAULT_FILES) if call.folder is not None else None
        if default is None:
            return Project(None, "", profiles)
        found.append(default)
        override = call.files.first(call.folder or "", _OVERRIDES[default[0].rpartition("/")[2]])
        found.extend([override] if override else [])
    own = found[0][0].rpartition("/")[0] if not folder else call.path(folder)
    env_name = (options(front, "--env-file") or [".env"])[0]
    env_text = call.text(env_name) or call.files.text(f"{own}/{env_name}" if own else env_name)
    values = {**dotenv(env_text or ""), **call.values}
    if any("include" in yaml_mapping(text) for _, text in found):
        return Project(None, found[0][0], profiles)
    services = compose_services([text for _, text in found], values)
    if not services:
        return Project(None, found[0][0], profiles)
    made = tuple(
        Service(
            name,
            image,
            build is not None,
            tuple(interpolated(tag, values) for tag in texts_of(member(build, "tags"))),
            tuple(own_profiles),
            speaks_aws="AWS_" in environment or ".aws" in environment,
            build=build,
        )
        for name, (image, build, own_profiles, environment) in services.items()
    )
    return Project(made, found[0][0], tuple(each for each in profiles if each), own, values)
