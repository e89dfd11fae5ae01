"""Which goals and tasks that push an image the file of a build binds to a phase of Maven or to another task of Gradle.

Sources: Maven, "Introduction to the Build Lifecycle"; jib's plugin pages ("Bind to a lifecycle"); the references of Spring Boot's
plugin, dockerfile-maven-plugin and docker-maven-plugin on their goals' phases.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_PHASES = """
validate initialize generate-sources process-sources generate-resources process-resources compile process-classes
generate-test-sources process-test-sources generate-test-resources process-test-resources test-compile process-test-classes
test prepare-package package pre-integration-test integration-test post-integration-test verify install deploy
"""
_LIFECYCLE = _PHASES.split()
_PLUGINS = {
    "jib-maven-plugin": (("build",), None),
    "dockerfile-maven-plugin": (("push",), "deploy"),
    "docker-maven-plugin": (("push",), "deploy"),
    "spring-boot-maven-plugin": (("build-image", "build-image-no-fork"), "package"),
}
"""The goals of each plugin that push, and the phase in which they run where an execution names none."""
_PHASE = re.compile(r"<phase>\s*([\w-]{1,60})\s*</phase>")
_ELSEWHERE = ("pluginManagement", "profiles")
"""Parts of a pom that count where a module or an option says so."""
_GRADLE_BOUND = re.compile(
    r"\b(?:dependsOn|finalizedBy)\b[^\n]{0,200}?\b(jib|dockerPush\w{0,40}|dockerBuildAndPush|pushImage|imagePush)\b"
)


def bound_in_pom(pom: str, phases: Iterable[str]) -> tuple[str, bool] | None:
    """Return the plugin that pushes by one of these phases, and whether it does so for certain; None where none does."""
    reached = max((_LIFECYCLE.index(each) for each in phases if each in _LIFECYCLE), default=-1)
    if reached < 0:
        return None
    text = "".join(part if not place else part.partition("-->")[2] for place, part in enumerate(pom.split("<!--")))
    whole = text
    for name in _ELSEWHERE:
        text = "".join(
            part if not place else part.partition(f"</{name}>")[2] for place, part in enumerate(text.split(f"<{name}>"))
        )
    for of, certain in ((text, True), (whole, False)):
        found = next((plugin for plugin, phase in _executions(of) if _LIFECYCLE.index(phase) <= reached), None)
        if found is not None:
            return found, certain
    return None


def _executions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the plugins that push in an execution, with its phase."""
    for piece in text.split("<plugin>")[1:]:
        plugin = piece.partition("</plugin>")[0]
        for name, (goals, default) in _PLUGINS.items():
            if f"<artifactId>{name}</artifactId>" not in plugin:
                continue
            if name.startswith("spring") and "<publish>true</publish>" not in plugin:
                continue
            for execution in plugin.split("<execution>")[1:]:
                named = _PHASE.search(execution)
                phase = named[1] if named else default
                if phase in _LIFECYCLE and any(f"<goal>{goal}</goal>" in execution for goal in goals):
                    yield name, phase or ""


def bound_in_gradle(text: str) -> str | None:
    """Return a task that pushes and that the build's file makes part of another one; None where it does not."""
    found = _GRADLE_BOUND.search(text)
    return found[1] if found else None
