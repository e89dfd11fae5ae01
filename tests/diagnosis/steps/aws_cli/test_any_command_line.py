"""Whatever stands after ``aws``: no crash, no action that IAM does not know, no resource out of what is not legible."""

from __future__ import annotations

import pytest
from aws_cli_tables import cli_name, dashed, model, services
from cost import cost
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, some

from diagnosis.facts.reading import Absent, Known
from diagnosis.facts.runs import RepositoryFile
from diagnosis.policy import action_facts
from diagnosis.steps.aws_cli import operations_of_aws
from diagnosis.steps.aws_cli.s3_commands import COMMANDS
from diagnosis.steps.aws_cli.several_calls import _KINDS_BESIDE, _READERS
from diagnosis.steps.aws_cli.tables.waiters import WAITERS
from diagnosis.steps.kinds import Operation, Purpose

HIDDEN = ("$NAME", "${{ secrets.NAME }}", "***", "a-***", "$(cat name)", "`cat name`", "${NAME:-x}", "pre-$NAME-post")


def commands() -> st.SearchStrategy[tuple[str, ...]]:
    """Operations of all services with parameters of their own."""
    return (
        st.sampled_from(some(services(), 12))
        .flatmap(lambda service: st.sampled_from(model(service).operation_names).map(lambda name: (service, name)))
        .map(lambda pair: (cli_name(pair[0]), dashed(pair[1]), *_parameters(*pair)))
    )


def _parameters(service: str, operation: str) -> tuple[str, ...]:
    shape = model(service).operation_model(operation).input_shape
    return tuple(dashed(member) for member in shape.members) if shape else ()


def several() -> st.SearchStrategy[tuple[str, ...]]:
    names = [*_READERS, *_KINDS_BESIDE]
    options = [
        "name",
        "cluster",
        "service",
        "stack-name",
        "bucket",
        "key",
        "s3-bucket",
        "s3-key",
        "s3-location",
        "copy-source",
        "role-arn",
        "role",
        "function-name",
        "application-name",
        "domain",
        "repository",
        "key-id",
        "template-url",
        "task-definition",
        "secret-id",
        "document-name",
    ]
    waits = st.sampled_from(sorted(WAITERS)).map(lambda name: (name.split()[0], "wait", name.split()[1], *options))
    return st.one_of(st.sampled_from(names).map(lambda name: (*name.split(), *options)), waits)


VALUES = st.one_of(
    st.sampled_from(
        [
            "x",
            "arn:aws:iam::111122223333:role/r",
            "arn:",
            "a:b:c:d:e:f",
            "{region}",
            "{account}",
            "[]",
            '{"a": [1]}',
            "",
            "file://t.json",
            "file://",
            "s3://b/k",
            "https://sqs.us-east-1.amazonaws.com/111122223333/q",
            "--",
            "-",
            "é\x00",
            "arn:aws:ecs:us-east-1:111122223333:cluster/c",
            "alias/a",
            "1" * 300,
            "arn:aws:s3:::b",
            "/",
            "*",
            "?",
        ]
    ),
    st.text(max_size=12),
)


WORDS = st.one_of(VALUES, st.sampled_from(["s3", "s3api", "--region", "ecs", "wait", "help", "--no-cli-pager"]))


def known(operations: tuple[Operation, ...]) -> bool:
    """Every call has an action in AWS's letter case, and every gap its words."""
    return all(
        (facts := action_facts(each.action or "")) is not None and facts.name == each.action
        if each.purpose is Purpose.SERVICE
        else (each.gap is not None) == (each.purpose in (Purpose.OPAQUE, Purpose.NOT_JUDGED))
        for each in operations
    )


@settings(max_examples=examples(1200), deadline=None)
@given(st.one_of(commands(), several()), st.data())
def test_any_values(command: tuple[str, ...], data: st.DataObject) -> None:
    service, operation, *names = command
    words = ["aws", service, operation]
    for name in names[:12]:
        words += [name] if operation == "wait" and name == names[0] else [f"--{name}", data.draw(VALUES)]
    files = (
        RepositoryFile("t.json", data.draw(st.sampled_from([Known('{"family": "f"}'), Known("[1"), Absent("file")]))),
    )
    operations = operations_of_aws(tuple(words), {}, files)
    assert operations
    assert known(operations)
    assert operations_of_aws(tuple(words), {}, files) == operations


@settings(max_examples=examples(800), deadline=None)
@given(st.one_of(commands(), several()), st.sampled_from(HIDDEN))
def test_what_is_hidden_gives_no_resource(command: tuple[str, ...], hidden: str) -> None:
    service, operation, *names = command
    if service in ("ecr", "ecr-public"):
        return
    words = ["aws", service, operation]
    for name in names:
        words += [name] if operation == "wait" and name == names[0] else [f"--{name}", hidden]
    for each in operations_of_aws(tuple(words), {}):
        assert each.resource is None or each.resource.endswith("*") or "${" not in each.resource, each
        assert not any(sign in (each.resource or "") for sign in ("***", "$", "`", "pre-", "NAME")), each


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from(sorted(COMMANDS)), st.lists(st.one_of(VALUES, st.sampled_from(HIDDEN)), max_size=6))
def test_any_command_of_s3(command: str, rest: list[str]) -> None:
    assert known(operations_of_aws(("aws", "s3", command, *rest), {}))


@settings(max_examples=examples(400), deadline=None)
@given(
    st.lists(
        WORDS,
        max_size=8,
    )
)
def test_any_words(rest: list[str]) -> None:
    assert known(operations_of_aws(("aws", *rest), {"AWS_REGION": "***"}))


@pytest.mark.parametrize(
    "words",
    [
        ("aws", "ssm", "get-parameters", "--names", *("/a",) * 20_000),
        ("aws", "ecs", "describe-services", "--cluster", "c", "--services", *(f"s{n}" for n in range(20_000))),
        ("aws", "events", "put-targets", "--targets", "RoleArn" * 30_000),
        ("aws", "ecs", "register-task-definition", "--cli-input-json", "[" * 100_000),
        ("aws", *("--region",) * 20_000),
        ("aws", "s3", "cp", "/" * 50_000, "s3://" + "b" * 50_000),
    ],
)
def test_long_command_lines_take_little_time(words: tuple[str, ...]) -> None:
    assert cost(lambda: operations_of_aws(words, {})) < 100
