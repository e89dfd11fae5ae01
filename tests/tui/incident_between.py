"""What lies between two attempts of the incident, by hand: one commit, its pull request, an environment."""

from __future__ import annotations

from datetime import UTC, datetime

from incident_names import REPOSITORY

from diagnosis.facts.github_context import (
    Commit,
    CommitsBetween,
    DeployableRefs,
    Environment,
    ProtectionRule,
    PullRequest,
    RefPolicy,
    Relation,
)
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.verdicts.replay import Replay
from tui.backend import Between

COMPARISON = f"https://github.com/{REPOSITORY}/compare/799d398a...f00dfeed"


def between_of(earlier: Replay, later: Replay, title: str = "Name the subject of dev") -> Between:
    """The later run stands one commit ahead."""
    commits = CommitsBetween(
        "f00dfeed" * 5,
        Relation.AHEAD,
        commits=(Commit("f00dfeed" * 5, title, "someone", datetime(2026, 2, 13, 11, 37, tzinfo=UTC)),),
        total=1,
        pull_requests=(PullRequest(812, title, by_title=True),),
        files=(".github/workflows/dev_min_m1_packaging.yml", "docker/Dockerfile"),
        html_url=COMPARISON,
        unread=(Unreadable("the pull requests of earlier commits", "ten are asked for", "look at the commits"),),
    )
    environment = Environment(
        "dev",
        DeployableRefs.LISTED,
        Known((RefPolicy("dev"), RefPolicy("v*", "tag"))),
        rules=(ProtectionRule("required_reviewers", reviewers=("someone", "team/release"), prevent_self_review=True),),
        updated_at=datetime(2026, 2, 1, 8, 0, tzinfo=UTC),
    )
    return Between(Known(commits), (("dev", Known(environment)),), (_subjects(earlier), _subjects(later)))


def _subjects(replay: Replay) -> tuple[str, ...]:
    return (f"repo:{REPOSITORY}:ref:{replay.attempt.ref}",)
