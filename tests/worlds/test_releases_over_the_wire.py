"""Releases over the wire, in accounts that moto keeps: exit codes, a second account, boundaries and policies of buckets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from path_effects import lost
from release_worlds import DEPLOYER, HERE, LOGIN, REMOTE, SECOND, SERVICE, SYNC, THERE, assume, grant, job, push
from wire_release import ACCOUNT, REPOSITORY, WORKFLOW, Ran, RoleFacts, WireRelease

from diagnosis.documents.judged_exit import exit_code
from diagnosis.gates import Gate, Verdict
from diagnosis.verdicts.gate_verdict import maybe_verdict_at

HEAD = "on: push\npermissions: {id-token: write, contents: read}\njobs:\n"
MAIN, PRODUCTION = f"repo:{REPOSITORY}:ref:refs/heads/main", f"repo:{REPOSITORY}:environment:production"
ACTIONS = [
    *("ecr:BatchCheckLayerAvailability", "ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload"),
    *("ecr:PutImage", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
]
UPDATE = grant("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{ACCOUNT}:service/prod/web")
PUT = grant("s3:PutObject", "arn:aws:s3:::shop-artifacts/releases/*")
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
REFUSED = (
    f"An error occurred (AccessDeniedException) when calling the UpdateService operation: User: arn:aws:sts::{ACCOUNT}:"
    f"assumed-role/release/GitHubActions is not authorized to perform: ecs:UpdateService on resource: arn:aws:ecs:us-east-1:"
    f"{ACCOUNT}:service/prod/web because no identity-based policy allows the ecs:UpdateService action"
)


def pushing(account: str = ACCOUNT, name: str = "app") -> tuple[dict[str, Any], ...]:
    arn = f"arn:aws:ecr:us-east-1:{account}:repository/{name}"
    return grant("ecr:GetAuthorizationToken", "*"), {"Effect": "Allow", "Action": ACTIONS, "Resource": arn}


def released(*steps: str, ran: Ran | None = None, **more: Any) -> WireRelease:
    text = HEAD + job("release", assume(), LOGIN, push(f"{HERE}/app:1"), *steps)
    return WireRelease({WORKFLOW: text}, (ran or Ran("release", "release"),), **more)


def with_role(*statements: dict[str, Any], **more: Any) -> tuple[RoleFacts, ...]:
    return (RoleFacts(statements=(*pushing(), *statements), **more),)


def test_a_run_that_is_red_at_another_service_fails_while_that_stands_and_not_after() -> None:
    refused = Ran("release", "release", fails_at="aws ecs", error=REFUSED)
    red = released(SERVICE, ran=refused, roles=with_role())
    found = red.diagnosis()
    assert exit_code(found) == 1
    assert found.live is not None
    services = maybe_verdict_at(found.live.gates, Gate.SERVICE_AUTHORIZATION)
    assert services is not None
    assert services.verdict is Verdict.FAIL
    assert [problem.actions for problem in found.forecast] == [("ecs:UpdateService",)]
    assert found.paths[0].opens_all
    mended = replace(red, roles=with_role(UPDATE)).diagnosis()
    assert exit_code(mended) == 0
    assert mended.paths == ()


def test_an_opaque_step_leaves_it_unknown_and_the_role_as_it_is() -> None:
    release = released("      - uses: someone/deploys@v1\n", roles=with_role(UPDATE, PUT))
    found = release.diagnosis()
    assert exit_code(found) == 3
    assert any("someone/deploys" in missing.what for missing in found.unknown)
    assert not any(item.tightens for path in found.paths for item in path.remediations)


def test_a_boundary_and_the_policy_of_a_bucket_stop_what_the_role_is_granted() -> None:
    release = released(SERVICE, SYNC, buckets=("shop-artifacts",))
    edge = (EVERYTHING, {"Effect": "Deny", "Action": "ecs:*", "Resource": "*"})
    bounded = replace(release, roles=with_role(UPDATE, PUT, boundary=edge)).diagnosis()
    assert {problem.cause.value for problem in bounded.forecast} == {"boundary"}
    assert bounded.paths[0].opens_all
    denial = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::shop-artifacts/*"}
    shut = replace(release, roles=with_role(UPDATE, PUT), bucket_policies={"shop-artifacts": (denial,)}).diagnosis()
    assert {problem.cause.value for problem in shut.forecast} == {"resource-policy"}
    path = shut.paths[0]
    assert path.opens_all
    assert shut.live is not None
    assert not lost(path, shut.live.account, tightening=True)
    assert exit_code(replace(release, roles=with_role(UPDATE, PUT)).diagnosis()) == 0


def test_the_registry_of_another_account_is_read_with_its_own_credentials() -> None:
    login = "      - uses: aws-actions/amazon-ecr-login@v2\n        with: {registries: '444455556666'}\n"
    text = HEAD + job("release", assume(), login, push(f"{THERE}/app:1"))
    there = f"arn:aws:ecr:us-east-1:{SECOND}:repository/app"
    admits = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/release"}, "Action": ACTIONS}
    release = WireRelease(
        {WORKFLOW: text},
        (Ran("release", "release"),),
        roles=(RoleFacts(statements=pushing(SECOND)),),
        repositories=(there,),
        repository_policies={there: (admits,)},
    )
    assert exit_code(replace(release, second_answers=True).diagnosis()) == 0
    unread = release.diagnosis()
    assert exit_code(unread) == 3
    assert unread.forecast == ()
    shut = replace(release, second_answers=True, repository_policies={}).diagnosis()
    assert {problem.cause.value for problem in shut.forecast} == {"repository-policy-deny"}
    assert shut.paths[0].opens_all


def test_the_repository_of_a_base_image_is_pulled_by_the_same_role() -> None:
    build = f"      - run: docker build --build-arg REGISTRY={HERE} -t {HERE}/app:1 app\n"
    release = WireRelease(
        {
            WORKFLOW: HEAD + job("release", assume(), LOGIN, build, push(f"{HERE}/app:1")),
            "app/Dockerfile": "ARG REGISTRY\nFROM ${REGISTRY}/base:1\n",
        },
        (Ran("release", "release"),),
        roles=with_role(),
        repositories=("app", "base"),
    )
    found = release.diagnosis()
    base = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/base"
    assert exit_code(found) == 1
    assert [problem.actions for problem in found.forecast] == [("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")]
    assert base in {str(problem.resource) for problem in found.forecast}
    assert found.paths[0].opens_all
    pull = {"Effect": "Allow", "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Resource": base}
    assert exit_code(replace(release, roles=with_role(pull)).diagnosis()) == 0
    assert exit_code(replace(release, files={WORKFLOW: release.files[WORKFLOW]}).diagnosis()) == 0


def test_two_roles_of_two_accounts_the_second_of_which_cannot_be_read() -> None:
    text = HEAD + job("build", assume(), LOGIN, push(f"{HERE}/app:1")) + job("deploy", assume(REMOTE), SERVICE)
    deploys = grant("ecs:UpdateService", f"arn:aws:ecs:us-east-1:{SECOND}:service/prod/web")
    release = WireRelease(
        {WORKFLOW: text},
        (Ran("build", "build"), Ran("deploy", "deploy")),
        roles=(*with_role(), RoleFacts(REMOTE, statements=(deploys,))),
    )
    found = release.diagnosis()
    assert found.forecast == ()
    assert exit_code(found) == 3
    short = replace(release, roles=(RoleFacts(statements=pushing()[:1]), release.roles[1])).diagnosis()
    assert [(problem.cause.value, problem.jobs) for problem in short.forecast] == [("push-scope", ("build",))]
    assert not short.paths[0].opens_all
    assert SECOND in short.paths[0].does_not_prove


def test_legs_and_a_deployment_by_another_role_of_the_same_account() -> None:
    matrix = "strategy: {matrix: {service: [api, web]}}"
    text = (
        HEAD
        + job("push", assume(), LOGIN, push(f"{HERE}/${{{{ matrix.service }}}}:1"), head=matrix)
        + job("deploy", assume(DEPLOYER), SERVICE, head="needs: push\n    environment: production")
    )
    legs = tuple(Ran(f"push ({name})", "push", shown=(("${{ matrix.service }}", name),)) for name in ("api", "web"))
    release = WireRelease(
        {WORKFLOW: text},
        (*legs, Ran("deploy", "deploy", "skipped")),
        roles=(
            RoleFacts(statements=(*pushing(name="api"), pushing(name="web")[1])),
            RoleFacts(DEPLOYER, (PRODUCTION,), (UPDATE,)),
        ),
        repositories=("api", "web"),
    )
    assert exit_code(release.diagnosis()) == 0
    short = replace(
        release,
        roles=(RoleFacts(statements=pushing(name="api")), RoleFacts(DEPLOYER, (MAIN,), (UPDATE,))),
    ).diagnosis()
    assert {(problem.cause.value, problem.jobs) for problem in short.forecast} == {
        ("push-scope", ("push (web)",)),
        ("subject-shape", ("deploy",)),
    }
    assert short.paths[0].opens_all


def test_attempts_that_were_red_for_different_reasons_are_judged_by_today() -> None:
    refused = Ran("release", "release", fails_at="aws ecs", error=REFUSED)
    chain = replace(released(SERVICE, ran=refused, roles=with_role()), earlier=((Ran("release", "release"),),))
    found = chain.diagnosis()
    assert [replay.attempt.attempt for replay in found.replays] == [1, 2]
    assert [replay.stopped_by and replay.stopped_by.gate for replay in found.replays] == [
        Gate.ROLE_ASSUMPTION,
        Gate.SERVICE_AUTHORIZATION,
    ]
    assert [problem.actions for problem in found.forecast] == [("ecs:UpdateService",)]
    assert exit_code(found) == 1
    assert exit_code(replace(chain, roles=with_role(UPDATE)).diagnosis()) == 0
