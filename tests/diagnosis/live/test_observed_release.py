"""A deploy script that nobody can read, and a green run whose calls CloudTrail shows: the step is known by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from arns import arn_of
from hypothesis import given, settings
from hypothesis import strategies as st
from made_attempts import made_attempt
from small_world import ACCOUNT, EIGHT, HOME, NOW, REGION, World, allow, credentials, policy, sound_world
from thoroughness import examples

from diagnosis.causes import Cause
from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Absent, Known, Reading, Unreadable
from diagnosis.facts.runs import Attempt, Job, Step
from diagnosis.facts.trail import ObservedCall, ObservedSession, OpenedSession
from diagnosis.facts.workflow import WorkflowJob, WorkflowStep
from diagnosis.gates import Gate, Verdict
from diagnosis.live import observed_release
from diagnosis.live.green_run import chosen_green_run, wants_green_run
from diagnosis.live.observed_release import MOST_USES, with_observed
from diagnosis.live.release_units import units_of
from diagnosis.verdicts.diagnosis import Diagnosis
from diagnosis.verdicts.gate_verdict import maybe_verdict_at
from diagnosis.verdicts.release import Certainty

THEN = NOW - timedelta(days=2)
SERVICE = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/main/web"
TASK_ROLE = f"arn:aws:iam::{ACCOUNT}:role/task"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:web"
USES = (
    ("ecs:UpdateService", SERVICE),
    ("lambda:UpdateFunctionCode", FUNCTION),
    ("ssm:PutParameter", f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/version"),
    ("ecr:BatchDeleteImage", HOME.repository_arn),
    ("cloudfront:CreateInvalidation", f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1"),
)
CALLS = tuple(
    ObservedCall(action, (resource,), THEN + timedelta(seconds=62 + place), REGION)
    for place, (action, resource) in enumerate(USES)
)
SEEN = ObservedSession(
    HOME.role_arn,
    THEN,
    THEN + timedelta(minutes=3),
    CALLS,
    regions=(REGION, "us-east-1"),
    subjects=(HOME.subject,),
    opened=(OpenedSession(THEN + timedelta(seconds=12), HOME.subject),),
)
SCRIPT = WorkflowStep("Deploy", None, "../tools/deploy", line=40)


def world(*more: WorkflowStep, without: Sequence[str] = ()) -> World:
    """A release that pushes and then runs a script which is not in the repository; the role may do what it did."""
    found = sound_world()
    found = found.with_job(steps=(*found.workflow.jobs[0].steps, SCRIPT, *more))
    grants = [allow(action, resource) for action, resource in USES if action not in without]
    return found.with_policy(
        policy(allow("ecr:GetAuthorizationToken", "*"), allow(EIGHT, HOME.repository_arn), *grants)
    )


def green(found: World, **parts: Any) -> Attempt:
    """The last green run: a minute before the deployment, then the script."""
    named = [step.name or "" for step in found.workflow.jobs[0].steps]
    times = [THEN + timedelta(seconds=10 + (50 if name == "Deploy" else 5 * place)) for place, name in enumerate(named)]
    long = {"Deploy": 60}
    steps = tuple(
        Step(number, name, "completed", "success", at, at + timedelta(seconds=long.get(name, 4)))
        for number, (name, at) in enumerate(zip(named, times, strict=True), 2)
    )
    job = Job(3, "Release", "completed", "success", THEN, THEN + timedelta(minutes=2), steps=steps)
    return made_attempt(
        41,
        THEN,
        **{
            "repository": found.attempt.repository,
            "conclusion": "success",
            "head_branch": HOME.branch,
            "head_sha": "a" * 40,
            "jobs": Known((job,)),
            **parts,
        },
    )


def told(found: World, observed: Reading[ObservedSession], latest: Reading[Attempt] | None = None) -> Diagnosis:
    replays = replays_of((found.run,), found.case)
    question = question_of(replays[0], found.case, replays, Known(green(found)) if latest is None else latest)
    account = replace(found.asked(question), observed=observed)
    return conclude(replays, account, found.case, made_at=found.now)


def verdict(diagnosis: Diagnosis, gate: Gate) -> Verdict | None:
    assert diagnosis.live is not None
    found = maybe_verdict_at(diagnosis.live.gates, gate)
    return found.verdict if found else None


def test_the_question_says_which_run_was_green_and_how_its_session_is_called() -> None:
    found = world()
    (replay,) = replays_of((found.run,), found.case)
    asked = question_of(replay, found.case)
    assert asked.green_run is None
    assert wants_green_run(asked, replay, found.case)
    asked = question_of(replay, found.case, (replay,), Known(green(found)))
    assert (asked.green_since, asked.green_until) == (THEN, THEN + timedelta(minutes=2))
    assert asked.green_run is not None
    assert (asked.green_run.number, asked.green_run.alike, asked.green_run.same_files) == (41, True, None)
    assert (asked.session_name, asked.subjects) == ("GitHubActions", (HOME.subject,))
    assert not wants_green_run(asked, replay, found.case)
    named = found.with_inputs(("role-session-name", "web-${{ github.run_id }}"))
    (replay,) = replays_of((named.run,), named.case)
    assert question_of(replay, named.case).session_name != "GitHubActions"


@pytest.mark.parametrize(("resources", "expected"), [(1, Verdict.PASS), (2, Verdict.UNKNOWN)])
def test_what_is_more_than_is_judged_one_by_one_leaves_the_step_unknown(resources: int, expected: Verdict) -> None:
    # A call may name several resources: each of them is a use.
    names = [f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/{number}" for number in range(MOST_USES * resources)]
    calls = tuple(
        ObservedCall(
            "ssm:GetParameters", tuple(names[at :: len(names) // resources]), THEN + timedelta(seconds=70), REGION
        )
        for at in range(len(names) // resources)
    )
    last = names[-1]
    found = world()
    found = found.with_policy(
        policy(
            allow("ecr:GetAuthorizationToken", "*"),
            allow(EIGHT, HOME.repository_arn),
            allow("ssm:GetParameters", names if resources == 1 else [name for name in names if name != last]),
        )
    )
    assert verdict(told(found, Known(replace(SEEN, calls=calls))), Gate.SERVICE_AUTHORIZATION) is expected


@pytest.mark.parametrize(("most", "open_"), [(len(USES), False), (len(USES) - 1, True)])
def test_where_every_step_is_known_what_is_more_than_is_judged_is_told_too(
    most: int, open_: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(observed_release, "MOST_USES", most)
    asked, found = world(), sound_world()
    (replay,) = replays_of((asked.run,), asked.case)
    question = question_of(replay, asked.case, (replay,), Known(green(asked)))
    account = replace(asked.asked(question), observed=Known(SEEN))
    (unit,) = with_observed(units_of(replays_of((found.run,), found.case)[0], found.case), account)
    assert [gap.is_open for gap in unit.gaps] == [True] * open_


def test_where_every_step_is_known_no_green_run_is_wanted() -> None:
    found = sound_world()
    (replay,) = replays_of((found.run,), found.case)
    assert not wants_green_run(question_of(replay, found.case), replay, found.case)


def test_a_step_that_cannot_be_read_is_known_by_its_last_green_session() -> None:
    before = told(world(), Unreadable("calls", "it was not read", "refresh"))
    assert verdict(before, Gate.SERVICE_AUTHORIZATION) is Verdict.UNKNOWN
    after = told(world(), Known(SEEN))
    assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS
    live = after.live
    assert live is not None
    (gap,) = live.gaps
    assert (gap.step, gap.certainty) == ("Deploy", Certainty.OBSERVED)
    text = " ".join(live.notes)
    assert "run #41" in text
    assert "aaaaaaa" in text
    assert "data events" in text
    seen = {(need.action, need.resource): need for need in live.needs if need.certainty is Certainty.OBSERVED}
    assert set(USES) <= set(seen)
    assert {seen[use].step for use in USES} == {"Deploy"}
    assert {seen[use].source for use in USES} == {"CloudTrail, run #41"}


@settings(max_examples=examples(12))
@given(st.sampled_from(USES))
def test_whatever_the_green_session_called_is_forecast_once_the_role_may_not(use: tuple[str, str]) -> None:
    after = told(world(without=(use[0],)), Known(SEEN))
    live = after.live
    assert live is not None
    (problem,) = [each for each in live.problems if use[0] in each.actions]
    assert "CloudTrail, run #41" in problem.reason
    assert problem.cause in (Cause.SERVICE_ACTION, Cause.PUSH_SCOPE)
    assert verdict(after, Gate.REGISTRY_AUTHORIZATION if use[0].startswith("ecr") else Gate.SERVICE_AUTHORIZATION) is (
        Verdict.FAIL
    )
    # It is offered like any other, and the path says what CloudTrail does not show.
    assert any(use[0] in repr(path.remediations) for path in after.paths)
    assert all("data events" in path.does_not_prove for path in after.paths)
    assert all("is not known" not in path.does_not_prove for path in after.paths)


REFUSED = Unreadable(
    "calls",
    "AWS refused",
    "grant it",
    permission="cloudtrail:LookupEvents",
    source=Evidence(EvidenceKind.API_CALL, "AccessDenied", "cloudtrail:LookupEvents"),
)


@pytest.mark.parametrize(
    ("observed", "words"),
    [
        (Known(replace(SEEN, complete=False)), "not all events"),
        (Known(replace(SEEN, unknown=("x:Strange",))), "x:Strange"),
        (Known(replace(SEEN, opened=())), "no session"),
        (Known(replace(SEEN, opened=(OpenedSession(THEN + timedelta(minutes=9)),))), "no session"),
        (Absent("a session"), "run it once more"),
        (REFUSED, "permission cloudtrail:LookupEvents"),
        (Unreadable("calls", "CloudTrail keeps events for 90 days, the last green run is older", "run"), "90 days"),
    ],
)
def test_what_was_not_read_to_the_end_leaves_the_step_unknown_and_says_why(
    observed: Reading[ObservedSession], words: str
) -> None:
    after = told(world(), observed)
    assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.UNKNOWN
    assert after.live is not None
    (gap,) = after.live.gaps
    assert gap.certainty is Certainty.OPAQUE
    assert words in gap.how


def with_jobs(*jobs: Job) -> dict[str, Any]:
    return {"jobs": Known(jobs)}


def test_a_step_that_the_green_run_skipped_is_not_known_by_it() -> None:
    found = world()
    whole = green(found)
    assert isinstance(whole.jobs, Known)
    (job,) = whole.jobs.value
    skipped = replace(
        job, steps=tuple(replace(each, conclusion="skipped") if each.name == "Deploy" else each for each in job.steps)
    )
    for parts, words in (
        (with_jobs(skipped), "the step did not run"),
        (with_jobs(replace(job, name="Other")), "the job “Release” did not run"),
        ({"jobs": Unreadable("jobs", "refused", "grant it")}, "were not read"),
        ({"head_branch": "elsewhere"}, "refs/heads/elsewhere"),
    ):
        after = told(found, Known(SEEN), Known(green(found, **parts)))
        assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.UNKNOWN, words
        assert after.live is not None
        assert words in after.live.gaps[0].how


def test_calls_of_a_session_in_no_job_of_the_run_are_somebody_elses() -> None:
    stranger = ObservedCall("ec2:RunInstances", ("*",), THEN + timedelta(seconds=70), REGION, session=1)
    two = (*SEEN.opened, OpenedSession(THEN + timedelta(minutes=2, seconds=40)))
    after = told(world(), Known(replace(SEEN, calls=(*CALLS, stranger), opened=two)))
    assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS
    assert after.live is not None
    assert not [need for need in after.live.needs if need.action == "ec2:RunInstances"]


def test_a_refused_call_of_the_green_run_is_no_use() -> None:
    refused = replace(CALLS[0], action="ec2:DescribeVpcs", resources=("*",), error_code="Client.UnauthorizedOperation")
    after = told(world(), Known(replace(SEEN, calls=(*CALLS, refused))))
    assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS


def test_a_role_that_was_handed_over_fills_what_the_step_leaves_open() -> None:
    deploy = WorkflowStep(
        "Register",
        None,
        "aws ecs register-task-definition --cli-input-json file://task.json\naws ecs run-task --cluster main --task-definition web",
        line=41,
    )
    passed = ObservedCall(
        "iam:PassRole",
        (TASK_ROLE,),
        THEN + timedelta(seconds=100),
        REGION,
        context=(("iam:PassedToService", "ecs-tasks.amazonaws.com"),),
    )
    found = world(deploy)
    seen = replace(SEEN, calls=(*CALLS, passed))
    live = told(found, Known(seen)).live
    assert live is not None
    needs = [need for need in live.needs if need.action == "iam:PassRole"]
    assert [need.resource for need in needs] == [TASK_ROLE]
    assert "CloudTrail, run #41" in needs[0].source
    assert [problem.cause for problem in live.problems if "iam:PassRole" in problem.actions] == [Cause.PASS_ROLE]


def test_an_observed_step_hides_no_use_of_the_registry() -> None:
    wide = policy(allow("ecr:*", "*"), *(allow(action, resource) for action, resource in USES))
    assert verdict(told(world().with_policy(wide), Absent("a session")), Gate.LEAST_PRIVILEGE) is Verdict.UNKNOWN
    assert verdict(told(world().with_policy(wide), Known(SEEN)), Gate.LEAST_PRIVILEGE) is Verdict.FAIL


def test_a_script_alone_is_known_by_its_calls_and_what_is_not_a_session_is_nothing() -> None:
    found = world()
    steps = (credentials(HOME), SCRIPT)
    alone = found.with_job(steps=steps)
    after = told(alone, Known(replace(SEEN, calls=CALLS[:3])))
    assert verdict(after, Gate.SERVICE_AUTHORIZATION) is Verdict.PASS
    assert verdict(after, Gate.REGISTRY_AUTHORIZATION) is Verdict.PASS
    calls = (*CALLS[:3], ObservedCall("ecr:PutImage", (HOME.repository_arn,), CALLS[0].at, REGION))
    assert verdict(told(alone, Known(replace(SEEN, calls=calls))), Gate.REGISTRY_AUTHORIZATION) is Verdict.PASS
    without = alone.with_policy(policy(*(allow(action, resource) for action, resource in USES)))
    assert verdict(told(without, Known(replace(SEEN, calls=calls))), Gate.REGISTRY_AUTHORIZATION) is Verdict.FAIL


def test_of_two_jobs_only_the_one_that_had_a_session_is_known() -> None:
    found = world()
    second = WorkflowJob(
        "deploy", "Deploy", (credentials(HOME), replace(SCRIPT, name="Roll")), permissions=(("id-token", "write"),)
    )
    found = replace(found, workflow=replace(found.workflow, jobs=(*found.workflow.jobs, second)))
    whole = green(found)
    assert isinstance(whole.jobs, Known)
    (job,) = whole.jobs.value
    later = THEN + timedelta(minutes=2, seconds=10)
    rolled = Step(2, "Roll", "completed", "success", later, later)
    beside = Job(4, "Deploy", "completed", "success", later, later + timedelta(seconds=30), steps=(rolled,))
    for opened, known in (
        (SEEN.opened, {"Deploy"}),
        ((*SEEN.opened, OpenedSession(later + timedelta(seconds=5))), {"Deploy", "Roll"}),
        ((OpenedSession(later + timedelta(seconds=5)),), {"Roll"}),
    ):
        seen = replace(SEEN, opened=opened)
        live = told(found, Known(seen), Known(green(found, **with_jobs(job, beside)))).live
        assert live is not None
        assert {gap.step for gap in live.gaps if not gap.is_open} == known


def test_the_success_that_tells_most_is_the_latest_on_the_same_ref() -> None:
    subject = world().attempt

    def run(number: int, days: int, **parts: Any) -> Attempt:
        told = {"conclusion": "success", "event": subject.event, "head_branch": HOME.branch, **parts}
        return made_attempt(number, NOW - timedelta(days=days), **told)

    listed = [
        run(1, 1, head_branch="other"),
        run(2, 9, event="push"),
        run(3, 5, conclusion="failure"),
        run(4, 20),
        run(5, 30),
        run(6, 2, head_repository="somebody/octo-repo"),
        run(7, 100),
    ]
    found = [chosen_green_run(listed[:until], subject, NOW) for until in (0, 1, 2, 3, 4, 7)]
    assert [each.run_id if each else None for each in found] == [None, 1, 2, 2, 4, 4]
    assert chosen_green_run([listed[6], listed[0]], subject, NOW) == listed[0]


def test_a_run_that_is_not_known_is_said() -> None:
    after = told(world(), Unreadable("calls", "no run", "x"), Unreadable("runs", "GitHub answered 503", "try again"))
    assert after.live is not None
    assert "GitHub answered 503" in after.live.gaps[0].how
    assert arn_of(HOME.role_arn) == after.live.sessions[0].role_arn


@settings(max_examples=examples(40))
@given(
    st.lists(
        st.builds(
            ObservedCall,
            st.sampled_from([action for action, _ in USES] + ["ecr:PutImage", "iam:PassRole", "s3:PutBucketTagging"]),
            st.sampled_from([(), *((resource,) for _, resource in USES), ("*",), ("arn:aws:s3:::x",), ("not an arn",)]),
            st.just(CALLS[0].at),
            st.just(REGION),
            st.sampled_from([None, "AccessDenied", "Throttling"]),
            session=st.integers(0, 2),
        ),
        max_size=30,
    )
)
def test_whatever_was_called_no_use_of_the_steps_is_lost_and_none_is_told_twice(calls: list[ObservedCall]) -> None:
    before = told(world(), Absent("a session")).live
    after = told(world(), Known(replace(SEEN, calls=tuple(calls)))).live
    assert before is not None
    assert after is not None
    keys = [(need.action.lower(), need.resource, need.context) for need in after.needs]
    assert len(keys) == len(set(keys))
    assert {(need.action, need.resource) for need in before.needs} <= {
        (need.action, need.resource) for need in after.needs
    }
    allowed = {
        (call.action, resource) for call in calls if call.error_code != "AccessDenied" for resource in call.resources
    }
    seen = {(need.action, need.resource) for need in after.needs if need.source.startswith("CloudTrail")}
    assert {use for use in seen if use[1] is not None} <= allowed


def test_a_long_history_takes_no_long_time() -> None:
    many = tuple(
        ObservedCall("ssm:PutParameter", (f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/web/{number}",), at, REGION)
        for number, at in enumerate([CALLS[0].at] * 3000)
    )
    found = told(world(), Known(replace(SEEN, calls=(*CALLS, *many))))
    assert found.live is not None
    assert len(found.live.needs) < 200
    (gap,) = found.live.gaps
    assert gap.is_open
    assert "one by one" in gap.how
