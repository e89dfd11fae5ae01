"""What an expression of Terraform's configuration comes to: exactly what Terraform makes of it, or open with the reason."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.hcl.parser import hcl_blocks, read_hcl, template_of
from diagnosis.iac.proposal import Given, OpenDocument, WholeDocument
from diagnosis.iac.read import read_files

GIVEN = Given("123456789012", "eu-west-1")
_AROUND = """\
variable "open" {}
locals {
  names  = ["b", "a", "b"]
  circle = local.other
  other  = local.circle
  teams  = { blue = { id = 1 }, "red team" = { id = 2 } }
  sorted   = sort(local.names)
  listed   = tolist(toset(local.names))
  reversed = reverse(local.names)
  joined   = concat(["x"], local.names)
  doubtful = [sort([var.open, "a"]), distinct(["${var.open}", "a"]), compact([var.open, "a"]), flatten([var.open, "a"]),
    concat(sort([var.open, "a"]), ["x"]), [for each in sort([var.open, "a"]) : each], flatten([[[toset([var.open, "a"])]]])]
  json   = jsondecode("{\\"a\\": [\\"x\\"]}")
}
resource "aws_ecr_repository" "app" { name = "app" }
resource "aws_s3_bucket" "logs" { bucket = "logs-1" }
resource "aws_iam_role" "release" {
  name = "release"
  path = "/team/"
}
resource "aws_iam_policy" "edge" { name = "edge" }
resource "aws_iam_openid_connect_provider" "github" { url = "https://token.actions.githubusercontent.com" }
resource "aws_iam_policy" "p" {
  name   = "p"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "a:b", Resource = VALUE }] })
}
"""


def worked_out(expression: str, **more: str) -> Any:
    """The value of an expression, as JSON; a text that says why where it is open."""
    texts = {"main.tf": _AROUND.replace("VALUE", expression), **more}
    found = next(each for each in read_files(texts, GIVEN).documents if each.address == "aws_iam_policy.p")
    document = found.document
    if isinstance(document, WholeDocument):
        return json.loads(document.text)["Statement"][0]["Resource"]
    return f"open: {document.opens[0].why}" if isinstance(document, OpenDocument) else f"unread: {document.why}"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ('true ? "a" : "b"', "a"),
        ('!true ? "a" : "b"', "b"),
        ('1 == 1 && "x" != "y" ? "a" : "b"', "a"),
        ('var.open && false ? "a" : "b"', "b"),
        ('var.open || true ? "a" : "b"', "a"),
        ('true && false || true ? "a" : "b"', "a"),
        ('var.open ? "a" : "a"', "a"),
        ("local.names[1]", "a"),
        ('local.teams["red team"].id', "2"),
        ("local.teams.blue.id", "1"),
        ("local.json.a[0]", "x"),
        ('join(",", local.names)', "b,a,b"),
        ('join(",", sort(local.names))', "a,b,b"),
        ("local.sorted[0]", "a"),
        ("distinct(local.names)", ["b", "a"]),
        ("toset(local.names)", ["a", "b"]),
        ("local.listed[0]", "a"),
        ("local.reversed[1]", "a"),
        ("local.joined[1]", "b"),
        ('flatten([["x"], [["y"]]])', ["x", "y"]),
        ('compact(["", "x", null])', ["x"]),
        ('[for name in local.names : "${name}!"]', ["b!", "a!", "b!"]),
        ('[for at, name in local.names : "${at}${name}"]', ["0b", "1a", "2b"]),
        ('format("%s/%s", "a", aws_ecr_repository.app.name)', "a/app"),
        ('format("%s", ["a"]...)', "a"),
        ('"${"${"deep"}"}"', "deep"),
        ('"$${x} %%{y} \\u0041\\t"', "${x} %{y} A\t"),
        ('upper("a")', "A"),
        ('tostring("a")', "a"),
        ("aws_ecr_repository.app.arn", "arn:aws:ecr:eu-west-1:123456789012:repository/app"),
        ("aws_iam_role.release.arn", "arn:aws:iam::123456789012:role/team/release"),
        ("aws_iam_role.release.id", "release"),
        ("aws_iam_policy.edge.arn", "arn:aws:iam::123456789012:policy/edge"),
        ("aws_s3_bucket.logs.arn", "arn:aws:s3:::logs-1"),
        (
            "aws_iam_openid_connect_provider.github.arn",
            "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
        ),
        ('"arn:${data.aws_partition.current.partition}:x"', "arn:aws:x"),
        ('(\n  "a"\n)', "a"),
        ('templatefile("x.tftpl", { name = "a" })', "<a>"),
        ('file("./x/../x.tftpl")', "<${name}>"),
        ("<<-EOT\n    a\n      b\n    EOT\n  ", "a\n  b"),
    ],
)
def test_it_is_what_terraform_makes_of_it(expression: str, value: object) -> None:
    assert worked_out(expression, **{"x.tftpl": "<${name}>"}) == value


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("local.circle", "is not settled by the files"),
        ("local.gone", "local.gone is not settled by the files"),
        ('var.open ? "a" : "b"', "the variable open has no value here"),
        ("!var.open", "a condition is not settled"),
        ("1 + 1", "a comparison or a sum"),
        ('1 < 2 ? "a" : "b"', "a comparison or a sum"),
        ('1 == 1.0 ? "a" : "b"', "a comparison"),
        ('"1" == 1 ? "a" : "b"', "a comparison or a sum"),
        ("-1", "not worked out"),
        ("local.names[9]", "an index that is not settled"),
        ("local.names[*]", "not worked out"),
        ("local.names.*", "not worked out"),
        ("local.teams.green", "there is no member green"),
        ('[for name in local.names : name if name != "a"]', "a loop that is not worked out"),
        ("[for key, team in local.teams : key]", "a loop that is not worked out"),
        ("{ for name in local.names : name => name }", "not worked out"),
        ("[for name in var.open : name]", "the variable open"),
        *((f"local.doubtful[{at}][{at % 2}]", "which item stands there") for at in range(7)),
        ('join(",", toset([var.open, "a"]))', "join gets a list whose order is not settled"),
        ('format("%s-%s", sort([var.open, "a"])...)', "format gets a list that is not settled"),
        ('format("%d", 1)', "format"),
        ('format("%s", var.open...)', "format gets a list"),
        ("each.key", "each stands for each instance"),
        ("terraform.workspace", "terraform.workspace is not settled"),
        ("path.root", "path.root is not settled"),
        ("upper(var.open)", "the variable open"),
        ("keys(local.teams)", "the function keys is not worked out"),
        ('provider::aws::arn_parse("x")', "the function provider::aws::arn_parse"),
        ("jsondecode(var.open)", "jsondecode gets a text"),
        ('file("/etc/passwd")', "is not among the files"),
        ('templatefile("gone.tftpl", {})', "is not among the files"),
        ('templatefile("x.tftpl", var.open)', "a file of templates"),
        ("aws_iam_role.gone.arn", "aws_iam_role.gone is not in the files"),
        ("aws_iam_role.release.unique_id", "is not known before it is there"),
        ('"%{ if true }a%{ endif }"', "not worked out"),
        ('"a ${~ "b" ~} c"', "not worked out"),
        ('"a${["b"]}"', "a list or an object stands within a text"),
        ('{ (var.open) = "a" }', "the key of an object is not settled"),
        ('{ aws_iam_role.release.name = "a" }', "the key of an object is not settled"),
        ('{ a = "x", a = "y" }', "the key 'a' stands twice"),
    ],
)
def test_what_is_not_settled_is_open_and_says_why(expression: str, why: str) -> None:
    found = worked_out(expression, **{"x.tftpl": "<${name}>"})
    assert str(found).startswith(("open: ", "unread: ")), found
    assert why in found


_WORDS = st.sampled_from(["a", "b", "c", "é", "Z", ""])


@settings(max_examples=examples(160), deadline=None)
@given(st.lists(_WORDS, max_size=5), st.sampled_from(["sort", "toset", "distinct", "reverse", "compact", "tolist"]))
def test_a_list_has_the_order_that_its_function_gives_it(words: list[str], name: str) -> None:
    expected = {
        "sort": sorted(words),
        "toset": sorted(set(words)),
        "distinct": list(dict.fromkeys(words)),
        "reverse": words[::-1],
        "compact": [word for word in words if word],
        "tolist": words,
    }
    found = worked_out(f'join("|", {name}({json.dumps(words, ensure_ascii=False)}))')
    assert found == "|".join(expected[name])


# ------------------------------------------------------------------------------------------------- the language itself


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ('a "b" {\n', 1, "the block does not end"),
        ("a = 1\na = 2\n", 2, "a is set twice"),
        ("a = =", 1, "a value is missing"),
        ("a = [1 2]", 1, "not of Terraform's language"),
        ("a = f(1 2)", 1, "not of Terraform's language"),
        ("a = {b 1}", 1, "not of Terraform's language"),
        ("a = {[1] = 2}", 1, "not of Terraform's language"),
        ("a = [for 1 in x : 1]", 1, "a name is missing"),
        ("a = [for x on y : 1]", 1, "not of Terraform's language"),
        ("a = x.[", 1, "not of Terraform's language"),
        ("a = (1", 1, "not of Terraform's language"),
        ('a "${b}" {}', 1, "not of Terraform's language"),
        ('\n\na = "x', 3, "does not end on its line"),
        ('a = "\\u00zz\n', 1, "does not end on its line"),
        ("\na = <<EOT\nx\n", 3, "a text that ends with EOT does not end"),
        ('a = "${b"', 1, "a template in a text does not end"),
        ("a = ;", 1, "it has a sign that means nothing there"),
        (f"a = {'(' * 60}1{')' * 60}", 1, "it is nested too deeply"),
        (f"a = {'!' * 60}true", 1, "it is nested too deeply"),
        ("a {\n" * 60 + "}\n" * 60, 41, "it is nested too deeply"),
        pytest.param("a = 1\n" * 26_000, 1, "it has more than 100000 words", id="many words"),
    ],
)
def test_what_is_no_configuration_is_told_with_its_line(text: str, line: int, why: str) -> None:
    _, unread = read_hcl(text)
    assert why in unread[0].why
    assert unread[0].line == line or line == 1
    assert hcl_blocks(text) is None


def test_a_block_that_cannot_be_read_leaves_the_others() -> None:
    block, unread = read_hcl('a "b" "c" {\n  x = =\n}\nd {\n  y = 1 # one\n  /* two\n */ z = 2 // three\n}\n')
    assert [(each.kind, each.labels, each.line) for each in unread] == [("a", ("b", "c"), 2)]
    (kept,) = block.blocks
    assert (kept.kind, kept.line, dict(kept.lines)) == ("d", 4, {"y": 5, "z": 7})


def test_a_file_of_templates_that_is_none_has_no_value() -> None:
    assert template_of("${a") is None
    assert template_of("${a b}") is None
    assert template_of("${" * 30 + "}" * 30) is None
    assert template_of("plain") == ("text", ["plain"])
