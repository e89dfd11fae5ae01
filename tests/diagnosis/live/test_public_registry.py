"""A release to the public registry is told the actions of that registry."""

from __future__ import annotations

from dataclasses import replace

from made_attempts import with_workflow
from replay_builders import Spec, attempt_of, failing, file_of, job_of, written_job
from seeded_defects import broken

from diagnosis.diagnose import conclude, question_of, replays_of
from diagnosis.facts.case import Case
from diagnosis.gates import Gate, Verdict


def test_a_login_that_is_not_allowed_is_named_by_the_action_of_its_own_registry() -> None:
    live = broken([]).diagnosis().live
    assert live is not None
    role = {"role-to-assume": str(live.account.question.role_arn), "aws-region": "us-east-1"}
    steps = (
        Spec(uses="aws-actions/configure-aws-credentials@v4", inputs=role),
        failing(Spec(run="docker push public.ecr.aws/octo/web:v1"), "denied"),
    )
    replays = replays_of([with_workflow(attempt_of(job_of(*steps)), file_of(written_job(*steps)))], Case())
    account = replace(live.account, question=question_of(replays[0], Case()))
    found = conclude(replays, account, Case()).live
    assert found is not None
    verdict = found.gates[Gate.REGISTRY_AUTHORIZATION.order]
    assert (verdict.verdict, verdict.actions[0]) == (Verdict.FAIL, "ecr-public:GetAuthorizationToken")
    assert {action.partition(":")[0] for action in verdict.actions} == {"ecr-public", "sts"}
    assert "ecr-public:GetAuthorizationToken" in verdict.reason
