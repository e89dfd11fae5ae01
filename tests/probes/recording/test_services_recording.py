"""The recording of the incident `services`: the facts are kept, the rest is labelled and holds together."""

from __future__ import annotations

import json
import re

import pytest
from places import SHARED
from ruamel.yaml import YAML

from diagnosis.facts.evidence import Origin
from probes.embedded.moments import INCIDENTS, SERVICE_STAGES, SERVICES, load_incident
from probes.recording.format import read_content
from probes.recording.view import RecordingView

RECORDING = load_incident(SERVICES)
FAILED = {
    21993925506: "Configure AWS credentials via OIDC",
    21994101734: "Terraform backend init",
    21994243860: "Terraform backend init",
    21998530514: "Terraform apply",
    21998686793: "Evidence upload",
    22284036943: "Push immutable image",
}
PASSED = (21998790226, 22284070905)
RUNS = [pytest.param(run, id=str(run.id)) for run in RECORDING.runs]


def test_there_are_eight_runs_in_order():
    assert sorted(run.id for run in RECORDING.runs) == sorted([*FAILED, *PASSED])
    assert {run.id for run in RECORDING.runs if run.attempts[0].run["conclusion"] == "success"} == set(PASSED)
    created = [run.created_at for run in sorted(RECORDING.runs, key=lambda run: run.id)]
    assert created == sorted(created)


@pytest.mark.parametrize(("run_id", "step"), FAILED.items())
def test_a_failed_run_ends_at_its_step(run_id, step):
    (job,) = RECORDING.run(run_id).attempts[0].jobs
    assert [entry["name"] for entry in job.job["steps"] if entry["conclusion"] == "failure"] == [step]


@pytest.mark.parametrize("run", RUNS)
def test_the_steps_are_those_of_the_workflow_file_at_the_runs_commit(run):
    whole, (job,) = run.attempts[0].run, run.attempts[0].jobs
    file = RecordingView(RECORDING).file(whole["path"], whole["head_sha"])
    workflow = YAML(typ="safe").load(read_content(file.content))
    (written,) = workflow["jobs"].values()
    assert written["name"] == job.job["name"]
    names = [step["name"] for step in job.job["steps"] if step["name"] not in ("Set up job", "Complete job")]
    assert [name for name in names if not name.startswith("Post ")] == [step["name"] for step in written["steps"]]
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}


def test_only_the_later_workflow_file_lets_another_ref_be_checked_out():
    for run in RECORDING.runs:
        whole = run.attempts[0].run
        if not whole["path"].endswith("m2f_topic_readiness.yml"):
            continue
        text = read_content(RecordingView(RECORDING).file(whole["path"], whole["head_sha"]).content).decode()
        assert ("checkout_ref" in text) == (run.id >= 21994243860)
    log = RECORDING.run(21994243860).attempts[0].jobs[0].log.read().decode()
    assert "  ref: migrate-dev\n" in log
    assert RECORDING.run(21994243860).attempts[0].run["head_branch"] == "main"


def test_the_runs_tell_what_was_written_around_them():
    for run in RECORDING.runs:
        assert run.origin is Origin.RECORDED
        said = " ".join(entry.what for entry in run.reconstructed)
        assert "time of the run" in said
        assert "commit" in said
        assert bool(run.artifacts) <= ("artifact" in said)
    verbatim = {run.id for run in RECORDING.runs if run.attempts[0].jobs[0].log.verbatim}
    assert verbatim == {22284036943, 22284070905}
    account = " ".join(RECORDING.account.reconstructed)
    for part in ("trust policy", "GitHubActionsTerraformConfluentStateDevMin", "lock table", "migrate-dev"):
        assert part in account


def test_the_account_moves_through_the_stages():
    account = RECORDING.account
    states = [account.at(stage.key) for stage in SERVICE_STAGES]
    assert [len(state.trust_subjects) for state in states] == [2, 2, 3, 3, 3, 3]
    assert [[policy.name[13:] for policy in state.inline_policies] for state in states] == [
        ["EcrPushDevMin"],
        ["EcrPushDevMin"],
        ["EcrPushDevMin", "TerraformConfluentStateDevMin"],
        ["EcrPushDevMin", "TerraformConfluentStateDevMin"],
        ["EcrPushDevMin", "TerraformConfluentStateDevMin"],
        ["EcrPushDevMin", "TerraformConfluentStateDevMin", "EcrPushDevFull"],
    ]
    before, after = (states[place].inline_policies[1].document for place in (2, 3))
    assert "evidence/dev_min/*" not in before
    assert "evidence/dev_min/*" in after
    assert [state.further_images for state in states] == [()] * 5 + [(account.further_images[0].digest,)]
    for state in states:
        condition = json.loads(state.trust_policy)["Statement"][0]["Condition"]["StringEquals"]
        assert tuple(condition["token.actions.githubusercontent.com:sub"]) == state.trust_subjects


def test_a_stage_shows_runs_that_have_ended_and_every_incident_has_its_stages():
    for stage in SERVICE_STAGES:
        assert all(run.latest.run["status"] == "completed" for run in RecordingView(RECORDING, stage.at).runs)
    assert {name: len(incident.stages) for name, incident in INCIDENTS.items()} == {"release": 3, "services": 6}


@pytest.mark.shared
def test_the_recording_agrees_with_the_public_record():
    source = SHARED / "incident" / "later_cases.json"
    record = json.loads(source.read_text())
    assert RECORDING.full_name == record["repository"]
    changes = {change.after_run: change for change in RECORDING.case.case.changes}
    for entry in record["cases"]:
        run = RECORDING.run(entry["run_id"]).attempts[0].run
        assert run["html_url"] == entry["run_url"]
        assert run["head_branch"] == entry["ref"].split(" ")[0]
        assert run["path"].endswith("/" + entry["workflow"].split(" ")[0])
        assert run["conclusion"] == "failure"
        assert run["created_at"].startswith(entry["date"][:10])
        change = changes[entry["run_id"]]
        assert any(change.source.split(":")[0] in source for source in entry["sources"])
        following = int(str(entry["next_run_id"]).split(" ")[0])
        assert RECORDING.run(following) is not None
        for name in re.findall(r"GitHubActions\w+", entry["remediation"]):
            assert name in change.text
        for commit in re.findall(r"git (\w+)", entry["remediation"]):
            assert commit in change.text
            assert any(str(known["sha"]).startswith(commit) for known in RECORDING.commits)
    pushed = record["cases"][-1]
    log = RECORDING.run(pushed["run_id"]).attempts[0].jobs[0].log
    for arn in re.findall(r"arn:\S+", pushed["error_text"]):
        assert arn in log.verbatim
    assert RECORDING.account.further_images[0].digest == pushed["image_digest"]
    last = RECORDING.run(pushed["next_run_id"] if isinstance(pushed["next_run_id"], int) else 22284070905)
    assert pushed["platform_run_id"] in last.attempts[0].jobs[0].log.verbatim
