"""Foreign text stays a name in every language in which a change is written."""

from __future__ import annotations

import json
import shlex
import subprocess

from arns import arn_of
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.facts.account import Role
from diagnosis.policy import read_document
from diagnosis.remedies.edits.trust_edit import rendered_trust
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


def test_neighbouring_rows_share_the_column_of_their_sign() -> None:
    """As `terraform fmt` writes it: a value of several lines stands alone, and the next rows begin anew."""
    body = {"a": 1, "long name": {"x": "y", "longer": ["z"]}, "b": "é", "ccé": True}
    assert hcl(body).splitlines() == [
        "{",
        "  a = 1",
        '  "long name" = {',
        '    x = "y"',
        "    longer = [",
        '      "z",',
        "    ]",
        "  }",
        '  b     = "é"',
        '  "ccé" = true',
        "}",
    ]


def test_escapes_that_hcl_does_not_know_are_written_by_number() -> None:
    assert hcl_string("a\b\f\\b") == '"a\\u0008\\u000c\\\\b"'


def test_what_a_terminal_does_not_show_is_written_by_number() -> None:
    assert hcl_string("a\x9b\xa0\u202e\U000e0041é✔\\ud8") == '"a\\u009b\\u00a0\\u202e\\U000e0041é✔\\\\ud8"'
    template = cloudformation("Role", "AWS::IAM::Role", {"RoleName": "\x9b\u202e"})
    assert "\\u009b\\u202e" in template
    assert json.loads(template)["Resources"]["Role"]["Properties"]["RoleName"] == "\x9b\u202e"


def test_a_change_of_the_trust_policy_names_the_settings_that_stay() -> None:
    tags = (("team", "shop"), ("aws:cloudformation:stack-name", "iam"))
    boundary = arn_of("arn:aws:iam::123456789012:policy/edge")
    document = read_document('{"Version": "2012-10-17", "Statement": []}')
    role = Role(arn_of("arn:aws:iam::123456789012:role/ci/release"), "release", document, 7200, boundary, tags=tags)
    told = rendered_trust(role, document)
    (resource,) = json.loads(told.cloudformation)["Resources"].values()
    assert resource["Properties"] == {
        "RoleName": "release",
        "Path": "/ci/",
        "MaxSessionDuration": 7200,
        "PermissionsBoundary": str(boundary),
        "Tags": [{"Key": "team", "Value": "shop"}],
        "AssumeRolePolicyDocument": json.loads(document.text),
    }
    for line in ("path                 =", "max_session_duration = 7200", "permissions_boundary =", 'team = "shop"'):
        assert line in told.terraform
    assert "aws:cloudformation" not in told.terraform
