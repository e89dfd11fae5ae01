"""Live worlds for the screens that are not the embedded incident, each by its name; all are judged as the command line judges.

``live_backend(name)`` is a backend of one. To look at one by hand::

    PYTHONPATH=.:tests/helpers:tests/worlds:tests/tui python tests/tui/live_worlds.py "long names"
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache
from typing import Any

from arns import arn_of
from backend_double import BackendDouble
from compliant_chain import CLOSING, FIRST, SECOND, ComplyingRelease, event, minutes
from deploying_release import released
from made_attempts import with_workflow
from replay_builders import Spec, as_they_went_well, denied, failing, job_of, skipped
from seeded_defects import DEFECTS, broken
from small_world import HOME, NOW, World, allow, policy, sound_world

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.account import CredentialsProblem, NamedPolicy, Role
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument, read_document
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.backend import CancelHook, ProgressHook, RunKey, RunPage, RunQuery, RunRow, no_progress

REFUSED = "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity"
NO_TOKEN = "##[error]Credentials could not be loaded, please check your action inputs"
NAMES = {
    "octo-org/octo-repo": "international-payments-and-settlements/customer-onboarding-and-verification-service",
    "octo-org": "international-payments-and-settlements",
    "shop/api": "payments/customer-onboarding/verification-service/production-images",
    "role/release": "role/ci/github-actions/gha-customer-onboarding-verification-release-production-eu",
    "heads/release": "heads/feature/PAY-20391-rework-reconciliation-of-chargebacks-with-the-acquirer",
}
BRANCH = NAMES["heads/release"].removeprefix("heads/")
WORKFLOW = "Build, scan, sign and publish the verification service (production, eu-west-1)"


def live_backend(name: str) -> LiveDouble:
    """A backend that shows a world."""
    return LiveDouble(diagnosis_of_world(name))


@cache
def diagnosis_of_world(name: str) -> Diagnosis:
    """The diagnosis of a world; :data:`WORLDS` has the names."""
    return WORLDS[name]()


class LiveDouble(BackendDouble):
    """Serves one diagnosis as a live repository's backend does: no stages, no note of a recording, a rate limit."""

    def __init__(self, diagnosis: Diagnosis) -> None:
        super().__init__(1)
        self.shown = diagnosis
        self.title = diagnosis.title or "octo-org/octo-repo"
        self.origin_note = ""
        self.limit_note = "GitHub 4,812 of 5,000 left"
        self.moments = ()

    def list_runs(
        self, query: RunQuery, page: int, *, cancelled: CancelHook, progress: ProgressHook = no_progress
    ) -> RunPage:
        self._trip("list_runs")
        self.queries.append((query, page))
        rows = [_row(replay.attempt) for replay in reversed(self.shown.replays)]
        rows = [self.rows(row) for row in rows if query.branch in ("", row.ref)]
        return RunPage(tuple(rows), len(rows), None)

    def diagnose(
        self, selected: RunKey | None, *, subject: RunKey | None, progress: ProgressHook, cancelled: CancelHook
    ) -> Diagnosis:
        super().diagnose(selected, subject=subject, progress=progress, cancelled=cancelled)
        return self.change(self.shown)


def _row(attempt: Attempt) -> RunRow:
    return RunRow(
        key=attempt.key, number=attempt.run_number, workflow=attempt.workflow_name, workflow_path=attempt.workflow_path,
        title=attempt.title, ref=attempt.head_branch or "", event=attempt.event, actor=attempt.actor,
        status=attempt.status, conclusion=attempt.conclusion, created_at=attempt.created_at, url=attempt.html_url,
    )  # fmt: skip


# -- the worlds


def _defects(*names: str) -> World:
    found = {defect.name: defect for defect in DEFECTS}
    return broken([found[name] for name in names])


def _attempts(world: World, *stops: tuple[str, str], **changes: Any) -> list[Attempt]:
    """One attempt after the other, a day apart, each stopped at a step by an error; no step is a success."""
    made = []
    for place, (step, error) in enumerate(stops):
        number, begun = 41 + place, NOW - timedelta(days=len(stops) - place, minutes=7)
        specs = as_they_went_well(world.workflow.jobs[0].steps)
        nth = next((at for at, spec in enumerate(specs) if spec.name == step), len(specs))
        ran: list[Spec] = specs[:nth]
        if nth < len(specs):
            ran += [failing(specs[nth], error), *skipped(*specs[nth + 1 :])]
        attempt = replace(
            world.attempt,
            run_id=7_000_000 + number,
            run_number=number,
            html_url=f"https://github.com/octo-org/octo-repo/actions/runs/{7_000_000 + number}",
            jobs=Known((replace(job_of(*ran, name="Release"), id=number),)),
            conclusion="failure" if nth < len(specs) else "success",
            created_at=begun,
            started_at=begun,
            updated_at=begun + timedelta(minutes=3),
            **changes,
        )
        made.append(with_workflow(attempt, world.workflow))
    return made


def _judged(world: World, attempts: list[Attempt]) -> Diagnosis:
    replays = replays_of(attempts, world.case)
    account = world.asked(question_of(replays[-1], world.case, replays))
    title = attempts[-1].repository.full_name
    return replace(conclude(replays, account, world.case, made_at=world.now), title=title)


def five_changes() -> Diagnosis:
    """Five changes of four owners: the workflow's, two of the account's, the organization's, the registry's."""
    world = _defects("no id-token", "no provider", "no push", "an SCP denies", "the repository denies")
    return _judged(world, _attempts(world, ("Credentials", NO_TOKEN), ("Credentials", NO_TOKEN)))


def _renamed(value: Any) -> Any:
    """The value with long names in place of the short ones, wherever they stand in it."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        for short, long in NAMES.items():
            value = value.replace(short, long)
        return value
    if isinstance(value, Role):
        arn = arn_of(_renamed(str(value.arn)))
        return replace(value, arn=arn, name=arn.name, trust_policy=_renamed(value.trust_policy))
    if isinstance(value, PolicyDocument):
        return read_document(_renamed(value.text))
    if isinstance(value, Arn):
        return arn_of(_renamed(str(value)))
    if isinstance(value, tuple):
        return tuple(_renamed(item) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: _renamed(getattr(value, each.name)) for each in fields(value) if each.init})
    return value


def long_names() -> Diagnosis:
    """Long names in every place: repository, workflow, branch, job, step, role and ECR repository."""
    world = _defects("another ref is trusted", "a boundary is too narrow", "no digest")
    attempts = _attempts(
        world, ("Credentials", REFUSED), ("Credentials", REFUSED), workflow_name=WORKFLOW, head_branch=BRANCH
    )
    return _judged(_renamed(world), [_renamed(attempt) for attempt in attempts])


def changed_since() -> Diagnosis:
    """A chain that was fixed and closed, and whose role, provider and image were changed afterwards."""
    events = (
        *ComplyingRelease().events,
        event("UpdateAssumeRolePolicy", 41, principal=f"arn:aws:iam::111122223333:user/{'platform-oncall-' * 3}2"),
        event("DeleteRolePolicy", 55, detail="push"),
        event("PutRolePolicy", 61, detail="read-only"),
        event("SetRepositoryPolicy", 72, "shop/web"),
    )
    release = ComplyingRelease(runs=(FIRST, SECOND, CLOSING), events=events)
    left = policy(allow("ecr:GetAuthorizationToken", "*"), allow(["ecr:DescribeImages", "ecr:BatchGetImage"], "*"))
    account = replace(
        release.account,
        inline_policies=Known((NamedPolicy("read-only", left),)),
        provider=_provider_made_again(release),
    )
    return replace(replace(release, account=account).diagnosis(), title="acme/shop")


def _provider_made_again(release: ComplyingRelease) -> Any:
    assert isinstance(release.account.provider, Known)
    return Known(replace(release.account.provider.value, created_at=minutes(44)))


def services() -> Diagnosis:
    """A release of two jobs with five gates, of which one step cannot be read."""
    world = released()
    return _judged(world, _attempts(world, ("Push", "##[error]" + denied("ecr:PutImage", HOME.repository_arn))))


def no_credentials(
    sentence: str = "no AWS credentials were found",
    way_out: str = "sign in (`aws sso login`), set AWS_PROFILE or the AWS_ACCESS_KEY_ID family, or pass --profile",
) -> Diagnosis:
    """The account could not be asked at all, since this reader is not signed in."""
    parts = (
        "identity", "provider", "role", "inline_policies", "attached_policies", "boundary", "scps", "rcps", "repository",
        "repository_policy", "image", "registry_details",
    )  # fmt: skip
    gone = {part: Unreadable(part.replace("_", " "), sentence, way_out) for part in parts}
    world = sound_world().with_account(credentials_problem=CredentialsProblem(sentence, way_out), **gone)
    return _judged(world, _attempts(world, ("Credentials", REFUSED)))


def expired() -> Diagnosis:
    """The same, since the sign-in session has expired."""
    return no_credentials(
        "the sign-in session of this AWS profile is missing or has expired",
        "sign in again (`aws sso login`, or fresh keys in the environment), or choose another --profile",
    )


def two_workflows() -> Diagnosis:
    """A chain that mixes two workflows, each of whose runs is the first."""
    world = _defects("no push")
    first, second = _attempts(
        world, ("Credentials", REFUSED), ("Push", "##[error]" + denied("ecr:PutImage", HOME.repository_arn))
    )
    other = replace(first, run_number=1, workflow_name="Nightly images", workflow_path=".github/workflows/nightly.yml")
    return _judged(world, [other, replace(second, run_number=1)])


def sound() -> Diagnosis:
    """Everything passes, and the last run succeeded."""
    world = sound_world()
    return _judged(world, _attempts(world, ("Credentials", REFUSED), ("", "")))


def nothing() -> Diagnosis:
    """A repository without any run."""
    return Diagnosis("octo-org/octo-repo", (), None, None, made_at=NOW)


def many_runs() -> Diagnosis:
    """Nine attempts, so that not all have a column."""
    world = _defects("no push", "a boundary denies")
    stops = [("Credentials", REFUSED)] * 5 + [("Push", "##[error]" + denied("ecr:PutImage", HOME.repository_arn))] * 4
    return _judged(world, _attempts(world, *stops))


WORLDS: dict[str, Callable[[], Diagnosis]] = {
    "five changes": five_changes,
    "long names": long_names,
    "changed since": changed_since,
    "services": services,
    "no credentials": no_credentials,
    "expired": expired,
    "two workflows": two_workflows,
    "sound": sound,
    "nothing": nothing,
    "many runs": many_runs,
}


if __name__ == "__main__":
    from tui.app import PlanescopeApp

    chosen = sys.argv[1] if len(sys.argv) > 1 else next(iter(WORLDS))
    PlanescopeApp(lambda: live_backend(chosen), clock=lambda: datetime.now(UTC), refresh_seconds=0).run()
