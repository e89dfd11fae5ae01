"""The embedded incident: the facts are kept, what was written around them is labelled and holds together."""

from __future__ import annotations

import json
from datetime import datetime
from itertools import pairwise

import pytest
from places import SHARED
from ruamel.yaml import YAML

from probes.embedded.github.storage import step_log
from probes.embedded.moments import LATER, MOMENTS, STAGES, load_incident
from probes.recording.format import RecordedLog, moment_of, read_content
from probes.recording.view import RecordingView

INCIDENT = load_incident()
RUN_1, RUN_2, RUN_3, RUN_4 = 21985402789, 21985472266, 21985500168, 21993925506
M1_STEPS = [
    "Checkout",
    "Reject static AWS credential posture",
    "Configure AWS credentials via OIDC",
    "Login to ECR",
    "Compute immutable image metadata",
    "Record CI run metadata",
    "Build immutable image",
    "Push immutable image",
    "Push non-authoritative convenience tag",
    "Resolve immutable image digest",
    "Emit M1 evidence artifacts (CI-local)",
    "Upload CI evidence artifact pack",
]


def log_of(run_id: int) -> str:
    run = INCIDENT.run(run_id)
    assert run is not None
    log = run.attempts[0].jobs[0].log
    assert isinstance(log, RecordedLog)
    return log.read().decode()


def seconds(value, start: str, end: str) -> float:
    return (moment_of(value[end]) - moment_of(value[start])).total_seconds()


@pytest.mark.parametrize(
    ("run_id", "ref", "conclusion", "created", "run_seconds", "job_seconds"),
    [
        (RUN_1, "migrate-dev", "failure", "2026-02-13T11:36:26Z", 81, 76),
        (RUN_2, "dev", "failure", "2026-02-13T11:38:58Z", 18, 14),
        (RUN_3, "dev", "success", "2026-02-13T11:40:02Z", 64, 60),
    ],
)
def test_the_three_runs_keep_ref_commit_start_and_durations(run_id, ref, conclusion, created, run_seconds, job_seconds):
    attempt = INCIDENT.run(run_id).attempts[0]
    run, job = attempt.run, attempt.jobs[0].job
    assert (run["head_branch"], run["conclusion"], run["created_at"]) == (ref, conclusion, created)
    assert run["head_sha"] == "799d398a7daf34857cf363c9a1a629c40ec25d5e"
    assert run["event"] == "workflow_dispatch"
    assert seconds(run, "run_started_at", "updated_at") == run_seconds
    assert seconds(job, "started_at", "completed_at") == job_seconds


@pytest.mark.parametrize(
    ("run_id", "step", "line"),
    [
        (
            RUN_1,
            "Configure AWS credentials via OIDC",
            (
                "##[error]Could not assume role with OIDC: No OpenIDConnect provider found in your account for "
                "https://token.actions.githubusercontent.com"
            ),
        ),
        (
            RUN_2,
            "Login to ECR",
            (
                "##[error]User: arn:aws:sts::230372904534:assumed-role/GitHubAction-AssumeRoleWithAction/GitHubActions "
                "is not authorized to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy "
                "allows the ecr:GetAuthorizationToken action"
            ),
        ),
        (
            RUN_4,
            "Configure AWS credentials via OIDC",
            "##[error]Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        ),
    ],
)
def test_a_failed_run_ends_in_its_sentence_at_its_step_and_in_its_annotation(run_id, step, line):
    job = INCIDENT.run(run_id).attempts[0].jobs[0]
    failed = [entry for entry in job.job["steps"] if entry["conclusion"] == "failure"]
    assert [entry["name"] for entry in failed] == [step]
    text = step_log(job.log, failed[0]["number"]).decode()
    assert [found.split(" ", 1)[1] for found in text.splitlines() if "##[error]" in found] == [line]
    assert [entry["message"] for entry in job.annotations] == [line.removeprefix("##[error]")]
    assert text.splitlines()[job.annotations[0]["start_line"] - 1].endswith(line)
    assert log_of(run_id).count("##[error]") == 1


def test_the_third_run_pushes_the_recorded_image_and_resolves_its_digest():
    text = log_of(RUN_3)
    tag = "git-799d398a7daf34857cf363c9a1a629c40ec25d5e"
    digest = "sha256:d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56"
    assert f" {tag}: digest: {digest} size: " in text
    assert f" {tag} is {digest}\n" in text
    assert "##[error]" not in text
    assert INCIDENT.account.image.tag == tag
    assert INCIDENT.account.image.digest == digest


@pytest.mark.parametrize("run_id", [RUN_1, RUN_2, RUN_3])
def test_the_steps_stand_in_the_recorded_order_and_nothing_runs_after_the_failing_one(run_id):
    steps = INCIDENT.run(run_id).attempts[0].jobs[0].job["steps"]
    names = [step["name"] for step in steps]
    assert names[0] == "Set up job"
    assert names[1:13] == M1_STEPS
    assert names[-1] == "Complete job"
    assert all(name.startswith("Post ") for name in names[13:-1])
    numbers = [step["number"] for step in steps]
    assert numbers == sorted(set(numbers))
    conclusions = [step["conclusion"] for step in steps[1:13]]
    if "failure" in conclusions:
        after = conclusions[conclusions.index("failure") + 1 :]
        assert after
        assert set(after) == {"skipped"}
    else:
        assert conclusions.count("skipped") == 1


def test_the_shells_options_stand_in_the_logs_of_the_release():
    for run_id in (RUN_1, RUN_2, RUN_3):
        assert "\x1b[36;1mset -euo pipefail\x1b[0m\n" in log_of(run_id)


def test_retries_account_for_the_length_of_the_first_run():
    tries = [line for line in log_of(RUN_1).splitlines() if line.endswith(" Assuming role with OIDC")]
    assert len(tries) == 12
    at = [datetime.fromisoformat(line[:26]) for line in tries]
    waits = [(after - before).total_seconds() for before, after in pairwise(at)]
    # The action waits a random part of 50 ms * 2**n after the n-th try; the call itself takes a moment too.
    assert all(wait < 0.05 * 2**n + 0.2 for n, wait in enumerate(waits))


def test_the_sentences_of_three_runs_are_verbatim_and_what_was_written_around_them_is_told():
    assert {run.id: bool(run.attempts[0].jobs[0].log.verbatim) for run in INCIDENT.runs} == {
        RUN_1: True,
        RUN_2: True,
        RUN_3: True,
        RUN_4: False,
    }
    assert any("numeric ids" in entry.what for entry in INCIDENT.reconstructed)
    assert any("trust policy" in entry for entry in INCIDENT.account.reconstructed)


def test_the_workflow_file_fits_the_job_that_ran():
    view = RecordingView(INCIDENT)
    file = view.file(".github/workflows/dev_min_m1_packaging.yml", "799d398a7daf34857cf363c9a1a629c40ec25d5e")
    workflow = YAML(typ="safe").load(read_content(file.content))
    assert workflow["name"] == "dev-min-m1-packaging"
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    assert list(workflow["on"]) == ["workflow_dispatch"]
    assert "push_dev_min_latest" in workflow["on"]["workflow_dispatch"]["inputs"]
    (job,) = workflow["jobs"].values()
    assert job["name"] == "Build and push immutable platform image"
    assert [step["name"] for step in job["steps"]] == M1_STEPS
    uses = [step["uses"] for step in job["steps"] if "uses" in step]
    assert uses == [
        "actions/checkout@v4",
        "aws-actions/configure-aws-credentials@v4",
        "aws-actions/amazon-ecr-login@v2",
        "actions/upload-artifact@v4",
    ]
    emit = next(step["run"] for step in job["steps"] if step["name"].startswith("Emit M1"))
    constant = emit.split("<<'JSON'\n")[1].split("\nJSON\n")[0]
    artifact = INCIDENT.run(RUN_3).artifacts[0]
    served = dict(artifact.files)["security_secret_injection_checks.json"]
    assert json.loads(constant) == json.loads(read_content(served))
    assert json.loads(constant)["verdict"] == "PASS"
    assert "$" not in constant


def test_the_artifact_is_the_pack_with_its_four_files():
    (artifact,) = INCIDENT.run(RUN_3).artifacts
    assert artifact.artifact["name"] == "m1-p-1-packaging-ci-evidence"
    assert sorted(name for name, _ in artifact.files) == [
        "build_command_surface_receipt.json",
        "ci_m1_outputs.json",
        "packaging_provenance.json",
        "security_secret_injection_checks.json",
    ]
    provenance = json.loads(read_content(dict(artifact.files)["packaging_provenance.json"]))
    assert provenance["ci_run_id"] == str(RUN_3)
    assert provenance["image_digest"] == INCIDENT.account.image.digest


def test_the_account_moves_through_the_stages():
    account = INCIDENT.account
    state = {moment.key: account.at(moment.key) for moment in MOMENTS}
    assert [state[key].provider for key in ("1", "2", "3", "later")] == [False, True, True, True]
    assert [len(state[key].inline_policies) for key in ("1", "2", "3", "later")] == [0, 0, 1, 1]
    assert [state[key].image for key in ("1", "2", "3", "later")] == [False, False, True, True]
    refs = ("main", "dev")
    subjects = tuple(f"repo:EsosaOrumwese/fraud-detection-system:ref:refs/heads/{ref}" for ref in refs)
    for moment in state.values():
        assert moment.trust_subjects == subjects
        condition = json.loads(moment.trust_policy)["Statement"][0]["Condition"]["StringEquals"]
        assert condition["token.actions.githubusercontent.com:sub"] == list(subjects)
    statements = json.loads(state["3"].inline_policies[0].document)["Statement"]
    assert [(len(entry["Action"]), entry["Resource"]) for entry in statements] == [
        (1, "*"),
        (8, "arn:aws:ecr:eu-west-2:230372904534:repository/fraud-platform-dev-min"),
    ]
    with pytest.raises(KeyError):
        account.at("4")


def test_the_moments_lie_between_the_runs():
    for index, stage in enumerate(STAGES):
        served = RecordingView(INCIDENT, stage.at).runs
        assert [run.id for run in reversed(served)] == [RUN_1, RUN_2, RUN_3][: index + 1]
        assert all(run.latest.run["status"] == "completed" for run in served)
        assert stage.stage == index + 1
    assert next(run.id for run in RecordingView(INCIDENT, LATER.at).runs) == RUN_4
    assert LATER.stage is None
    assert INCIDENT.account.provider_created_at < STAGES[1].at
    assert STAGES[0].at < INCIDENT.account.provider_created_at
    assert STAGES[1].at < INCIDENT.account.image.pushed_at < STAGES[2].at


@pytest.mark.shared
def test_the_recording_agrees_with_the_public_record():
    source = SHARED / "incident" / "incident.json"
    record = json.loads(source.read_text())
    account, identity = INCIDENT.account, record["identity"]
    assert INCIDENT.full_name == record["repository"]
    assert (account.account_id, account.region) == (identity["account_id"], identity["region"])
    assert (account.role_name, str(account.role_arn)) == (identity["role_name"], identity["role_arn"])
    assert (account.session_name, str(account.provider_arn)) == (identity["session_name"], identity["provider_arn"])
    assert account.audiences == (identity["aud"],)
    assert [entry.name for entry in account.repositories] == identity["ecr_repositories"]
    assert list(account.buckets) == identity["evidence_buckets"]
    policy = account.at("3").inline_policies[0]
    assert policy.name == record["ecr_policy"]["name"]
    granted = [(entry["Action"], entry["Resource"]) for entry in json.loads(policy.document)["Statement"]]
    assert granted == [(entry["actions"], entry["resource"]) for entry in record["ecr_policy"]["statements"]]
    case = INCIDENT.case.case
    assert case.decision_log == record["decision_log"]["file"]
    assert case.decision_log_entry == record["decision_log"]["entry"]
    assert case.evidence_local == record["evidence"]["local"]
    assert case.evidence_root == record["evidence"]["durable"]
    assert list(case.evidence_artifacts) == record["evidence"]["artifacts"]
    assert (case.tag, case.digest) == (record["image"]["tag"], record["image"]["digest"])
    for entry in record["runs"]:
        if entry["run_id"] is None:
            continue
        run = INCIDENT.run(entry["run_id"]).attempts[0].run
        assert run["head_branch"] == entry["ref"]
        assert run["html_url"] == entry["run_url"]
        assert run["path"].endswith("/" + entry["workflow"])
        assert run["conclusion"] == ("success" if entry["outcome"] == "SUCCESS" else "failure")
        assert run["head_sha"] == entry.get("head_sha", run["head_sha"])
        if entry.get("duration_s"):
            assert run["created_at"] == entry["date"]
            assert seconds(run, "created_at", "updated_at") == entry["duration_s"]
        if (entry["error_text_kind"] or "").startswith("verbatim"):
            assert entry["error_text"].removeprefix("... ") in log_of(entry["run_id"])
