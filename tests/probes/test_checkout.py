"""What a job's checkout tells: files by path, whole or not at all, and nothing from outside of it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from made_attempts import made_attempt

from diagnosis.facts.reading import Absent, Known, Unreadable
from diagnosis.facts.runs import Attempt
from diagnosis.facts.workflow import UnparsableWorkflow, WorkflowFile
from probes.checkout import LARGEST_FILE, Checkout
from probes.workflow_file import parse_workflow

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
      - run: make deploy
  verify:
    uses: ./.github/workflows/verify.yml
"""
ACTION = "runs:\n  using: composite\n  steps:\n    - run: ./scripts/publish.sh\n      shell: bash\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    files = {
        OWN: WORKFLOW,
        ".github/workflows/verify.yml": WORKFLOW.split("  verify:")[0].replace("on: push", "on: workflow_call"),
        ".github/workflows/other.yaml": "on: push\njobs: {a: {runs-on: x, steps: [{run: make}]}}\n",
        ".github/workflows/broken.yml": "jobs: [",
        ".github/workflows/notes.txt": "no workflow",
        ".github/actions/publish/action.yml": ACTION,
        "scripts/publish.sh": "aws s3 cp a s3://bucket/a\n",
        "Makefile": "deploy:\n\t./scripts/deploy.sh\n",
    }
    for path, text in files.items():
        write(tmp_path / path, text)
    return tmp_path


def write(place: Path, text: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text, encoding="utf-8")


def own() -> Attempt:
    file = Known(WorkflowFile(WORKFLOW, parse_workflow(WORKFLOW, OWN)))
    return replace(made_attempt(), workflow_file=file, workflow_path=f"{OWN}@refs/heads/main")


def test_everything_that_the_steps_use_is_read_in_rounds(root: Path) -> None:
    found = Checkout(root, OWN).added_to(own())
    texts = {file.path: file.text for file in found.files}
    assert texts["scripts/publish.sh"] == Known("aws s3 cp a s3://bucket/a\n")
    assert isinstance(texts["Makefile"], Known)
    assert isinstance(texts["scripts/deploy.sh"], Absent)
    assert [action.path for action in found.local_actions] == [".github/actions/publish/action.yml"]
    assert [called.path for called in found.called_workflows] == [
        f"{found.repository.full_name}/.github/workflows/verify.yml"
    ]


def test_what_is_named_by_the_files_own_repository_is_read_like_what_stands_in_the_workspace(root: Path) -> None:
    text = WORKFLOW.replace("uses: ./", "uses: $/")
    assert text.count("uses: $/") == 2
    found = Checkout(root, OWN).added_to(
        replace(own(), workflow_file=Known(WorkflowFile(text, parse_workflow(text, OWN))))
    )
    assert [action.path for action in found.local_actions] == [".github/actions/publish/action.yml"]
    assert [called.path for called in found.called_workflows] == [
        f"{found.repository.full_name}/.github/workflows/verify.yml"
    ]


def test_the_other_workflows_are_all_of_them_or_none(root: Path) -> None:
    others = Checkout(root, OWN).added_to(own()).other_workflows
    assert isinstance(others, Known)
    paths = {file.parsed.path: file.parsed for file in others.value}
    assert set(paths) == {".github/workflows/other.yaml", ".github/workflows/broken.yml"}
    assert isinstance(paths[".github/workflows/broken.yml"], UnparsableWorkflow)
    fork = replace(own(), head_repository="somebody/else")
    assert isinstance(Checkout(root, OWN).added_to(fork).other_workflows, Unreadable)


@pytest.mark.parametrize("why", ["another repository", "sparse", "nothing"])
def test_what_is_not_there_is_absent_only_where_everything_is_there(root: Path, why: str) -> None:
    if why == "sparse":
        write(root / ".git/info/sparse-checkout", "/.github\n")
    place = Checkout(
        root if why != "nothing" else root / "empty", OWN if why != "another repository" else ".github/x.yml"
    )
    assert isinstance(place.text("scripts/none.sh"), Unreadable)
    assert isinstance(place.added_to(own()).other_workflows, Unreadable)


@pytest.mark.parametrize(
    "path", ["../secret", "/etc/hostname", "a/../../secret", "", ".", "a//b", "x\0y", "a\\b", "x" * 9000]
)
def test_no_path_leads_out(root: Path, path: str) -> None:
    write(root.parent / "secret", "s")
    assert isinstance(Checkout(root, OWN).text(path), Unreadable)


def test_what_is_no_whole_text_file_is_not_read(root: Path) -> None:
    write(root.parent / "outside", "not yours")
    (root / "link").symlink_to(root.parent / "outside")
    (root / "loop").symlink_to(root / "loop")
    (root / "binary").write_bytes(b"\x7fELF\0\xff")
    (root / "large").write_bytes(b"a" * (LARGEST_FILE + 1))
    os.mkfifo(root / "pipe")
    checkout = Checkout(root, OWN)
    for path in ("link", "binary", "large", "pipe", "scripts"):
        assert isinstance(checkout.text(path), Unreadable), path
    assert not isinstance(checkout.text("loop"), Known)
    (root / "inside").symlink_to(root / "Makefile")
    assert isinstance(checkout.text("inside"), Known)


@pytest.mark.parametrize("path", [".git/config", ".GIT/config", "scripts/.git/config", "by-link", "folder/config"])
def test_what_git_keeps_beside_the_files_is_not_read(root: Path, path: str) -> None:
    for place in (".git/config", ".GIT/config", "scripts/.git/config"):
        write(root / place, "extraheader = AUTHORIZATION: basic x")
    (root / "by-link").symlink_to(root / ".git/config")
    (root / "folder").symlink_to(root / ".git")
    found = Checkout(root, OWN).text(path)
    assert isinstance(found, Unreadable)
    assert "git's own" in found.why
    write(root / ".github.git/x", "y")
    assert Checkout(root, OWN).text(".github.git/x") == Known("y")


def test_the_workflow_that_calls_the_judged_one_is_another_user_of_the_role(root: Path) -> None:
    path = ".github/workflows/verify.yml"
    text = (root / path).read_text(encoding="utf-8")
    called = replace(
        own(),
        workflow_path=f"{path}@refs/heads/main",
        workflow_file=Known(WorkflowFile(text, parse_workflow(text, path))),
    )
    others = Checkout(root, OWN).added_to(called).other_workflows
    assert isinstance(others, Known)
    read = {file.parsed.path for file in others.value}
    assert OWN in read
    assert path not in read


def test_a_workflow_that_is_a_link_to_nothing_says_so(root: Path) -> None:
    (root / ".github/workflows/gone.yml").symlink_to(root / "nowhere")
    others = Checkout(root, OWN).added_to(own()).other_workflows
    assert isinstance(others, Known)
    (gone,) = (file.parsed for file in others.value if file.parsed.path.endswith("gone.yml"))
    assert isinstance(gone, UnparsableWorkflow)
    assert gone.why == "it is a link to nothing"


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="the system opens no file below a folder that is open")
@pytest.mark.parametrize("what", ["a pipe", "a link", "a folder that is a link"])
def test_what_is_put_in_a_files_place_after_it_was_looked_at_is_not_read(
    what: str, root: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "publish.sh").write_text("of another place")
    looked = Path.is_file

    def swapped(place: Path) -> bool:
        answer = looked(place)
        place.unlink()
        if what == "a pipe":
            os.mkfifo(place)
        elif what == "a link":
            place.symlink_to(outside / "publish.sh")
        else:
            place.parent.rmdir()
            place.parent.symlink_to(outside)
        return answer

    assert isinstance(Checkout(root, OWN).text("scripts/publish.sh"), Known)
    monkeypatch.setattr(Path, "is_file", swapped)
    assert isinstance(Checkout(root, OWN).text("scripts/publish.sh"), Unreadable)
