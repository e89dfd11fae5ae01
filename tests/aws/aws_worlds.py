"""Worlds for the AWS probes: an account with everything in it, and a loopback endpoint in front of it that can fail.

The endpoint speaks HTTP on 127.0.0.1 and answers from moto; any operation can be given another answer, so that what
botocore, its retries and its parsers make of a fault is tested on real bytes.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

from diagnosis.account import AccountQuestion
from probes.aws.session import AwsAccess, GivenCredentials, Patience
from probes.embedded.in_process_aws import InProcessAws
from probes.ledger import Ledger

ACCOUNT = "111122223333"
REGION = "eu-west-2"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/ci/Release"
BOUNDARY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/Boundary"
MANAGED_ARN = f"arn:aws:iam::{ACCOUNT}:policy/Pull"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"
DIGEST = "sha256:" + "ab" * 32
ROOT = "s3://evidence-of-releases/runs/7/"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

QUESTION = AccountQuestion(
    role_arn=ROLE_ARN, region=REGION, registry_id=ACCOUNT, repository="shop/api", tag="v1", evidence_root=ROOT
)

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Federated": PROVIDER_ARN},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {"StringEquals": {"token.actions.githubusercontent.com:sub": "repo:o/r:ref:refs/heads/main"}},
        }
    ],
}


def allow(action: str) -> str:
    """A policy that allows one action on everything, as JSON text."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


def noon() -> datetime:
    """The clock of these tests."""
    return NOON


def access(aws: InProcessAws, *, ledger: Ledger | None = None, **kwargs: Any) -> AwsAccess:
    """Guarded access to a world inside this process."""
    credentials = kwargs.pop("credentials", GivenCredentials("AKIAWORLDOFTESTS", "secret-of-tests"))
    return AwsAccess(
        ledger=ledger or Ledger(noon), clock=noon, credentials=credentials, prepare=aws.answer_for, **kwargs
    )


def fill(client: Callable[[str], Any]) -> None:
    """Put a role with all its policies, a provider, a repository with an image, and evidence into an account."""
    iam, ecr, s3 = client("iam"), client("ecr"), client("s3")
    iam.create_policy(PolicyName="Boundary", PolicyDocument=allow("ecr:*"))
    iam.create_policy(PolicyName="Pull", PolicyDocument=allow("ecr:BatchGetImage"))
    iam.create_role(
        RoleName="Release",
        Path="/ci/",
        AssumeRolePolicyDocument=json.dumps(TRUST),
        PermissionsBoundary=BOUNDARY_ARN,
        Tags=[{"Key": "team", "Value": "releases"}],
    )
    iam.put_role_policy(RoleName="Release", PolicyName="Push", PolicyDocument=allow("ecr:PutImage"))
    iam.attach_role_policy(RoleName="Release", PolicyArn=MANAGED_ARN)
    iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], ThumbprintList=[]
    )
    ecr.create_repository(repositoryName="shop/api", imageTagMutability="IMMUTABLE")
    ecr.set_repository_policy(repositoryName="shop/api", policyText=_REPOSITORY_POLICY)
    ecr.put_image(
        repositoryName="shop/api",
        imageManifest=json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"}),
        imageTag="v1",
        imageDigest=DIGEST,
    )
    s3.create_bucket(Bucket="evidence-of-releases", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="evidence-of-releases", Key="runs/7/receipt.json", Body=b"{}")
    s3.put_object(Bucket="evidence-of-releases", Key="runs/70/other.json", Body=b"{}")


_REPOSITORY_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Pull", "Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}],
    }
)


ROOT_ID, UNIT_ID, MANAGEMENT = "r-abcd", "ou-abcd-12345678", "999900001111"
FULL_ACCESS = allow("*")
NO_ECR = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Sid": "NoEcr", "Effect": "Deny", "Action": "ecr:*", "Resource": "*"}]}
)


def organization() -> dict[str, Script]:
    """Answers of an organization: root, one unit, the account; a denying policy on the unit.

    Written from the API reference, because moto names the accounts of its organizations itself.
    """
    policies = {
        "p-full": ("FullAWSAccess", FULL_ACCESS),
        "p-noecr": ("NoEcr", NO_ECR),
        "p-rcp": ("RCPFullAWSAccess", FULL_ACCESS),
    }
    scps = {ROOT_ID: ["p-full"], UNIT_ID: ["p-full", "p-noecr"], ACCOUNT: ["p-full"]}
    hanging = {
        "SERVICE_CONTROL_POLICY": scps,
        "RESOURCE_CONTROL_POLICY": {target: ["p-rcp"] for target in scps},
    }
    kinds = [{"Type": kind, "Status": "ENABLED"} for kind in hanging]

    def summary(identifier: str) -> dict[str, Any]:
        return {
            "Id": identifier,
            "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/o-x/service_control_policy/{identifier}",
            "Name": policies[identifier][0],
            "Type": "SERVICE_CONTROL_POLICY",
            "AwsManaged": identifier == "p-full",
        }

    return {
        "organizations:DescribeOrganization": lambda _: {
            "Organization": {"Id": "o-x", "FeatureSet": "ALL", "MasterAccountId": MANAGEMENT}
        },
        "organizations:ListRoots": lambda _: {"Roots": [{"Id": ROOT_ID, "PolicyTypes": kinds}]},
        "organizations:ListParents": lambda asked: {
            "Parents": [{"Id": UNIT_ID if asked["ChildId"] == ACCOUNT else ROOT_ID, "Type": "ROOT"}]
        },
        "organizations:ListPoliciesForTarget": lambda asked: {
            "Policies": [summary(entry) for entry in hanging[asked["Filter"]][asked["TargetId"]]]
        },
        "organizations:DescribePolicy": lambda asked: {
            "Policy": {"PolicySummary": summary(asked["PolicyId"]), "Content": policies[asked["PolicyId"]][1]}
        },
    }


Script: TypeAlias = Callable[[dict[str, Any]], dict[str, Any]]
"""The JSON members of a request to those of its answer, for services that moto does not have or not truly."""


@dataclass(frozen=True)
class Fault:
    """What the endpoint answers instead of the truth."""

    status: int = 200
    body: bytes | Callable[[], bytes] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    declared_length: int | None = None
    """A Content-Length that is not the body's: the answer is cut off."""
    hang: bool = False
    """Say nothing until the endpoint closes."""
    drip: bool = False
    """Send a byte now and then, for ever."""
    reset: bool = False
    """Close the connection without an answer."""
    times: int | None = None
    """How often; None: always."""


class Endpoint:
    """An AWS endpoint on loopback: ``url``, faults by ``service:Operation``, and every request that arrived."""

    def __init__(self, account: str = ACCOUNT) -> None:
        self.faults: dict[str, Fault] = {}
        self.scripts: dict[str, Script] = {}
        self.requests: list[str] = []
        self.paths: list[str] = []
        self.headers: list[Mapping[str, str]] = []
        self.closing = threading.Event()
        self._account = account
        self._moto = BotocoreStubber()
        self._lock = threading.Lock()
        InProcessAws(account)  # frees moto of the environment's profile
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                endpoint.answer(self, self.rfile.read(length))

            do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _serve  # noqa: N815 - the names of the base class

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
                """Quiet."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        service, region = _scope(handler.headers.get("Authorization", ""))
        operation = _operation(service, handler.command, handler.path, handler.headers, body)
        with self._lock:
            self.requests.append(operation)
            self.paths.append(handler.path)
            self.headers.append(dict(handler.headers))
            fault = self.faults.get(operation)
            if fault and fault.times is not None:
                if fault.times <= 0:
                    fault = None
                else:
                    self.faults[operation] = replace(fault, times=fault.times - 1)
        if fault is None and operation in self.scripts:
            reply = json.dumps(self.scripts[operation](json.loads(body or b"{}"))).encode()
            self._send(handler, 200, {"Content-Type": "application/x-amz-json-1.1"}, reply)
        elif fault is None:
            self._send(handler, *self._truth(handler, service, region, body))
        elif fault.reset:
            handler.close_connection = True
            handler.connection.shutdown(2)
        elif fault.hang:
            self.closing.wait(30)
            handler.close_connection = True
        elif fault.drip:
            self._drip(handler)
        else:
            content = fault.body if isinstance(fault.body, bytes) else fault.body()
            length = len(content) if fault.declared_length is None else fault.declared_length
            self._send(handler, fault.status, {"Content-Length": str(length), **fault.headers}, content)
            handler.close_connection = fault.declared_length is not None

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        try:
            while not self.closing.wait(0.05):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:
            pass
        handler.close_connection = True

    def _truth(
        self, handler: BaseHTTPRequestHandler, service: str, region: str, body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        host = {
            "iam": "iam.amazonaws.com",
            "organizations": "organizations.us-east-1.amazonaws.com",
            "ecr": f"api.ecr.{region}.amazonaws.com",
        }.get(service, f"{service}.{region}.amazonaws.com")
        headers = HTTPHeaders()
        for name, value in handler.headers.items():
            headers[name] = host if name.lower() == "host" else value
        headers["x-moto-account-id"] = self._account
        request = AWSPreparedRequest(
            handler.command, f"https://{host}{handler.path}", headers, body, stream_output=False
        )
        with self._lock:
            try:
                answer = self._moto.process_request(request)
            except NotImplementedError:
                answer = None
        if answer is None:
            return 501, {}, b""
        status, found, content = answer
        return status, found, content.encode() if isinstance(content, str) else content

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, status: int, headers: Mapping[str, str], body: bytes) -> None:
        handler.send_response(status)
        given = {name.lower() for name in headers}
        for name, value in headers.items():
            handler.send_header(name, str(value))
        if "content-length" not in given:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD":
            handler.wfile.write(body)


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that go away in the middle are part of these tests."""


def _scope(authorization: str) -> tuple[str, str]:
    found = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request", authorization)
    return (found.group(2), found.group(1)) if found else ("unsigned", "")


def _operation(service: str, method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
    target = headers.get("X-Amz-Target")
    if target:
        return f"{service}:{target.rsplit('.', 1)[-1]}"
    query = parse_qs(urlsplit(path).query)
    if service == "s3":
        if method == "HEAD":
            return "s3:HeadObject" if urlsplit(path).path.count("/") > 1 else "s3:HeadBucket"
        return "s3:ListObjectsV2" if "list-type" in query else f"s3:{method}"
    form = parse_qs(body.decode("utf-8", "replace"))
    return f"{service}:{(form.get('Action') or query.get('Action') or [method + ' ' + urlsplit(path).path])[0]}"


@contextmanager
def pointed_at(url: str, monkeypatch: Any, **kwargs: Any) -> Iterator[AwsAccess]:
    """Access as a user's machine has it: environment credentials, ``AWS_ENDPOINT_URL``, botocore's own chain."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENVIRONMENT00000")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "environment-secret")
    patience = kwargs.pop("patience", Patience(connect=2, read=2, attempts=1))
    yield AwsAccess(ledger=kwargs.pop("ledger", Ledger(noon)), clock=noon, patience=patience, **kwargs)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether the condition became true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
