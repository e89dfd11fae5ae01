"""What stands around a chain of attempts: deployment environments, and the commits and pull requests between two runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from diagnosis.facts.reading import Reading, Unreadable


@dataclass(frozen=True, slots=True)
class ProtectionRule:
    """One rule that a job in an environment has to wait for."""

    kind: str
    """``required_reviewers``, ``wait_timer``, ``branch_policy``, or what GitHub calls another."""
    wait_minutes: int | None = None
    reviewers: tuple[str, ...] = ()
    """Logins of users, and teams as ``team/slug``."""
    prevent_self_review: bool | None = None


@dataclass(frozen=True, slots=True)
class RefPolicy:
    """A pattern of names of which one must fit the ref that deploys."""

    pattern: str
    kind: str = "branch"
    """``branch`` or ``tag``."""


class DeployableRefs(StrEnum):
    """From which refs a job may run in an environment."""

    ANY = "any"
    """Every branch and tag, so every workflow of the repository reaches the environment's subject."""
    PROTECTED = "protected"
    """Protected branches."""
    LISTED = "listed"
    """Those that a :class:`RefPolicy` names."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A deployment environment: what stands between a workflow and the subject ``repo:O/R:environment:NAME``."""

    name: str
    refs: DeployableRefs
    policies: Reading[tuple[RefPolicy, ...]]
    """``Known(())`` unless ``refs`` is :attr:`DeployableRefs.LISTED`."""
    rules: tuple[ProtectionRule, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit. Title and author are foreign text."""

    sha: str
    title: str
    """The first line of the message, secrets replaced."""
    author: str = ""
    """Login, or the name that git recorded."""
    committed_at: datetime | None = None
    parents: tuple[str, ...] = ()
    """SHAs; a merge has several. They tell which commits a merged pull request brought."""


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request that a commit belongs to."""

    number: int
    title: str = ""
    """Foreign text; empty where only a commit's title names the pull request."""
    by_title: bool = False
    """Whether nothing but the commit's title says so, which anybody can write."""


class Relation(StrEnum):
    """How the later commit stands to the earlier one; GitHub's words."""

    AHEAD = "ahead"
    BEHIND = "behind"
    DIVERGED = "diverged"
    """They have a common ancestor only: another branch, or a rewritten history."""
    IDENTICAL = "identical"


@dataclass(frozen=True, slots=True)
class CommitsBetween:
    """What lies between the commits of two attempts: ``GET /repos/{o}/{r}/compare/{base}...{head}``."""

    head: str
    relation: Relation
    commits: tuple[Commit, ...] = ()
    """Reachable from the head and not from the base, oldest first."""
    total: int = 0
    """How many there are; more than :attr:`commits` holds where the list was cut."""
    pull_requests: tuple[PullRequest, ...] = ()
    """Those that the commits came with, by number."""
    files: tuple[str, ...] = ()
    """Paths that differ between the common ancestor and the head; GitHub names 300 at most."""
    html_url: str = ""
    unread: tuple[Unreadable, ...] = ()
    """What is missing: the rest of a long list, the pull requests of commits whose titles name none."""
