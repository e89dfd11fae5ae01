"""Sources of the server's tools that answer from values: a world's diagnosis, a plan, no network."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from arns import arn_of
from live_worlds import LiveDouble, diagnosis_of_world

from diagnosis.documents.json_values import Json
from diagnosis.facts.account import Role
from diagnosis.facts.case import Case
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import OidcCustomization, Repository
from diagnosis.facts.workflow import Workflow, WorkflowJob, WorkflowStep
from diagnosis.findings.finding import Finding, Level, Place
from diagnosis.migration.move import move_of
from diagnosis.migration.plan import Migration, RepositoryUse, migration, tokens_by_move
from diagnosis.migration.role_plan import plan_role
from diagnosis.policy import read_document
from diagnosis.verdicts.conform_rule import ConformRule
from diagnosis.verdicts.conformance import Conformance
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import BackendProblem, Progress
from tui.mcp.foreign_text import KEY

ISSUER = "token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::111122223333:role/release"


def trust_of(*subjects: str, **more: object) -> str:
    """A trust policy for GitHub's tokens with these subjects."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Release",
                    "Effect": "Allow",
                    "Principal": {"Federated": f"arn:aws:iam::111122223333:oidc-provider/{ISSUER}"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {
                        "StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"},
                        "StringLike": {f"{ISSUER}:sub": list(subjects)},
                    },
                    **more,
                }
            ],
        }
    )


def plan_of() -> Migration:
    """A repository that is to become immutable, and a role that breaks."""
    repository = Repository("acme/shop", 456, 123, default_branch="main")
    classic = Known(OidcCustomization(sub_claim_prefix="repo:acme/shop", use_immutable_subject=False))
    login = WorkflowStep(name=None, uses="aws-actions/configure-aws-credentials@v4", run=None)
    workflow = Workflow(
        ".github/workflows/release.yml", "Release", (WorkflowJob("ship", None, (login,)),), triggers=("push",)
    )
    use = RepositoryUse(move_of(repository, classic), (workflow,), ())
    role = Role(arn_of(ROLE), "release", read_document(trust_of("repo:acme/shop:ref:refs/heads/main")), 3600)
    planned = plan_role(role, tuple(tokens_by_move([use]).items()))
    assert planned is not None
    return migration([use], [planned], judged=[role.arn])


def change_of() -> Conformance:
    """A change that widens a trust policy, and one that is worth a note."""
    findings = (
        Finding(
            ConformRule.WIDENED_TRUST,
            Level.ERROR,
            Place("iam/trust.json", 3, 1, "Statement[0]"),
            "Role release would admit any other branch.",
            ConformRule.WIDENED_TRUST.record.correction,
            ("any other branch: repo:o/r:ref:refs/heads/x",),
            (Place("main.tf", 1, 1, "aws_iam_role.release"),),
        ),
        Finding(ConformRule.NOT_PINNED, Level.NOTE, Place(".github/workflows/a.yml", 8, None, ""), "Moves.", "Pin it."),
    )
    at = datetime(2026, 6, 1, tzinfo=UTC)
    return Conformance("o/r", "main (c0ffee)", findings, 2, ("a.yml (a push)",), at, ("The base is shallow.",))


class OpenDouble(LiveDouble):
    """A backend that takes named runs too."""

    under_way = 0
    """How many diagnoses are being made."""

    def diagnose_runs(self, runs: Sequence[int], **hooks: Any) -> Diagnosis:
        return self.diagnose(None, subject=None, **hooks)

    def diagnose(self, selected: Any, **hooks: Any) -> Diagnosis:
        self.under_way += 1
        try:
            hooks["progress"](Progress("asking the account"))
            return super().diagnose(selected, **hooks)
        finally:
            self.under_way -= 1


class ValueSources:
    """Opens one backend, whatever is asked for."""

    def __init__(
        self, diagnosis: Diagnosis | None = None, root: Path = Path(), change: Any = lambda value: value
    ) -> None:
        self.backend = OpenDouble(diagnosis or diagnosis_of_world("five changes"))
        self.root = root
        self.change = change
        self.problem: BackendProblem | None = None
        self.opened: list[tuple[object, ...]] = []

    def demo(self, stage: str, incident: str) -> Any:
        return self._open("demo", stage, incident)

    def runs_named(self, words: Sequence[str]) -> tuple[str | None, tuple[int, ...]]:
        from tui.cli.commands.diagnose import runs_named

        return runs_named(tuple(words), {})

    def repository(self, name: str | None, workflow: str, branch: str, case: Case) -> Any:
        return self._open(name, workflow, branch)

    def case(self, file: Path | None) -> Case:
        from tui.cli.options.repository import read_case_option

        return read_case_option({"case_file": file})

    def migration(self, *asked: Any) -> Any:
        self.opened.append(asked)
        return self.change(plan_of())

    def conformance(self, *asked: Any) -> Any:
        self.opened.append(asked)
        return self.change(change_of())

    def _open(self, *asked: object) -> Any:
        self.opened.append(asked)
        if self.problem is not None:
            raise self.problem
        return self.backend


def unmarked(value: Json, word: str) -> Iterator[str]:
    """Every text of an answer that an agent reads as planescope's own: names of members too, and what stands outside the marks."""
    if isinstance(value, dict):
        if KEY in value:
            assert set(value) <= {KEY, "left_out"}, value
            return
        for name, item in value.items():
            yield name
            yield from unmarked(item, word)
    elif isinstance(value, list):
        for item in value:
            yield from unmarked(item, word)
    elif isinstance(value, str):
        yield re.sub(f"⟦{word} .*? {word}⟧", "", value) if word else value
