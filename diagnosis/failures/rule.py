"""Define what a rule of the log reader is, and the short forms in which rules are written."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import IntEnum

from diagnosis.causes import Cause
from diagnosis.gates import Checkpoint, Plane
from diagnosis.names.arn import Arn
from diagnosis.verdicts.gate_verdict import Finding


class Weight(IntEnum):
    """How much a failure says about what stopped the run. The heaviest decides; of several, the first."""

    APPLICATION = 1
    """An application or a test printed it: believed only where nothing else is there."""
    OUTCOME = 2
    """A step or command ended badly, without a reason: an exit code, a cancelled job."""
    CONSEQUENCE = 3
    """Follows from an earlier failure, or is tolerated by what printed it; alone it still says something."""
    DOUBTFUL = 4
    """A warning or a hint: believed where nothing better is there."""
    PASSING = 5
    """Often retried or worked around: network faults, a probe for something that may be absent."""
    PROVISIONING = 6
    """Another denial on the way, which scripts often tolerate."""
    ROOT = 7
    """A tool says why it failed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A finding with its weight, before it is tied to a line."""

    finding: Finding
    weight: Weight = Weight.ROOT


@dataclass(slots=True)
class LogContext:
    """What the log has told so far and a rule may need to judge a line. Part of it is reset when a step begins."""

    title: str = ""
    aws_oidc: bool = False
    """The step (or an earlier one of this log) exchanges GitHub's token for an AWS role."""
    assumed: bool = False
    """A role was assumed in this log: later calls should be signed with its session's keys."""
    inputs: set[str] = field(default_factory=set)
    """The roles that steps are told to assume, as their heads show them: ARNs or names, perhaps masked."""
    roles_elsewhere: bool = False
    """A command of this log assumes a role too, so the heads do not name all roles."""
    other_tool: bool = False
    """The step is known to belong to another cloud or service."""
    static_keys: bool = False
    hinted: bool = False
    """The hint about ``id-token`` was printed in this step."""
    foreign_token: bool = False
    """An action of another service that asks for an ID token was begun last; no action that assumes a role came after it."""
    registry: Registry | None = None
    """Kind of the registry that was named last."""
    target: Registry | None = None
    """Kind of the registry that a tool said it would push to, whatever base images it names after that."""
    login_hosts: set[str] = field(default_factory=set)
    """ECR hosts that a login named."""
    pushing: bool = False
    """The step pushes an image."""
    codeartifact: bool = False
    """The step named CodeArtifact, whose login shares its words with ECR's."""
    state_action: str | None = None
    """What Terraform said that it was at with its state, in a line before the refusal: the action of S3 that this needs."""
    cache_steps: set[str] = field(default_factory=set)
    """How BuildKit marks the lines of steps that only read a build cache (``#7``): they stop no build."""
    base_steps: set[str] = field(default_factory=set)
    """The same for steps that look a base image up: they pull, whatever the build is for."""

    @property
    def roles(self) -> frozenset[str]:
        """The names of the roles that the log's steps assume; empty where not all of them are known."""
        names = [role_name(text) for text in self.inputs]
        known = [name for name in names if name]
        return frozenset() if self.roles_elsewhere or len(known) < len(names) else frozenset(known)

    def reads_cache(self, text: str) -> bool:
        """Return whether a line speaks of reading a build cache."""
        return "importing cache" in text or "cache importer" in text or text.startswith(tuple(self.cache_steps))

    def reads_base(self, text: str) -> bool:
        """Return whether a line was printed by a step that looks a base image up."""
        return text.startswith(tuple(self.base_steps))

    def begin(self, title: str) -> None:
        """Begin a step: forget what belonged to the one before it."""
        self.title = title
        self.state_action = None
        self.aws_oidc = self.other_tool = self.static_keys = self.hinted = self.pushing = self.codeartifact = False
        self.cache_steps.clear()
        self.base_steps.clear()


def role_name(text: str) -> str | None:
    """Return the name of the role that an input gives, as an ARN or by its name; None where it is masked or no name."""
    arn = Arn.parse(text)
    name = arn.name if arn is not None and arn.is_role else text
    return name if _ROLE_NAME.fullmatch(name) else None


_ROLE_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)


class Registry(IntEnum):
    """Whose registry an address is."""

    ECR = 1
    ECR_PUBLIC = 2
    OTHER = 3


Judge = Callable[[str, LogContext], Seen | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that a line must hold one of, case and all, and the judgement of such a line.

    The words are also what the log is searched for (:mod:`diagnosis.failures.prefilter`): no other line is judged.
    """

    words: tuple[str, ...]
    judge: Judge

    def __call__(self, text: str, context: LogContext) -> Seen | None:
        """Return the judgement of a line, or None if it holds none of the words or does not say what the rule is about."""
        for word in self.words:
            if word in text:
                return self.judge(text, context)
        return None


def authn(
    checkpoint: Checkpoint | None,
    cause: Cause | None,
    *candidates: Cause,
    weight: Weight = Weight.ROOT,
    action: str | None = None,
) -> Seen:
    """Return a failure on the authentication plane."""
    return Seen(Finding(Plane.AUTHENTICATION, checkpoint, cause, candidates, action=action), weight)


def authz(
    checkpoint: Checkpoint | None,
    cause: Cause | None,
    *candidates: Cause,
    weight: Weight = Weight.ROOT,
    action: str | None = None,
) -> Seen:
    """Return a failure on the authorization plane."""
    return Seen(Finding(Plane.AUTHORIZATION, checkpoint, cause, candidates, action=action), weight)


def state(cause: Cause | None, *candidates: Cause, weight: Weight = Weight.ROOT) -> Seen:
    """Return a failure of the registry's state: it refuses although no policy forbids."""
    return Seen(Finding(Plane.REGISTRY_STATE, None, cause, candidates), weight)


def other(cause: Cause | None, *candidates: Cause, weight: Weight = Weight.ROOT) -> Seen:
    """Return a failure that is no access defect of this release."""
    return Seen(Finding(Plane.OTHER, None, cause, candidates), weight)


def lighter(seen: Seen, weight: Weight) -> Seen:
    """Return the same judgement with at most this weight."""
    return seen if seen.weight <= weight else replace(seen, weight=weight)


def says(pattern: str, answer: Seen) -> Judge:
    """Return a judge that answers ``answer`` where the pattern is found."""
    compiled = re.compile(pattern)
    return lambda text, _scene: answer if compiled.search(text) else None


def holding(answer: Seen, *words: str) -> Rule:
    """Return a rule that answers ``answer`` wherever one of the words is found."""
    return Rule(words, lambda _text, _scene: answer)
