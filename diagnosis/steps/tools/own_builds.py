"""Tell by the name of a task or a script whether it is the project's own build or test, whose programs are understood as such."""

from __future__ import annotations

import re

_OWN_BUILD = re.compile(
    r"(?:pre|post)?(?:build|test|tests|lint|format|fmt|check|typecheck|type-check|types|tsc|compile|clean|coverage|ci|e2e|unit|integration"
    r"|bundle|codegen|generate|audit|prepare|install|start|dev|docs|storybook|audit|vet|bench|spec|pretty|prettier|eslint)(?:[:_-][\w:-]*)?"
)
_PUSHING = re.compile(r"push|publish|deploy|release|upload|ship|aws|ecr|docker|image")


def is_own_build(name: str) -> bool:
    """Return whether a task of that name builds or tests; not one whose name says that it sends something, too."""
    return bool(_OWN_BUILD.fullmatch(name)) and not _PUSHING.search(name)
