"""Every offer is clean to the tools that engineers hand it to: `terraform fmt`, `cfn-lint`, `bash -n`.

The tools are no dependencies of the project: each test runs where its tool is installed, in the thorough run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_faults import FAULTS, faulty
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, broken
from thoroughness import THOROUGH

from diagnosis.remedies.rendering import terraform_resource
from diagnosis.verdicts.remediation import Remediation


def where_installed(tool: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(
        not THOROUGH or shutil.which(tool) is None, reason=f"{tool} is not installed, or not asked for"
    )


@cache
def offers() -> tuple[tuple[str, Remediation], ...]:
    """Every remediation of every path, with the name of what is broken."""
    found: dict[Remediation, str] = {}
    for defect in (*DEFECTS, *ELSEWHERE_DEFECTS):
        for path in broken([defect]).diagnosis().paths:
            for remediation in path.remediations:
                found.setdefault(remediation, defect.name)
    for fault in FAULTS:
        for path in faulty(fault).diagnosis().paths:
            for remediation in path.remediations:
                found.setdefault(remediation, fault.name)
    return tuple((name, remediation) for remediation, name in found.items())


def bundles() -> Iterator[tuple[str, str, str]]:
    """What each owner is handed for two faults at once: Terraform and CloudFormation."""
    for path in (
        broken([defect for defect in DEFECTS if defect.name in ("no digest", "no login", "no provider")])
        .diagnosis()
        .paths
    ):
        for number, owner in enumerate(path.owners):
            yield str(number), owner.terraform, owner.cloudformation


def write(folder: Path, texts: list[tuple[str, str]], ending: str) -> None:
    for number, (name, text) in enumerate(texts):
        label = "".join(character if character.isalnum() else "-" for character in name)
        (folder / f"{number:03}-{label[:80]}{ending}").write_text(f"{text}\n")


def run(*command: str) -> str:
    """What the tool complains of; nothing where it is content."""
    environment = {**os.environ, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=120)
    return "" if done.returncode == 0 else done.stdout + done.stderr


@where_installed("terraform")
def test_terraform_leaves_every_offer_as_it_is(tmp_path: Path) -> None:
    texts = [(f"{name} {offer.id}", offer.terraform) for name, offer in offers() if offer.terraform]
    texts += [(f"bundle {name}", terraform) for name, terraform, _ in bundles() if terraform]
    assert len(texts) > 60
    write(tmp_path, texts, ".tf")
    assert run("terraform", "fmt", "-check", "-diff", str(tmp_path)) == ""


@where_installed("cfn-lint")
def test_cfn_lint_finds_nothing_in_any_offer(tmp_path: Path) -> None:
    texts = [(f"{name} {offer.id}", offer.cloudformation) for name, offer in offers() if offer.cloudformation]
    texts += [(f"bundle {name}", template) for name, _, template in bundles() if template]
    assert len(texts) > 60
    write(tmp_path, texts, ".json")
    assert run("cfn-lint", "--regions", "eu-west-1", "--", *map(str, sorted(tmp_path.iterdir()))) == ""


@where_installed("bash")
def test_bash_parses_every_command(tmp_path: Path) -> None:
    texts = [(f"{name} {offer.id}", offer.aws_cli) for name, offer in offers() if offer.aws_cli]
    assert len(texts) > 60
    write(tmp_path, texts, ".sh")
    for file in sorted(tmp_path.iterdir()):
        assert run("bash", "-n", str(file)) == "", file.name


KEYS = st.text(alphabet='ab_1-:/ é\\"$%{}üö', min_size=1, max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(alphabet='ab$%{}"\\\n\t\b\f=[#é', max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@where_installed("terraform")
def test_terraform_leaves_any_value_as_it_is(tmp_path: Path) -> None:
    """One call of the tool for many values: it takes longer to start than to read them."""
    texts: list[tuple[str, str]] = []

    @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from(["name", "tags", "policy_text", "description"]), VALUES, min_size=1))
    def collect(body: dict[str, object]) -> None:
        texts.append(("", terraform_resource("aws_example", f"label {len(texts)}", body, {})))

    collect()
    write(tmp_path, texts, ".tf")
    assert run("terraform", "fmt", "-check", "-diff", str(tmp_path)) == ""
