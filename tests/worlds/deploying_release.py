"""A release of two jobs: one pushes with the release's role, the other deploys with a role of its own and runs a script."""

from __future__ import annotations

from dataclasses import replace

from small_world import ACCOUNT, EIGHT, HOME, REGION, World, allow, credentials, policy, sound_world, trust

from diagnosis.facts.account import ResourcePolicy
from diagnosis.facts.reading import Absent
from diagnosis.facts.workflow import WorkflowJob, WorkflowStep

DEPLOYER_ACCOUNT = "555566667777"
BUCKET = f"release-{DEPLOYER_ACCOUNT}-evidence"


def released(*, script: bool = True, granted: bool = False, account: str = DEPLOYER_ACCOUNT) -> World:
    """The world.

    ``script`` is run by a step that nobody can read, ``granted`` gives the deploying role what it needs, and ``account`` is
    that role's: by default another one than the release's, in which the provider is missing.
    """
    sound = sound_world()
    role, object_ = f"arn:aws:iam::{account}:role/deploy", f"{BUCKET}/report.json"
    run = f"aws ecs update-service --cluster main --service api\naws s3 cp report.json s3://{object_}"
    steps = (
        credentials(HOME, "Deployer", role_to_assume=role),
        WorkflowStep("Deploy | now", None, run),
        *((WorkflowStep("Notify", None, "./notify"),) if script else ()),
    )
    deploy = WorkflowJob("deploy", "Deploy", steps, permissions=(("id-token", "write"),))
    needed = policy(
        allow("ecs:UpdateService", f"arn:aws:ecs:{REGION}:{account}:service/main/api"),
        allow("s3:PutObject", f"arn:aws:s3:::{object_}"),
    )
    principal = {"Federated": HOME.provider_arn.replace(ACCOUNT, account)}
    return replace(
        sound.with_account(resource_policies=(ResourcePolicy(f"arn:aws:s3:::{BUCKET}", Absent("its policy")),)),
        workflow=replace(sound.workflow, jobs=(*sound.workflow.jobs, deploy)),
        others=((role, trust(principal=principal), needed if granted else policy(allow(EIGHT, "*"))),),
    )
