"""A role serves more than one run: what may be used by somebody who was not read is not called too much."""

from __future__ import annotations

from dataclasses import replace

import pytest
from small_world import EIGHT, HOME, World, allow, policy, sound_world

from diagnosis.causes import Cause
from diagnosis.diagnose import question_of, replays_of
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import CalledWorkflow, LocalAction
from diagnosis.facts.workflow import ActionFile, WorkflowFile
from diagnosis.gates import Checkpoint, Plane
from diagnosis.live import other_users as users_of_a_role
from diagnosis.live.authorization import hides_registry_use, judge_least_privilege
from diagnosis.live.other_users import OtherUsers, other_users
from diagnosis.live.run_claims import GateJudgement, RunClaims
from diagnosis.remedies.offer import Situation
from diagnosis.remedies.offers.bound_permissions import bound_permissions
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.release import Certainty, Need, StepGap
from probes.workflow_file import parse_action, parse_workflow

LOGIN = "ecr:GetAuthorizationToken"
PUSH = (allow(LOGIN, "*"), allow(EIGHT, HOME.repository_arn))
NEEDS = (
    Need(LOGIN, "*", Checkpoint.REGISTRY_AUTH, "the login"),
    *(Need(action, HOME.repository_arn, Checkpoint.REGISTRY_PUSH, "the push", order=1) for action in EIGHT),
)
SCRIPT = StepGap("Deploy", "bin/deploy", "it is not in the repository", "put it there", job="release")
TERRAFORM = StepGap(
    "Apply", "terraform apply", "what it calls is in the plan", "--plan", certainty=Certainty.NOT_JUDGED
)
BUILDER = replace(TERRAFORM, step="Bake", what="an action of others", may_push=True)
NIGHTLY = Missing("the workflow nightly.yml", "it was not read", "permission contents: read")


def run_of(*statements: dict[str, object]) -> RunClaims:
    world: World = sound_world().with_policy(policy(*PUSH, *statements))
    (replay,) = replays_of((world.run,), world.case)
    account = replace(world.account, question=question_of(replay, world.case))
    return RunClaims.of(replay, account, world.case)


def judged(*statements: dict[str, object], **unknown: object) -> GateJudgement:
    return judge_least_privilege(run_of(*statements), NEEDS, **unknown)  # type: ignore[arg-type] # keywords by name


@pytest.mark.parametrize(
    "unknown",
    [{"gaps": (SCRIPT,)}, {"gaps": (BUILDER,)}, {"gaps": (TERRAFORM, SCRIPT)}, {"unread_users": (NIGHTLY,)}],
    ids=["opaque", "may push", "one of two", "another workflow"],
)
@pytest.mark.parametrize("statement", [allow("ecr:*", "*"), allow("ecr:Batch*", HOME.repository_arn)])
def test_a_wildcard_of_the_registry_that_somebody_unread_may_use_is_unknown_and_names_them(
    statement: dict[str, object], unknown: dict[str, object]
) -> None:
    gate = judged(statement, **unknown)
    assert gate.problems == ()
    told = gate.undecided + "".join(missing.what for missing in gate.missing)
    assert ("Deploy" in told) or ("Bake" in told) or ("nightly.yml" in told)
    assert "ecr:" in gate.undecided


@pytest.mark.parametrize("gaps", [(), (TERRAFORM,)], ids=["all read", "no user of the registry"])
def test_where_every_user_of_the_registry_was_read_its_wildcard_is_too_much(gaps: tuple[StepGap, ...]) -> None:
    gate = judged(allow("ecr:*", "*"), gaps=gaps)
    assert [problem.cause for problem in gate.problems] == [Cause.WILDCARD_ESCALATION]
    assert gate.missing == ()


@pytest.mark.parametrize("gaps", [(), (SCRIPT,), (TERRAFORM,)])
@pytest.mark.parametrize(
    ("statement", "cause"),
    [
        (allow("*", "*"), Cause.WILDCARD_ESCALATION),
        ({"Effect": "Allow", "NotAction": ["iam:*", "organizations:*"], "Resource": "*"}, Cause.WILDCARD_ESCALATION),
        (allow("iam:PassRole", "*"), Cause.SELF_ESCALATION),
        (
            {
                **allow("iam:PassRole", "*"),
                "Condition": {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
            },
            Cause.SELF_ESCALATION,
        ),
        (allow("iam:CreatePolicyVersion", "*"), Cause.SELF_ESCALATION),
    ],
)
def test_an_administrator_and_what_widens_itself_are_told_whoever_uses_the_role(
    statement: dict[str, object], cause: Cause, gaps: tuple[StepGap, ...]
) -> None:
    assert [problem.cause for problem in judged(statement, gaps=gaps).problems] == [cause]


def test_what_other_services_are_granted_passes_and_is_told_with_who_may_use_it() -> None:
    gate = judged(allow("s3:*", "*"), gaps=(SCRIPT,))
    assert (gate.problems, gate.missing, gate.undecided) == ((), (), "")
    assert "s3" in gate.passed
    assert any("step Deploy" in note for note in gate.notes)
    (grant,) = gate.beyond
    assert "s3:DeleteBucket" in grant.actions
    assert judged(gaps=(SCRIPT,)).notes == ()


def _offered(
    *statements: dict[str, object], gaps: tuple[StepGap, ...] = (), unread: tuple[Missing, ...] = ()
) -> object:
    run = run_of(*statements)
    gate = judge_least_privilege(run, NEEDS, gaps=gaps, unread_users=unread)
    assert all(problem.plane is Plane.AUTHORIZATION for problem in gate.problems)
    workflows = Unreadable(unread[0].what, unread[0].why, unread[0].how) if unread else Known(())
    attempt = replace(run.attempt, other_workflows=workflows)
    run = replace(run, replay=replace(run.replay, attempt=attempt))
    return bound_permissions(Situation(run, NEEDS, gate.problems, gaps=gaps))


def test_nothing_is_tightened_that_a_step_which_was_not_understood_may_use() -> None:
    everything, registry = allow("*", "*"), allow("ecr:*", "*")
    for statement in (everything, registry, allow("iam:*", "*")):
        assert _offered(statement, gaps=(SCRIPT,)) is None
        assert _offered(statement, unread=(NIGHTLY,)) is None
    assert _offered(everything, gaps=(TERRAFORM,)) is None
    assert _offered(registry, gaps=(TERRAFORM,)) is not None
    for statement in (everything, registry):
        assert _offered(statement) is not None


def test_what_is_tightened_beside_a_step_that_was_not_understood_is_of_the_registry_alone() -> None:
    both = [allow("ecr:*", "*"), allow(["iam:PassRole", "e*:Describe*", "s3:*"], "*")]
    choice = _offered(*both, gaps=(TERRAFORM,))
    assert isinstance(choice, tuple)
    (change,) = choice[0].remediation.changes
    assert change.document is not None
    assert "iam:PassRole" in change.document.text
    assert "ec2:Describe*" in change.document.text
    assert "s3:*" in change.document.text
    assert "ecr:*" not in change.document.text


def test_a_wildcard_in_the_name_of_the_service_is_bounded_in_the_registry_alone() -> None:
    choice = _offered({**allow(["e*:*Image*"], "*"), "Sid": "Wide"})
    assert isinstance(choice, tuple)
    (change,) = choice[0].remediation.changes
    assert change.document is not None
    assert "ec2:*Image*" in change.document.text
    assert "e*:*Image*" not in change.document.text


ROLE = HOME.role_arn
TOKEN = "permissions: {id-token: write}\n"
TAKES = (
    "      - uses: aws-actions/configure-aws-credentials@v4\n"
    f"        with: {{role-to-assume: '{ROLE}', aws-region: eu-west-1}}\n"
)
PUBLIC = "      - run: aws ecr list-images --repository-name shop/api\n"
LISTS = ("ecr:ListImages", HOME.repository_arn)
ELSEWHERE = "octo-org/ci/.github/workflows/ship.yml"


def used(
    files: dict[str, str], called: dict[str, str] | None = None, actions: dict[str, str] | None = None
) -> OtherUsers:
    """What the other workflows use of the role, by the names of their files; beside it what the run itself called and used."""
    run = run_of()
    folder = ".github/workflows"
    attempt = replace(
        run.attempt,
        other_workflows=Known(
            tuple(WorkflowFile("", parse_workflow(text, f"{folder}/{name}")) for name, text in files.items())
        ),
        called_workflows=tuple(
            CalledWorkflow(path, "f" * 40, None, Known(WorkflowFile("", parse_workflow(text, path))))
            for path, text in (called or {}).items()
        ),
        local_actions=tuple(
            LocalAction(path, Known(ActionFile(text, parse_action(text, path))))
            for path, text in (actions or {}).items()
        ),
    )
    return other_users(replace(run, replay=replace(run.replay, attempt=attempt)))


def calling(uses: str, head: str = TOKEN, more: str = "") -> str:
    return f"on: push\n{head}jobs:\n  ship:\n    uses: {uses}\n{more}"


SHIP = f"on: workflow_call\njobs:\n  inner:\n    runs-on: ubuntu-latest\n    steps:\n{TAKES}{PUBLIC}"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (calling(f"{ELSEWHERE}@v1"), True),
        (calling(f"{ELSEWHERE}@v1", ""), True),
        (calling("./.github/workflows/gone.yml"), True),
        (calling(f"{ELSEWHERE}@v1", "permissions: {contents: read}\n"), False),
        (calling(f"{ELSEWHERE}@v1", more="    if: false\n"), False),
    ],
    ids=["its token", "nothing stated", "not in the folder", "no token", "never runs"],
)
def test_a_called_workflow_that_nobody_read_may_take_the_role(text: str, seen: bool) -> None:
    gaps = used({"deploy.yml": text}).gaps
    assert [(gap.job, hides_registry_use(gap)) for gap in gaps] == ([("ship", True)] if seen else [])


def test_what_a_workflow_of_the_folder_does_when_it_is_called_is_known_with_what_it_is_given() -> None:
    named = SHIP.replace("on: workflow_call", "on: {workflow_call: {inputs: {name: {type: string}}}}")
    named = named.replace("shop/api", "${{ inputs.name }}")
    found = used(
        {"deploy.yml": calling("./.github/workflows/ship.yml", more="    with: {name: shop/web}\n"), "ship.yml": named}
    )
    assert found.gaps == ()
    assert ("ecr:ListImages", HOME.repository_arn.replace("shop/api", "shop/web")) in {
        (need.action, need.resource) for need in found.needs
    }


@pytest.mark.parametrize(("ref", "known"), [("v1", True), ("v2", False)])
def test_a_workflow_that_the_run_called_too_is_known_at_that_ref_alone(ref: str, known: bool) -> None:
    found = used({"deploy.yml": calling(f"{ELSEWHERE}@{ref}")}, {f"{ELSEWHERE}@v1": SHIP})
    assert (LISTS in {(need.action, need.resource) for need in found.needs}) is known
    assert bool(found.gaps) is not known


@pytest.mark.parametrize(("permissions", "seen"), [(TOKEN, True), ("", False), ("permissions: read-all\n", False)])
def test_an_action_of_the_repository_that_nobody_read_may_take_the_role(permissions: str, seen: bool) -> None:
    text = f"on: push\n{permissions}jobs:\n  go:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: ./.github/actions/aws\n"
    gaps = used({"deploy.yml": text}).gaps
    assert [(gap.what, hides_registry_use(gap)) for gap in gaps] == ([("./.github/actions/aws", True)] if seen else [])
    action = "runs:\n  using: composite\n  steps:\n" + TAKES + PUBLIC.replace("- run", "- shell: bash\n        run")
    found = used({"deploy.yml": text}, actions={".github/actions/aws/action.yml": action})
    assert found.gaps == ()
    assert LISTS in {(need.action, need.resource) for need in found.needs}


def test_a_folder_that_was_not_read_is_not_nobody_else() -> None:
    run = run_of()
    attempt = replace(run.attempt, other_workflows=Absent("other workflows"))
    assert other_users(replace(run, replay=replace(run.replay, attempt=attempt))).unread


@pytest.mark.parametrize(("most", "unread"), [(4, []), (3, ["ship.yml"]), (2, ["deploy.yml", "ship.yml"])])
def test_jobs_of_other_workflows_beyond_those_that_are_read_are_told(
    most: int, unread: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users_of_a_role, "MOST_JOBS", most)
    matrix = "    strategy: {matrix: {n: [1, 2, 3]}}\n"
    found = used({"deploy.yml": calling("./.github/workflows/ship.yml", more=matrix), "ship.yml": SHIP})
    assert [item.what.rpartition("/")[2] for item in found.unread] == unread
