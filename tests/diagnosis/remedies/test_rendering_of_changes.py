"""Foreign text stays a name in every language in which a change is written."""

from __future__ import annotations

import json
import shlex
import subprocess

from hypothesis import given
from hypothesis import strategies as st

from diagnosis.remedies.rendering import cloudformation, hcl, hcl_string, shell, terraform_label, with_file

printable = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), max_size=40)


@given(printable)
def test_a_shell_line_gives_back_its_words(word: str) -> None:
    assert shlex.split(shell("aws", "iam", "--role-name", word).replace("\\\n", "")) == [
        "aws",
        "iam",
        "--role-name",
        word,
    ]


def test_a_document_reaches_its_file_unexpanded(tmp_path_factory: object) -> None:
    document = json.dumps({"Resource": "arn:aws:ecr:$(id):`id`:${HOME}'\""})
    script = with_file(["true"], "--policy-document", document, "p.json").split("POLICY\n")
    text = subprocess.run(
        ["bash", "-c", f"cat <<'POLICY'\n{document}\nPOLICY"], capture_output=True, text=True, check=True
    ).stdout
    assert text == document + "\n"
    assert script[1].startswith("true")


def test_template_markers_are_literal_in_hcl() -> None:
    assert hcl_string('a${path.root}%{if}"b') == '"a$${path.root}%%{if}\\"b"'


def test_hcl_writes_nested_values() -> None:
    assert hcl({"Action": ["a", "b"], "odd key": {}}) == '{\n  Action = [\n    "a",\n    "b",\n  ]\n  "odd key" = {}\n}'


@given(printable)
def test_a_label_is_always_a_terraform_name(text: str) -> None:
    label = terraform_label(text)
    assert label.isascii()
    assert label[0].isalpha() or label[0] == "_"
    assert all(character.isalnum() or character == "_" for character in label)


@given(printable)
def test_a_template_is_json_whatever_the_name(text: str) -> None:
    template = json.loads(cloudformation(text, "AWS::IAM::Role", {"RoleName": text}))
    (resource,) = template["Resources"].values()
    assert resource["Properties"]["RoleName"] == text
