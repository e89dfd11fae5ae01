"""The files of another commit: read through git, whatever the repository holds and whoever wrote its configuration."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from made_attempts import made_attempt

from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.workflow import WorkflowFile
from probes.git_commit import CommitTree, base_tree, commit_tree, proposed_paths
from probes.programs import find_program
from probes.workflow_file import parse_workflow

GIT = find_program("git") or ""
pytestmark = pytest.mark.skipif(not GIT, reason="git is not installed")
OWN = ".github/workflows/release.yml"
WORKFLOW = """\
on: push
permissions: {id-token: write}
jobs:
  release:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v4
        with: {role-to-assume: "arn:aws:iam::111122223333:role/release", aws-region: eu-west-1}
      - uses: ./.github/actions/publish
  verify:
    uses: ./.github/workflows/verify.yml
"""
ACTION = "runs:\n  using: composite\n  steps:\n    - run: ./publish.sh\n      shell: bash\n"


def git(root: Path, *words: str) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    told = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)}
    who = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@b",
        "-c",
        "init.defaultBranch=main",
        "-c",
        "protocol.file.allow=always",
    )
    done = subprocess.run(
        [GIT, *who, *words], cwd=root, env={**environ, **told}, capture_output=True, check=True, text=True
    )
    return done.stdout.strip()


def write(root: Path, files: dict[str, str | bytes]) -> None:
    for path, text in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)


def commit(root: Path, files: dict[str, str | bytes], message: str = "x") -> str:
    write(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    root.mkdir()
    git(root, "init", "-q")
    (root / "inside").symlink_to("policies/push.json")
    (root / "out").symlink_to("../../secret")
    (root / "folder").symlink_to("policies")
    (root / "round").symlink_to("round")
    odd = os.fsdecode(b"odd \xff\nname.json")
    commit(
        root,
        {
            "policies/push.json": "before",
            odd: "odd",
            "picture.png": b"\x89PNG\0",
            "latin": b"\xe9",
            "large.json": "x" * 300_000,
            OWN: WORKFLOW,
            ".github/workflows/verify.yml": "on: workflow_call\njobs: {}\n",
            ".github/workflows/other.yml": "on: push\njobs: {}\n",
            ".github/actions/publish/action.yml": ACTION,
            "publish.sh": "make\n",
        },
    )
    return root


def tree(found: CommitTree | Unreadable) -> CommitTree:
    assert isinstance(found, CommitTree), found
    return found


def test_the_base_is_where_the_work_left_its_branch(root: Path) -> None:
    left = git(root, "rev-parse", "HEAD")
    git(root, "checkout", "-q", "-b", "work")
    commit(root, {"policies/push.json": "after"})
    git(root, "checkout", "-q", "main")
    commit(root, {"policies/push.json": "main went on"})
    git(root, "checkout", "-q", "work")
    base = tree(base_tree(root, "main", {}))
    assert (base.commit, base.note, base.text("policies/push.json")) == (left, "", Known("before"))
    assert tree(commit_tree(root, "HEAD")).text("policies/push.json") == Known("after")


def test_each_kind_of_entry_is_read_or_says_why_not(root: Path) -> None:
    found = tree(commit_tree(root, "HEAD"))
    assert found.text("inside") == found.text("folder/push.json") == Known("before")
    assert found.text(os.fsdecode(b"odd \xff\nname.json")) == Known("odd")
    assert isinstance(found.text("none"), Absent)
    whys = {
        path: reading.why
        for path in ("out", "round", "picture.png", "latin", "large.json", "policies", "../secret", "a//b")
        if isinstance(reading := found.text(path), Unreadable)
    }
    assert whys == {
        "out": "it is a link out of the repository",
        "round": "its links lead in a circle",
        "picture.png": "it is no text",
        "latin": "it is no text",
        "large.json": "it is larger than 256 KB",
        "policies": "it is no file",
        "../secret": "it is no path within the repository",
        "a//b": "it is no path within the repository",
    }
    found.load(("policies/push.json", "publish.sh", "large.json"))
    assert found.text("publish.sh") == Known("make\n")


def test_a_submodule_is_another_repository(root: Path, tmp_path: Path) -> None:
    git(root, "submodule", "--quiet", "add", str(root), "sub")
    commit(root, {})
    reading = tree(commit_tree(root, "HEAD")).text("sub/policies/push.json")
    assert isinstance(reading, Unreadable)
    assert "submodule" in reading.why


def test_a_commit_tells_of_a_run_what_a_checkout_tells(root: Path) -> None:
    file = Known(WorkflowFile(WORKFLOW, parse_workflow(WORKFLOW, OWN)))
    attempt = replace(made_attempt(), workflow_file=file, workflow_path=f"{OWN}@refs/heads/main")
    write(root, {"publish.sh": "changed, and not committed"})
    found = tree(commit_tree(root, "HEAD")).added_to(attempt)
    assert {each.path: each.text for each in found.files}["publish.sh"] == Known("make\n")
    assert [each.path for each in found.local_actions] == [".github/actions/publish/action.yml"]
    assert len(found.called_workflows) == 1
    assert isinstance(found.other_workflows, Known)
    assert [each.parsed.path for each in found.other_workflows.value] == [".github/workflows/other.yml"]


def test_a_shallow_clone_says_what_to_fetch_and_is_enough_after_it(root: Path, tmp_path: Path) -> None:
    git(root, "checkout", "-q", "-b", "work")
    commit(root, {"policies/push.json": "after"})
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", "--branch", "work", root.as_uri(), str(clone))
    pull_request = {"GITHUB_BASE_REF": "main"}
    lacking = base_tree(clone, "", pull_request)
    assert isinstance(lacking, Unreadable)
    assert "`fetch-depth: 0`" in lacking.how
    assert lacking.how.endswith("git remote set-branches --add origin main && git fetch --depth=1 origin main")
    git(clone, "remote", "set-branches", "--add", "origin", "main")
    git(clone, "fetch", "-q", "--depth=1", "origin", "main")
    found = tree(base_tree(clone, "", pull_request))
    assert found.text("policies/push.json") == Known("before")
    # The commit that is checked out names it as its parent.
    assert found.note == ""


def test_without_a_repository_or_a_name_it_says_so(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def why(found: CommitTree | Unreadable) -> str:
        assert isinstance(found, Unreadable)
        return found.why

    (tmp_path / "plain").mkdir()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    assert "no clone" in why(base_tree(tmp_path / "plain", "main"))
    assert "no base is named" in why(base_tree(root, "", {}))
    for name in ("--upload-pack=x", "a b", "a\nb", "x" * 300):
        assert "is no name of a commit" in why(base_tree(root, name, {}))
    assert "is not in this clone" in why(base_tree(root, "nowhere", {}))
    named = base_tree(root, "a;touch${IFS}b", {})
    assert isinstance(named, Unreadable)
    assert named.how.endswith("--depth=1 origin 'a;touch${IFS}b'")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in why(base_tree(root, "main", {}))


def test_nothing_of_a_hostile_repository_runs(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {ran}\n")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "core.editor", "core.gitProxy", "diff.external"):
        git(root, "config", name, str(script))
    git(root, "config", "core.hooksPath", str(tmp_path))
    git(root, "config", "alias.ls-tree", f"!{script}")
    git(root, "config", "core.alternateRefsCommand", str(script))
    git(root, "config", "extensions.partialClone", "origin")
    git(root, "config", "core.repositoryFormatVersion", "1")
    git(root, "config", "remote.origin.url", f"ext::{script}")
    git(root, "config", "remote.origin.promisor", "true")
    git(root, "config", "protocol.ext.allow", "always")
    write(root, {".gitattributes": "* filter=evil diff=evil\n"})
    git(root, "config", "filter.evil.smudge", str(script))
    git(root, "config", "diff.evil.textconv", str(script))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(script))
    monkeypatch.setenv("GIT_DIR", str(tmp_path))
    blob = git(root, "rev-parse", "HEAD:publish.sh")
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = tree(base_tree(root, "main", {}))
    assert found.text("policies/push.json") == Known("before")
    reading = found.text("publish.sh")
    assert isinstance(reading, Unreadable)
    assert "partial clone" in reading.why
    assert not ran.exists()


def test_what_is_committed_is_proposed_wherever_it_lies_and_what_git_leaves_out_is_not(root: Path) -> None:
    tracked = [
        "node_modules/role.tf",
        ".venv/role.json",
        "left/out.json",
        "forced/trust.json",
        "-x\n.json",
        ".github/a.tf",
    ]
    write(root, dict.fromkeys([*tracked, "gone.json"], "{}"))
    write(root, {".gitignore": "forced/\nbuilt/\n!.tool/\n"})
    git(root, "add", "-A", "-f")
    git(root, "update-index", "--skip-worktree", "left/out.json")
    for path in ("left/out.json", "gone.json"):
        (root / path).unlink()
    (root / ".tool").mkdir()
    git(root / ".tool", "init", "-q")
    write(root, dict.fromkeys([".tool/a.json", "node_modules/new.json", "built/new.json", "new.json"], "{}"))
    proposed = proposed_paths(root)
    assert isinstance(proposed, tuple)
    assert {*tracked, ".gitignore", "new.json"} <= set(proposed)
    assert not {"gone.json", ".tool/a.json", "node_modules/new.json", "built/new.json"} & set(proposed)
    named = proposed_paths(root, ["built"])
    assert isinstance(named, tuple)
    assert set(named) - set(proposed) == {"built/new.json"}
    assert isinstance(proposed_paths(root.parent), Unreadable)
