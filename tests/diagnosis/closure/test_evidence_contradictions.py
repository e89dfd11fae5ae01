"""Evidence files: one contradiction, wherever it stands, is found; silence proves nothing."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest
from chain_builders import ACCOUNT, DIGEST, NAME, REGION, account, chain, minutes
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.closure.evidence.artifacts import judge_evidence_consistent, judge_evidence_present
from diagnosis.facts.case import Case
from diagnosis.facts.closure_facts import NOTHING_READ, ClosureFacts, EvidenceFile, EvidenceRoot
from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Artifact
from diagnosis.gates import Verdict
from diagnosis.verdicts.closure import RuleVerdict

ROOT = "s3://evidence/run/"
CASE = Case(evidence_root=ROOT, evidence_artifacts=("receipt.json", "image.json"), ecr_repository=NAME)
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}"
RECEIPT = {
    "GITHUB_RUN_ID": "3",
    "run": {"attempt": 1, "url": "https://github.com/octo-org/octo-repo/actions/runs/3"},
    "gitSha": "c" * 40,
    "git_ref": "refs/heads/main",
    "github": {"repository": "octo-org/octo-repo"},
    "built_at": f"{minutes(21):%Y-%m-%dT%H:%M:%SZ}",
    "base_image_digest": "sha256:" + "9" * 64,
    "platform_run_id": "platform-7",
}
IMAGES = {
    "image": {"tag": "v1", "digest": DIGEST, "uri": f"{IMAGE}:v1@{DIGEST}"},
    "labels": {"org.opencontainers.image.revision": "c" * 12},
    "platform_run_id": "platform-7",
}


def files(*documents: tuple[str, object]) -> tuple[EvidenceFile, ...]:
    texts = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in documents]
    return tuple(
        EvidenceFile(name, len(text), None, Known(hashlib.sha256(text.encode()).hexdigest()), Known(text))
        for name, text in texts
    )


def judged(artifacts: tuple[EvidenceFile, ...], durable: tuple[EvidenceFile, ...], case: Case = CASE) -> RuleVerdict:
    *before, closing = chain()
    held = Artifact(
        1,
        "evidence",
        10,
        expired=False,
        files=tuple((each.name, each.text.value) for each in artifacts),
        digests=tuple((each.name, each.sha256.value) for each in artifacts),
    )
    closing = replace(closing, attempt=replace(closing.attempt, artifacts=Known((held,))))
    facts = ClosureFacts(durable_evidence=Known(EvidenceRoot(ROOT, durable)))
    return judge_evidence_consistent((*before, closing), case, account(), facts)


def both(receipt: object, image: object) -> RuleVerdict:
    own = files(("receipt.json", receipt), ("image.json", image))
    return judged(own, own)


def test_evidence_that_agrees_with_the_run_passes_and_says_what_was_compared():
    found = both(RECEIPT, IMAGES)
    assert found.verdict is Verdict.PASS, found.reason
    for kind in ("run id", "run attempt", "commit", "ref", "repository", "tag", "digest", "image address", "time"):
        assert kind in found.reason
    assert "byte for byte" in found.reason


def test_every_single_value_that_is_changed_turns_the_rule():
    changed = {
        "GITHUB_RUN_ID": "4",
        "run": {"attempt": 2, "url": "https://github.com/octo-org/octo-repo/actions/runs/30"},
        "gitSha": "d" * 40,
        "git_ref": "refs/heads/dev",
        "github": {"repository": "octo-org/other"},
        "built_at": "2025-03-02T10:21:00Z",
        "platform_run_id": "platform-8",
    }
    for name, value in changed.items():
        parts = value.items() if isinstance(value, dict) else [(None, value)]
        for inner, wrong in parts:
            document = dict(RECEIPT)
            document[name] = {**RECEIPT[name], inner: wrong} if inner else wrong  # type: ignore[dict-item]
            found = both(document, IMAGES)
            assert found.verdict is Verdict.FAIL, (name, inner, found.reason)
            assert str(wrong).rpartition("/")[2] in found.reason
            assert found.evidence
    other = "sha256:" + "b" * 64
    for path, wrong in (("tag", "v2"), ("digest", other), ("uri", f"{IMAGE}:v1@{other}"), ("uri", f"{IMAGE}x:v1")):
        found = both(RECEIPT, {**IMAGES, "image": {**IMAGES["image"], path: wrong}})  # type: ignore[dict-item]
        assert found.verdict is Verdict.FAIL, path


_KEYS = st.sampled_from(("details", "outputs", "build", "thing", "step_3", "meta", "release"))
_NAMES = {
    "run id": (
        ("run_id", "GITHUB_RUN_ID", "githubRunId", "workflow-run-id", "ci_run_id"),
        "3",
        st.integers(10, 10**11).map(str),
    ),
    "commit": (
        ("sha", "commit", "git_sha", "headSha", "commit_sha", "GITHUB_SHA"),
        "c" * 40,
        st.sampled_from(("d" * 40, "0" * 39 + "a")),
    ),
    "digest": (
        ("digest", "image_digest", "imageDigest", "image-sha256"),
        DIGEST,
        st.sampled_from(("sha256:" + "0" * 64, "f" * 64)),
    ),
}


@settings(max_examples=examples(300))
@given(st.sampled_from(sorted(_NAMES)), st.lists(_KEYS, max_size=4), st.data())
def test_one_changed_value_at_any_depth_never_leaves_a_pass(kind, around, data):
    names, right, wrongs = _NAMES[kind]
    name = data.draw(st.sampled_from(names))

    def nested(value: str) -> object:
        document: object = {name: value, "note": "kept"}
        for key in around:
            document = data.draw(st.sampled_from(({key: document}, {key: [document]}, {key: [1, document], "n": None})))
        return document

    assert both(RECEIPT, {**IMAGES, "x": 1, "extra_context": {}} | {"details": nested(right)}).verdict is Verdict.PASS
    found = both(RECEIPT, {**IMAGES, "details": nested(data.draw(wrongs))})
    assert found.verdict in (Verdict.FAIL, Verdict.UNKNOWN), found.reason
    if all(key not in ("thing", "step_3") for key in around):
        assert found.verdict is Verdict.FAIL, found.reason


def test_what_the_usual_tools_write_is_understood():
    """GitHub's context, buildx's metadata file, ECR's answer, docker's: each as that tool writes it."""
    written = {
        "github": {
            "sha": "c" * 40,
            "ref": "refs/heads/main",
            "ref_name": "main",
            "run_id": "3",
            "repository": "octo-org/octo-repo",
            "workflow_ref": "octo-org/octo-repo/.github/workflows/release.yml@refs/heads/main",
            "action_ref": "v4",
            "action_repository": "actions/github-script",
            "base_ref": "",
            "event": {
                "head_commit": {"id": "c" * 40, "timestamp": "2026-01-01T00:00:00Z", "message": "Fix"},
                "before": "d" * 40,
                "repository": {"created_at": 1_600_000_000, "default_branch": "trunk"},
            },
        },
        "buildx": {
            "containerimage.config.digest": "sha256:" + "7" * 64,
            "containerimage.descriptor": {"digest": DIGEST, "size": 2},
            "containerimage.digest": DIGEST,
            "buildx.build.ref": "builder/builder0/abc",
        },
        "imageDetails": [
            {
                "imageDigest": DIGEST,
                "imageTags": ["latest", "v1"],
                "repositoryName": NAME,
                "imagePushedAt": 1_772_446_860.5,
            }
        ],
        "RepoDigests": [f"{IMAGE}@{DIGEST}"],
        "Created": "1970-01-01T00:00:00Z",
    }
    found = both(RECEIPT, written)
    assert found.verdict is Verdict.PASS, found.reason


def test_a_file_must_be_the_same_wherever_it_lies():
    own = files(("receipt.json", RECEIPT), ("image.json", IMAGES))
    altered = files(("receipt.json", {**RECEIPT, "note": "later"}), ("image.json", IMAGES))
    found = judged(own, altered)
    assert found.verdict is Verdict.FAIL
    assert "receipt.json is not the same" in found.reason


def test_what_says_nothing_or_was_not_understood_proves_nothing():
    silent = {"verdict": "PASS", "digest_of_config": "x", "previous_run_id": "1"}
    assert both(silent, silent).verdict is Verdict.UNKNOWN
    # Of one pack, a file that says nothing is told.
    told = both(RECEIPT, silent)
    assert told.verdict is Verdict.PASS
    assert "image.json" in told.reason
    for hostile in (
        "{",
        '{"a": NaN}',
        "[" * 5_000,
        '{"run_id": "3", "run_id": "4"}',
        json.dumps(dict.fromkeys(map(str, range(20_001)), 1)),
    ):
        found = both(RECEIPT, hostile)
        assert found.verdict is Verdict.UNKNOWN, hostile[:40]
    unread = replace(
        files(("image.json", IMAGES))[0], sha256=Unreadable("it", "it is too large", "x"), text=Absent("text")
    )
    assert judged(files(("receipt.json", RECEIPT)), (unread,)).verdict is Verdict.UNKNOWN
    lacking = judged(files(("receipt.json", RECEIPT)), files(("receipt.json", RECEIPT)))
    assert lacking.verdict is Verdict.UNKNOWN
    assert "image.json was not found" in lacking.reason


@pytest.mark.parametrize(
    ("facts", "verdict"),
    [
        (NOTHING_READ, Verdict.UNKNOWN),
        (ClosureFacts(durable_evidence=Known(EvidenceRoot(ROOT, files(("receipt.json", {}))))), Verdict.FAIL),
        (
            ClosureFacts(durable_evidence=Known(EvidenceRoot(ROOT, files(("receipt.json", {})), complete=False))),
            Verdict.UNKNOWN,
        ),
        (
            ClosureFacts(durable_evidence=Known(EvidenceRoot(ROOT, files(("a/receipt.json", {}), ("image.json", {}))))),
            Verdict.PASS,
        ),
    ],
)
def test_each_file_that_the_case_names_must_be_under_its_root(facts, verdict):
    state = account(evidence_objects=Unreadable("the objects", "S3 refused", "grant it", "s3:ListBucket"))
    assert judge_evidence_present(chain(), CASE, state, facts).verdict is verdict


def test_an_empty_root_fails_and_an_unnamed_one_is_unknown():
    assert judge_evidence_present(chain(), CASE, account(), NOTHING_READ).verdict is Verdict.FAIL
    assert judge_evidence_present(chain(), Case(), account(), NOTHING_READ).verdict is Verdict.UNKNOWN
