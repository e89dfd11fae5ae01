"""Read the builders of the JVM that push images: jib, Spring Boot, Quarkus, and their like, with Maven and Gradle.

Sources: jib's plugin pages, Spring Boot's plugin reference ("Packaging OCI images"), Quarkus' container image guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from diagnosis.steps.kinds import StepKind
from diagnosis.steps.tools.call import Call, Found, arguments, has, opaque, option, pushes, understood
from diagnosis.steps.tools.jvm_bound import bound_in_gradle, bound_in_pom
from diagnosis.steps.tools.jvm_tasks import is_command_of_build, is_goal_of_build, is_task_of_build

KIND = StepKind.OTHER_IMAGE_TOOL
_PROPERTY = re.compile(r"-[DP]([\w.-]+)(?:=(.*))?", re.DOTALL)
_MAVEN_PUSH = re.compile(
    r"(?:jib(?:-maven-plugin(?::[\w.$-]+)?)?:build|com\.google\.cloud\.tools:jib-maven-plugin:(?:[^:]+:)?build)$"
)
_MAVEN_SPRING = re.compile(
    r"(?:spring-boot|org\.springframework\.boot:spring-boot-maven-plugin(?::[^:]+)?):build-image(?:-no-fork)?$"
)
_MAVEN_OTHER = re.compile(
    r"(?:docker|dockerfile|fabric8|k8s|oc|docker-maven-plugin|dockerfile-maven-plugin(?::[^:]+)?):push$"
)
_MAVEN_VALUED = frozenset(
    {
        "-f",
        "--file",
        "-s",
        "--settings",
        "-gs",
        "--global-settings",
        "-t",
        "--toolchains",
        "-pl",
        "--projects",
        "-T",
        "--threads",
    }
    | {
        "-P",
        "--activate-profiles",
        "-rf",
        "--resume-from",
        "-l",
        "--log-file",
        "-b",
        "--builder",
        "-D",
        "--define",
        "--color",
    }
)
_GRADLE_VALUED = frozenset(
    {
        "-p",
        "--project-dir",
        "-b",
        "--build-file",
        "-c",
        "--settings-file",
        "-I",
        "--init-script",
        "-x",
        "--exclude-task",
    }
    | {"-g", "--gradle-user-home", "--console", "--max-workers", "--tests", "--image", "--imageName", "--include-build"}
    | {
        "--project-cache-dir",
        "--warning-mode",
        "--priority",
        "-F",
        "--dependency-verification",
        "--configuration",
        "-D",
        "-P",
    }
    | {"--gradle-version", "--distribution-type"}
)
_GRADLE_PUSH = frozenset(
    {"dockerPush", "dockerPushImage", "dockerBuildAndPush", "pushImage", "dockerPushNative", "imagePush"}
)
_SBT_VALUED = frozenset(
    {
        "-mem",
        "--mem",
        "-java-home",
        "--java-home",
        "-sbt-version",
        "--sbt-version",
        "-sbt-dir",
        "-sbt-boot",
        "-sbt-jar",
        "-ivy",
    }
)
_SBT_PUSH = re.compile(r"\b[Dd]ocker\s*[:/]\s*publish\b(?!Local)")
_REFERENCE = re.compile(r"\$\{([\w.-]+)\}")
_POM_IMAGE = re.compile(
    r"jib-maven-plugin(?:(?!jib-maven-plugin).){0,3000}?<to>(?:(?!<to>).){0,500}?<image>\s*([^<\s]+)\s*</image>",
    re.DOTALL,
)
_POM_PROPERTY = re.compile(r"<([\w.-]+)>([^<]{1,500})</\1>")
_GRADLE_IMAGE = re.compile(r"\bto\s*\{[^{}]{0,500}?\bimage\s*+(?:(?:=|\.set\()\s*+)?[\"']([^\"'\n]{1,500})[\"']")
_GRADLE_FILES = ("build.gradle", "build.gradle.kts")


def maven(call: Call) -> Found:
    """Read Maven: the goals that push, with the image that a property or the pom names."""
    given = _properties(call.tail)
    targets: list[str | None] = []
    pushed = False
    for word in call.tail:
        if _MAVEN_PUSH.search(word):
            pushed = True
            targets.append(given.get("jib.to.image") or given.get("image") or _pom_image(call, given))
        elif _MAVEN_SPRING.search(word) and given.get("spring-boot.build-image.publish", "") == "true":
            pushed = True
            targets.append(given.get("spring-boot.build-image.imageName"))
        elif _MAVEN_OTHER.search(word):
            pushed = True
            targets.append(given.get("docker.image") or given.get("docker.name"))
    goals = [word for word in arguments(call.tail, _MAVEN_VALUED) if not _pushes_by_maven(word)]
    other = [each for each in goals if not is_goal_of_build(each)]
    pom = call.text(option(call.tail, "-f", "--file") or "pom.xml") or ""
    plugin, certain = (bound_in_pom(pom, goals) if "<plugin>" in pom else None) or ("", False)
    if plugin == "jib-maven-plugin" and given.get("jib.skip") == "true":
        plugin = ""
    if plugin and certain:
        pushed = True
        image = given.get("jib.to.image") or given.get("image") or _pom_image(call, given)
        targets.append(image if plugin == "jib-maven-plugin" else None)
    elif plugin:
        other.append(f"with {plugin}")
    return _with_quarkus(given, call, targets, pushed=pushed, other=other)


def _pushes_by_maven(word: str) -> bool:
    return any(pattern.search(word) for pattern in (_MAVEN_PUSH, _MAVEN_SPRING, _MAVEN_OTHER))


def gradle(call: Call) -> Found:
    """Read Gradle: the tasks that push, with the image that an option or the build file names."""
    given = _properties(call.tail)
    named = arguments(call.tail, _GRADLE_VALUED)
    tasks = {word.rsplit(":", 1)[-1]: word for word in named}
    targets: list[str | None] = []
    pushed = False
    if "jib" in tasks:
        pushed = True
        targets.append(option(call.tail, "--image") or given.get("jib.to.image") or _gradle_image(call))
    if "bootBuildImage" in tasks and has(call.tail, "--publishImage"):
        pushed = True
        targets.append(option(call.tail, "--imageName"))
    if tasks.keys() & _GRADLE_PUSH:
        pushed = True
        targets.append(None)
    known = _GRADLE_PUSH | {"jib"}
    other = [word for name, word in tasks.items() if name not in known and not is_task_of_build(name)]
    texts = [text for name in _GRADLE_FILES if named and (text := call.text(name)) is not None]
    other += [f"with {task}" for text in texts if (task := bound_in_gradle(text)) and task not in tasks]
    return _with_quarkus(given, call, targets, pushed=pushed, other=other)


def sbt(call: Call) -> Found:
    """Read sbt: ``Docker/publish`` of the native packager, whose image the build names."""
    named = arguments(call.tail, _SBT_VALUED)
    publishes = [word for word in named if _SBT_PUSH.search(word)]
    other = [word for word in named if word not in publishes and not is_command_of_build(word)]
    return (*(pushes(KIND, [None]) if publishes else ()), *_unknown(call, other)) or understood(KIND)


def _unknown(call: Call, names: list[str]) -> Found:
    """Return the mark for what a build is asked to do that is not known to build or test."""
    how = "name its calls of AWS in a step of their own"
    return opaque(f"{call.program} {names[0]}"[:100], "what this does is up to the build", how) if names else ()


def _with_quarkus(
    given: Mapping[str, str], call: Call, targets: list[str | None], *, pushed: bool, other: list[str]
) -> Found:
    push = given.get("quarkus.container-image.push") or call.values.get("QUARKUS_CONTAINER_IMAGE_PUSH", "")
    if push == "true":
        pushed = True
        targets.append(_quarkus_image(given))
    return (*(pushes(KIND, targets) if pushed else ()), *_unknown(call, other)) or understood(KIND)


def _quarkus_image(given: Mapping[str, str]) -> str | None:
    whole = given.get("quarkus.container-image.image")
    if whole:
        return whole
    registry, group, name = (given.get(f"quarkus.container-image.{part}") for part in ("registry", "group", "name"))
    return f"{registry}/{group}/{name}" if registry and group and name else f"{registry}/$name" if registry else None


def _properties(words: tuple[str, ...]) -> dict[str, str]:
    found = (_PROPERTY.fullmatch(word) for word in words)
    return {each[1]: each[2] if each[2] is not None else "true" for each in found if each}


def _pom_image(call: Call, given: Mapping[str, str]) -> str | None:
    text = call.text(option(call.tail, "-f", "--file") or "pom.xml")
    found = _POM_IMAGE.search(text) if text else None
    if text is None or found is None:
        return None
    own = dict(_POM_PROPERTY.findall(text[:50_000]))

    def fill(reference: re.Match[str]) -> str:
        name = reference[1]
        if name.startswith("env."):
            return call.values.get(name.removeprefix("env."), reference[0])
        return given.get(name) or own.get(name.removeprefix("project."), reference[0])

    image = found[1]
    for _ in range(3):
        image = _REFERENCE.sub(fill, image)
    return image[:1_000]


def _gradle_image(call: Call) -> str | None:
    for name in _GRADLE_FILES:
        text = call.text(name)
        found = _GRADLE_IMAGE.search(text) if text else None
        if found:
            return found[1]
    return None
