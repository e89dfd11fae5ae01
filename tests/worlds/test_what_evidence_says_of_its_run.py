"""What an evidence file says of the run beside its id: a contradiction fails the rule, what speaks of something else never does."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace

from compliant_chain import (
    ACCOUNT,
    COMMIT,
    DIGEST,
    HOST,
    NAME,
    OTHER_COMMIT,
    OTHER_DIGEST,
    REGION,
    REPOSITORY_ARN,
    ROLE,
    SUBJECT,
    TAG,
    ComplyingRelease,
    receipt,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.closure.evidence.artifacts import judge_evidence_consistent
from diagnosis.facts.closure_facts import ClosureFacts, EvidenceFile, EvidenceRoot
from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Artifact
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import RuleVerdict

RELEASE = ComplyingRelease()
REPLAYS = RELEASE.diagnosis().replays
RUNS = "https://github.com/acme/shop/actions/runs/"
OTHER = "999988887777"
OTHER_HOST = f"{OTHER}.dkr.ecr.{REGION}.amazonaws.com"
FILE = ".github/workflows/{}.yml"

WRONG: tuple[dict[str, object], ...] = (
    *({name: OTHER} for name in ("account_id", "AWS_ACCOUNT_ID", "registryId", "Account")),
    {"account": int(OTHER)},
    {"registry": {"account_id": OTHER}},
    {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/admin"},
    {"role_to_assume": f"arn:aws:iam::{OTHER}:role/release"},
    {"caller_identity": {"Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/release-903"}},
    {"principal": f"arn:aws:sts::{OTHER}:assumed-role/release/release-903"},
    *({name: False} for name in ("verified", "passed", "success", "ok", "valid", "result", "all_passed", "pushed")),
    *({name: "False"} for name in ("is_verified", "success")),
    {"checks": [{"name": "a", "passed": False}]},
    {"checks": {"digest_verified": False}},
    {"digest_matches": False},
    {"result": {"status": "FAILED"}},
    {"push": {"exit_code": 1}},
    *({name: True} for name in ("failed", "hasErrors", "denied")),
    {"outcome": "not verified"},
    {"repository": "acme/other"},
    {"repository": "other"},
    {"GITHUB_REPOSITORY": "evil/shop"},
    {"repository_url": "https://github.com/acme/other"},
    {"source": {"repository": "git@github.com:acme/other.git"}},
    {"repository_owner": "evil"},
    {"GITHUB_WORKFLOW": "Nightly"},
    {"workflow": "nightly.yml"},
    {"workflow_file": FILE.format("nightly")},
    {"workflow_ref": f"acme/shop/{FILE.format('nightly')}@refs/heads/main"},
    {"externalParameters": {"workflow": {"ref": "refs/heads/evil"}}},
    {"workflow_ref": f"acme/other/{FILE.format('release')}@refs/heads/main"},
    {"workflow_ref": f"acme/shop/{FILE.format('release')}@refs/heads/evil"},
    {"actor": "mallory"},
    {"github": {"actor": "mallory", "event_name": "push"}},
    {"event_name": "schedule"},
    {"run": {"attempt": 2}},
    {"run": "21985402789"},
    {"run_url": f"{RUNS}904"},
    {"run_url": f"{RUNS}903/attempts/2"},
    {"url": "https://github.com/acme/other/actions/runs/903"},
    {"run_url": "https://api.github.com/repos/acme/shop/actions/runs/904"},
    {"commit_url": f"https://github.com/acme/shop/commit/{OTHER_COMMIT}"},
    {"image": f"{OTHER_HOST}/{NAME}:{TAG}"},
    {"image": f"docker://{OTHER_HOST}/{NAME}:{TAG}"},
    {"image": f"{ACCOUNT}.dkr.ecr.us-east-1.amazonaws.com/{NAME}:{TAG}"},
    {"image": f"{HOST}/other:{TAG}"},
    {"image_ref": f"{HOST}/{NAME}@{OTHER_DIGEST}"},
    {"registry": OTHER_HOST},
    {"repository_arn": f"arn:aws:ecr:{REGION}:{OTHER}:repository/{NAME}"},
    {"repository_arn": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/other"},
    *({name: "us-east-1"} for name in ("region", "aws_region", "AWS_REGION", "AWS_DEFAULT_REGION")),
    {"SubjectFromWebIdentityToken": SUBJECT.replace("main", "evil")},
    {"subject": SUBJECT.replace("main", "evil")},
    {"sub": SUBJECT.replace("shop", "other")},
    {"sub": SUBJECT.replace("acme/shop", "acme@5/other@7")},
    {"runs": [{"run_id": "901", "commit": COMMIT}, {"run_id": "903", "commit": OTHER_COMMIT}]},
    {"environment": [{"name": "GITHUB_RUN_ID", "value": "904"}]},
    {"output": json.dumps({"image_digest": OTHER_DIGEST})},
    {"output": json.dumps({"image_digest": OTHER_DIGEST}) + "\n"},
    {"steps": [{"run_id": "903"}, {"name": "push", "verified": False}]},
    {"images": [{"run_id": "903"}, {"digest": OTHER_DIGEST}]},
    {
        "payloadType": "application/vnd.in-toto+json",
        "payload": b64encode(json.dumps({"predicate": {"run_id": "904"}}).encode()).decode(),
    },
)
"""Members of a receipt that cannot be the closing run's."""

RIGHT: tuple[dict[str, object], ...] = (
    *({name: ACCOUNT} for name in ("account_id", "registryId")),
    *({"account": value} for value in (int(ACCOUNT), "1111-2222-3333", "************", "acme-prod")),
    {"role_arn": ROLE, "caller": {"Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/release/release-903"}},
    {"subject": SUBJECT, "sub": SUBJECT.replace("acme/shop", "acme@5/shop@6")},
    {"public_pull_denied": True, "anonymous_access_denied": True, "other_branch_rejected": True},
    {"task_role_arn": f"arn:aws:iam::{OTHER}:role/task", "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/run"},
    *(
        {name: True}
        for name in ("verified", "passed", "continue_on_error", "static_aws_credentials_rejected", "skipped")
    ),
    *(
        {name: False}
        for name in ("dry_run", "cache_hit", "failed", "draft", "push_latest", "mirror_pushed", "provenance")
    ),
    {"failed": 0, "errors": [], "exit_code": 0, "verified": None, "passed": 0, "secret_scan": {"matched": False}},
    {"commit": {"verification": {"verified": False, "reason": "unsigned"}}},
    {"previous": {"passed": False, "status": "failed"}, "sbom": {"packages": [{"verified": False}]}},
    *({"repository": value} for value in ("acme/shop", NAME, "shop", "ghcr.io/acme/shop")),
    {"repository_url": "https://github.com/acme/shop.git", "repository_owner": "acme", "repository_type": "private"},
    {"base": {"repository": "library/python"}, "action_repository": "actions/checkout"},
    *({"workflow": value} for value in ("Release", "release", "release.yml", FILE.format("release"), {"id": 12345})),
    {"workflow_ref": f"acme/shop/{FILE.format('release')}@refs/heads/main", "workflow_engine": "github"},
    {"job_workflow_ref": f"acme/platform/{FILE.format('build')}@refs/heads/main"},
    {"actor": "octocat", "actor_type": "user", "triggering_actor": "hubot", "actor_id": "5"},
    *({"run": value} for value in ("903", 13, "nightly")),
    {"attempt": 1, "max_attempts": 5, "retry": {"attempt": 2}, "push": {"attempt": 3}},
    {"run_url": f"{RUNS}903/attempts/1", "previous_run_url": f"{RUNS}902"},
    {"earlier_attempts": [{"run_id": "901", "conclusion": "failure", "success": False}]},
    {"attempts": [{"run_id": "901", "conclusion": "failure"}, {"run_id": "903", "commit": COMMIT, "passed": True}]},
    {"runs": [{"id": 901, "commit": OTHER_COMMIT, "success": False}, {"id": 903, "success": True}]},
    {"runs": {"901": {"status": "failure", "digest": OTHER_DIGEST}, "903": {"status": "success"}}},
    {"attempts": [{"url": f"{RUNS}902", "passed": False}, {"url": f"{RUNS}903"}], "run_ids": ["901", "903"]},
    {
        "runs": [
            {"run_id": "901", "url": f"{RUNS}901"},
            {"run_id": "903", "tag": TAG},
            {"run_id": "903", "commit": COMMIT},
        ]
    },
    {"parameters": [{"name": "base_digest", "value": OTHER_DIGEST}], "output": json.dumps({"commit": COMMIT})},
    {"history": [{"run_id": 901, "digest": OTHER_DIGEST}], "failed_runs": [{"run_id": 901, "url": f"{RUNS}901"}]},
    {"image": f"https://{HOST}/{NAME}:{TAG}@{DIGEST}", "registry": HOST, "repository_arn": REPOSITORY_ARN},
    {"image": "python:3.12", "base_image": f"{OTHER_HOST}/base:1", "scanner_image": f"{OTHER_HOST}/scan:1"},
    {"imageDetails": [{"registryId": ACCOUNT, "imageDigest": DIGEST, "imageScanStatus": {"status": "FAILED"}}]},
    {"externalParameters": {"workflow": {"ref": "refs/heads/main", "path": FILE.format("release")}}},
    {"optional": {"githubWorkflowRef": "refs/heads/main", "githubWorkflowRepository": "acme/shop"}},
    {"region": REGION, "s3": {"region": "us-east-1"}, "backup_region": "us-east-1"},
    {"sub": SUBJECT, "event_name": "workflow_dispatch"},
)
"""Members that the closing run may write, or that speak of something else."""

UNSURE: tuple[dict[str, object], ...] = (
    {"workflow": "Nightly"},
    {"attempt": 2},
    {"run": 4},
    {"attestation": {"verified": False}},
    {"errors": 2},
    {"reviewer": {"role_arn": f"arn:aws:iam::{ACCOUNT}:role/admin"}},
    {"runs": [{"run_id": "904"}]},
)
"""Members of which nobody can say whether they speak of the release: no pass, and no failure."""


def judged(members: dict[str, object]) -> RuleVerdict:
    text = receipt(**members)
    digest = hashlib.sha256(text.encode()).hexdigest()
    held = Artifact(
        7, "evidence", 9, expired=False, files=(("receipt.json", text),), digests=(("receipt.json", digest),)
    )
    *before, closing = REPLAYS
    closing = replace(closing, attempt=replace(closing.attempt, artifacts=Known((held,))))
    root = EvidenceRoot("s3://x/", (EvidenceFile("receipt.json", len(text), None, Known(digest), Known(text)),))
    facts = ClosureFacts(durable_evidence=Known(root))
    return judge_evidence_consistent((*before, closing), RELEASE.case, RELEASE.account, facts)


def not_so(table: Iterable[dict[str, object]], wanted: Verdict) -> list[str]:
    found = ((members, judged(members)) for members in table)
    return [f"{json.dumps(members)}: {verdict.reason}" for members, verdict in found if verdict.verdict is not wanted]


def test_each_kind_of_contradiction_fails_and_what_speaks_of_something_else_does_not() -> None:
    assert not_so(WRONG, Verdict.FAIL) == []
    assert not_so(RIGHT, Verdict.PASS) == []
    assert not_so(UNSURE, Verdict.UNKNOWN) == []
    told = judged({"role_arn": f"arn:aws:iam::{ACCOUNT}:role/admin"})
    assert "role/admin at $.role_arn; the run says arn:aws:iam" in told.reason


@settings(max_examples=examples(400))
@given(
    st.sampled_from(WRONG), st.lists(st.sampled_from(("details", "outputs", "build", "release", "summary")), max_size=3)
)
def test_a_contradiction_does_not_pass_however_deep_it_stands_nor_fail_under_what_was_before(
    members: dict[str, object], around: list[str]
) -> None:
    document: object = members
    for name in around:
        document = {name: document}
    assert judged({"context": document}).verdict is not Verdict.PASS
    assert judged({"previous": document}).verdict is Verdict.PASS


_LEAVES = (
    st.none() | st.booleans() | st.integers(-(10**25), 10**25) | st.sampled_from(["²", "--1", "3", "repo:a", ROLE, ""])
)
_NAMES = st.sampled_from(["runs", "run_id", "exit_code", "failed", "account", "role_arn", "sub", "x", "901"])


@settings(max_examples=examples(400))
@given(
    st.recursive(
        _LEAVES,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
        max_leaves=12,
    )
)
def test_nothing_that_a_file_may_hold_ends_the_judgement(value: object) -> None:
    assert judged({"runs": value}).verdict in Verdict
