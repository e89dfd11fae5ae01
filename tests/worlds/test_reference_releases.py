"""The releases of the reference folder over the wire: served by a loopback GitHub and moto, diagnosed by the real backend."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from arns import arn_of
from path_effects import lost
from places import SHARED
from ruamel.yaml import YAML
from wire_release import REPOSITORY, WORKFLOW, Ran, RoleFacts, WireRelease

from diagnosis.documents.diagnosis import document
from diagnosis.documents.judged_exit import exit_code
from diagnosis.facts.case import Case

pytestmark = pytest.mark.shared
CASES = SHARED / "cases" / "workflows"
NAMES = sorted(path.name for path in CASES.iterdir()) if CASES.is_dir() else ["absent"]
OF_ALL_JOBS = frozenset({"x27", "x29"})
"""Their expectation is that of one job or leg; what is judged is the whole release."""
_OTHERS = "other_aws_actions (named or said in unknown, never taken off the role)"
_SECRETS = "secrets (masked in the log)"


def release_of(name: str, told: Mapping[str, Any]) -> WireRelease:
    """The case as a release that can be served."""
    folder = CASES / name
    files = {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.name != "expected.json"
    }
    run, account = told["run"], told["account"]
    admitted = account["trust_admits_the_run_today"]
    subject = told["expected"]["subject"] if admitted else f"repo:{REPOSITORY}:ref:refs/heads/none"
    masked = "secret" in told["expected"]["role_source"]
    return WireRelease(
        files,
        tuple(_jobs(YAML(typ="safe").load(io.StringIO(files[WORKFLOW])), run)),
        roles=(RoleFacts(account["role"], (subject,), tuple(account["role_policy"])),),
        repositories=tuple(account["repositories_that_exist"]),
        event=run["event"],
        branch=run["ref"].split("/", 2)[2],
        case=Case(role_arn=arn_of(account["role"])) if masked else Case(),
    )


def _jobs(workflow: Mapping[str, Any], run: Mapping[str, Any]) -> Iterator[Ran]:
    shown = [(f"${{{{ secrets.{key} }}}}", "***") for key in run[_SECRETS] or {}]
    for kind, table in (("inputs", "inputs"), ("github.event.inputs", "inputs"), ("vars", "vars")):
        shown += [(f"${{{{ {kind}.{key} }}}}", value) for key, value in (run[table] or {}).items()]
    shown += [(f"${{{{ env.{key} }}}}", str(value)) for key, value in (workflow.get("env") or {}).items()]
    for job_id, job in workflow["jobs"].items():
        matrix = (job.get("strategy") or {}).get("matrix") or {}
        for values in itertools.product(*matrix.values()):
            leg = f"{job_id} ({', '.join(map(str, values))})" if matrix else job.get("name", job_id)
            own = [(f"${{{{ matrix.{key} }}}}", str(value)) for key, value in zip(matrix, values, strict=True)]
            yield Ran(leg, job_id, shown=(*shown, *own))


@pytest.mark.parametrize("name", NAMES)
def test_the_release_is_understood_and_its_role_keeps_what_it_needs(name: str) -> None:
    told = json.loads(Path(CASES / name / "expected.json").read_text(encoding="utf-8"))
    release = release_of(name, told)
    found = release.diagnosis()
    live = document(found)["live"]

    expected = told["expected"]["needs"]
    exact = {line for line in expected if not line.startswith("?")}
    unknown = {line.rpartition(" ")[2] for line in expected if line.startswith("?")}
    needs = {(need["resource"], need["action"]) for need in live["needs"]}
    registry = {
        f"{resource} {action}"
        for resource, action in needs
        if resource and action.startswith(("ecr", "sts:GetService")) and not action.endswith("GetDownloadUrlForLayer")
    }
    assert exact <= registry
    assert registry == exact or name in OF_ALL_JOBS
    # What nobody can know is a need on an unknown resource, or belongs to a step that is named.
    assert unknown <= {action for resource, action in needs if resource is None} or live["gaps"]

    others = set(told["expected"][_OTHERS] or ())
    assert others <= {action for _, action in needs} or live["gaps"]

    verdicts = {gate["gate"]: gate["verdict"] for gate in live["gates"]}
    admitted = told["account"]["trust_admits_the_run_today"]
    assert verdicts["oidc-trust"] == "pass"
    assert verdicts["role-assumption"] == ("pass" if admitted else "fail")
    whole = not (unknown or live["gaps"] or any(resource is None for resource, _ in needs))
    assert exit_code(found) != 3 if whole else exit_code(found) != 0

    assert found.live is not None
    for path in found.paths:
        # What other steps use, or may use, is taken away by no change; without such, the documents ask for no tightening.
        assert not lost(path, found.live.account, tightening=True)
        assert path.opens_all == whole
