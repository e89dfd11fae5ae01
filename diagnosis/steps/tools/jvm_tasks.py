"""Tell by their names which goals, tasks and commands of Maven, Gradle and sbt build or test, and so leave AWS alone.

An allow-list for each tool: a build's own tasks are programs, and those of plugins deploy and upload. What the file of the
build binds to a phase or a task counts as the project's own build, but for the pushes that ``jvm_bound`` finds. Sources: Maven,
"Introduction to the Build Lifecycle" and "Available Plugins"; Gradle's plugin reference; sbt's command reference.
"""

from __future__ import annotations

import re

_PHASES = """
validate initialize generate-sources process-sources generate-resources process-resources compile process-classes
generate-test-sources process-test-sources generate-test-resources process-test-resources test-compile process-test-classes
test prepare-package package pre-integration-test integration-test post-integration-test verify install pre-clean clean
post-clean pre-site site post-site
"""
_PLUGINS = """
assembly archetype build-helper buildnumber checkstyle clean compiler cyclonedx dependency dependency-check enforcer failsafe
flatten fmt formatter git-commit-id gpg help install jacoco jar javadoc jxr license pitest pmd project-info-reports protobuf
resources rewrite shade site sonar sortpom source spotbugs spotless surefire tidy versions war wrapper
"""
"""Prefixes of plugins that send nothing to AWS, but for goals whose name says that they send something (``site:deploy``)."""
_KNOWN_PHASES, _KNOWN_PLUGINS = frozenset(_PHASES.split()), frozenset(_PLUGINS.split())
_GOALS = frozenset(
    {"jib:dockerBuild", "jib:buildTar", "spring-boot:build-image", "spring-boot:build-image-no-fork", "docker:build"}
    | {
        "spring-boot:repackage",
        "spring-boot:build-info",
        "release:clean",
        "release:prepare",
        "quarkus:build",
        "native:compile",
    }
)
_COORDINATES = re.compile(
    r"(?:[\w.-]+:)?(?:maven-)?([\w.-]+?)(?:-maven)?(?:-plugin)?(?::(?=[\w.-]*\d)[\w.-]++)?:([\w-]+)(?:@[\w.-]+)?"
)
_SENDS = re.compile(r"push|publish|deploy|upload|ship|aws|ecr|docker|image|remote", re.IGNORECASE)
_GRADLE_TASK = re.compile(
    r"(?:assemble|build|bundle|check|checkstyle|classes|clean|compile|connected|dependency|detekt|dokka|functionalTest|generate"
    r"|integrationTest|jacoco|jar|javadoc|kover|ktlint|lint|pmd|spotbugs|spotless|test|unitTest)(?:[A-Z]\w{0,80})?"
    r"|process[A-Z]?\w{0,60}Resources|\w{1,60}(?:Jar|War|Classes)"
)
_GRADLE_LOCAL = frozenset(
    {
        "war",
        "ear",
        "dependencies",
        "properties",
        "tasks",
        "projects",
        "help",
        "wrapper",
        "installDist",
        "distZip",
        "distTar",
    }
    | {
        "nativeCompile",
        "nativeTest",
        "nativeBuild",
        "sonar",
        "sonarqube",
        "apiCheck",
        "apiDump",
        "quarkusBuild",
        "verify",
    }
    | {"license", "licenseMain", "licenseTest", "licenseFormat", "openApiGenerate", "openApiValidate", "cyclonedxBom"}
    | {
        "ktlintCheck",
        "processAot",
        "processTestAot",
        "validatePlugins",
        "currentVersion",
        "codeCoverageReport",
        "format",
    }
    | {"jibDockerBuild", "jibBuildTar", "bootBuildImage", "imageBuild", "docker", "dockerBuild", "dockerBuildImage"}
    | {"dockerBuildNative", "dockerCreateDockerfile", "dockerPrepare", "dockerfile", "publishToMavenLocal"}
)
_SBT = """
compile test clean update package assembly stage dist doc publishLocal publishM2 coverage coverageOff coverageReport
coverageAggregate scalafmt scalafmtAll scalafmtCheck scalafmtCheckAll scalafmtSbt scalafmtSbtCheck scalafix scalafixAll
headerCheck headerCheckAll headerCreate mimaReportBinaryIssues dependencyUpdates dependencyTree dependencyCheck evicted
undeclaredCompileDependencies unusedCompileDependencies version about reload projects plugins packageBin packageZipTarball
packageDoc packageSrc testQuick fullClasspath makeSite unidoc githubWorkflowCheck githubWorkflowGenerate
docker:publishLocal Docker/publishLocal Docker/stage docker:stage fastOptJS fullOptJS fastLinkJS fullLinkJS exit
"""
_KNOWN_COMMANDS = frozenset(_SBT.split())


def is_goal_of_build(word: str) -> bool:
    """Return whether a phase or a goal of Maven builds or tests."""
    if word in _KNOWN_PHASES or word in _GOALS:
        return True
    found = _COORDINATES.fullmatch(word) if len(word) <= 200 else None
    if found is None:
        return False
    return f"{found[1]}:{found[2]}" in _GOALS or (found[1] in _KNOWN_PLUGINS and not _SENDS.search(found[2]))


def is_task_of_build(name: str) -> bool:
    """Return whether a task of Gradle, by its name without the path of its project, builds or tests."""
    return name in _GRADLE_LOCAL or bool(_GRADLE_TASK.fullmatch(name) and not _SENDS.search(name))


def is_command_of_build(word: str) -> bool:
    """Return whether an argument of sbt, one command or several with ``;``, builds or tests."""
    return all(_of_sbt(each.split()) for each in word.split(";") if each.strip())


def _of_sbt(words: list[str]) -> bool:
    first = words[0]
    if first.startswith("++") and len(words) == 1:
        return True  # the version of Scala
    if first.startswith("++"):
        words = words[1:]
    name = words[0].lstrip("+")
    last = re.split(r"[/:]", name)[-1]
    if name in _KNOWN_COMMANDS or (last in _KNOWN_COMMANDS and not _SENDS.search(name)):
        return len(words) == 1 or last == "testQuick"
    if last == "show":
        return len(words) == 2 and bool(re.fullmatch(r"[\w/:-]+", words[1])) and not _SENDS.search(words[1])
    return last in ("testOnly", "project")
