"""Find where Terraform, OpenTofu or Terragrunt keep their state, and say which calls reading, locking and writing it takes.

The backend stands in a ``terraform`` block of some ``.tf`` file; ``-backend-config`` completes it, by values or by files.
Source: Terraform documentation, "Backend Type: s3", with its sections on permissions, workspaces, locking and assuming a
role; Terragrunt documentation, ``remote_state``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.names.endpoint import is_aws_endpoint
from diagnosis.steps.infrastructure.configuration_language import Block, read_configuration
from diagnosis.steps.kinds import Operation, StepKind
from diagnosis.steps.repository_files import path_in
from diagnosis.steps.service_calls import arn_in, arn_of, bucket_arn, calls, name_in, object_arn, role_arn
from diagnosis.steps.tools.call import Call
from diagnosis.steps.variables import is_legible

_KIND = StepKind.TERRAFORM
FILES = ("backend.tf", "main.tf", "versions.tf", "providers.tf", "terraform.tf", "provider.tf")
"""Where a backend commonly stands; Terraform reads every ``.tf`` file of the folder."""
_GRUNT_FILES = ("terragrunt.hcl", "root.hcl")
_OF_S3 = frozenset({"dynamodb_table", "use_lockfile", "kms_key_id", "workspace_key_prefix", "region"})
"""Settings by which a backend with a bucket is known as S3's."""
_LEVELS = 4
_AT_A_TIME = 3


@dataclass(frozen=True, slots=True)
class Backend:
    """Where the state lies."""

    kind: str | None = None
    """``s3``, ``gcs``, ``local``, …; None where that is not known."""
    settings: Mapping[str, str | None] = field(default_factory=dict)
    """A value that is set and not legible is None."""
    complete: bool = True
    """Whether everything that sets the backend could be read."""

    def text(self, name: str) -> str | None:
        """Return a setting that is legible."""
        value = self.settings.get(name)
        return value if value and is_legible(value) else None


@dataclass(frozen=True, slots=True)
class Access:
    """What a command does with the state."""

    reads: bool = True
    locks: bool = False
    writes: bool = False


def backend_of(run: Call, folder: str | None, given: tuple[str, ...] = ()) -> Backend:
    """Return the backend of a configuration; ``given``: the values of ``-backend-config`` of this command or of ``init``."""
    found = _written_backend(run, folder)
    settings = dict(found.settings)
    complete = found.complete
    for text in given:
        name, sign, value = text.partition("=")
        if sign and name.strip().isidentifier():
            settings[name.strip()] = value.strip().strip("\"'")
            continue
        file = run.files.text(path_in(folder, text))
        if file is None:
            complete = False
            continue
        block = read_configuration(file)
        settings.update(_flat(block))
    kind = found.kind
    if kind is None and "bucket" in settings and _OF_S3 & settings.keys():
        kind = "s3"
    return Backend(kind, settings, complete)


def state_calls(backend: Backend, access: Access, workspace: str | None) -> tuple[Operation, ...]:
    """Return the calls on the state; ``workspace``: its name, ``default``, or None where it is not known."""
    if backend.kind != "s3" or _is_another_store(backend):
        return ()
    if "role_arn" in backend.settings:
        return calls(_KIND, role_arn(backend.settings["role_arn"]), "sts:AssumeRole")
    region = backend.text("region")
    bucket = backend.text("bucket")
    key = _key(backend, workspace)
    state = object_arn(bucket, key) if bucket and key else None
    operations = calls(_KIND, bucket_arn(bucket), "s3:ListBucket") + calls(_KIND, state, "s3:GetObject")
    if access.writes:
        operations += calls(_KIND, state, "s3:PutObject")
    return operations + _lock_calls(backend, access, bucket, key, region) + _key_calls(backend, access, region)


def _is_another_store(backend: Backend) -> bool:
    """Return whether the backend speaks to a store that has S3's interface and is not S3."""
    address = backend.settings.get("endpoint", "")
    return address is None or (address != "" and not is_aws_endpoint(address))


def _lock_calls(
    backend: Backend, access: Access, bucket: str | None, key: str | None, region: str | None
) -> tuple[Operation, ...]:
    operations: tuple[Operation, ...] = ()
    if backend.settings.get("dynamodb_table", "") != "":
        name = name_in(backend.text("dynamodb_table"))
        table = arn_of("dynamodb", "table/", name)
        # The table holds the lock, and a digest of the state that every reading compares.
        operations += calls(_KIND, table, "dynamodb:GetItem", region=region)
        if access.locks:
            operations += calls(_KIND, table, "dynamodb:PutItem", "dynamodb:DeleteItem", region=region)
        elif access.writes:
            operations += calls(_KIND, table, "dynamodb:PutItem", region=region)
        operations += calls(_KIND, table, "dynamodb:DescribeTable", tolerated=True, region=region)
    if backend.settings.get("use_lockfile") == "true" and access.locks:
        lock = object_arn(bucket, f"{key}.tflock") if bucket and key else None
        operations += calls(_KIND, lock, "s3:GetObject", "s3:PutObject", "s3:DeleteObject")
    return operations


def _key_calls(backend: Backend, access: Access, region: str | None) -> tuple[Operation, ...]:
    if backend.settings.get("kms_key_id", "") == "":
        return ()
    named = backend.text("kms_key_id")
    arn = arn_in(named, "kms")
    # An alias does not tell the key that is called.
    key = arn if arn is not None and ":alias/" not in arn else None
    if arn is None and named is not None and "/" not in named:
        key = arn_of("kms", "key/", name_in(named))
    actions = ("kms:Decrypt", *(("kms:GenerateDataKey",) if access.writes else ()))
    return calls(_KIND, key, *actions, region=region)


def _key(backend: Backend, workspace: str | None) -> str | None:
    key = (backend.text("key") or "").lstrip("/")
    if not key or workspace is None:
        return None
    if workspace in ("", "default"):
        return key
    if "workspace_key_prefix" in backend.settings:
        prefix = backend.text("workspace_key_prefix")
    else:
        prefix = "env:" if backend.complete else None
    return f"{prefix.strip('/')}/{workspace}/{key}" if prefix is not None and is_legible(workspace) else None


def provider_roles(run: Call, folder: str | None) -> tuple[tuple[str, bool], ...]:
    """Return the roles that ``provider "aws"`` blocks assume, and whether each is the provider's own or that of an alias."""
    providers = (
        provider
        for text in _texts(run, folder, FILES)
        for provider in read_configuration(text).inner("provider", "aws")
    )
    found = (
        (role.values["role_arn"] or "$", "alias" in provider.values)
        for provider in providers
        for role in provider.inner("assume_role")
        if "role_arn" in role.values
    )
    return tuple(dict.fromkeys(found))


def may_run_docker(run: Call, folder: str | None) -> bool:
    """Return whether a file of the configuration pushes images by a provider, or runs programs of its own."""
    return any(word in text for text in _texts(run, folder, FILES) for word in ("docker_registry_image", "local-exec"))


def _written_backend(run: Call, folder: str | None) -> Backend:
    """Return the backend as files write it; the kind is None where none of them says and one of them is not known."""
    for text in _texts(run, folder, FILES):
        for terraform in read_configuration(text).inner("terraform"):
            if any(True for _ in terraform.inner("cloud")):
                return Backend("cloud")
            for backend in terraform.inner("backend"):
                return Backend(backend.labels[0] if backend.labels else None, _flat(backend))
    return Backend(None, complete=True)


def terragrunt_backend(run: Call, folder: str | None) -> Backend:
    """Return the backend that Terragrunt generates: of ``remote_state`` in the folder's file, or in one of a folder above."""
    for level in range(_LEVELS + 1):
        for name in _GRUNT_FILES:
            place = path_in(folder, "../" * level + name)
            text = run.files.text(place)
            if text is None or place is None:
                continue
            for state in read_configuration(text).inner("remote_state"):
                settings: dict[str, str | None] = {}
                for config in state.inner("config"):
                    settings = dict(_flat(config))
                relative = _relative(folder or "", place.rpartition("/")[0])
                filled = {
                    key: value.replace("${path_relative_to_include()}", relative) if value else value
                    for key, value in settings.items()
                }
                return Backend(state.values.get("backend"), filled)
    return _written_backend(run, folder)


def _relative(folder: str, above: str) -> str:
    return folder.removeprefix(above).strip("/") or "."


def _texts(run: Call, folder: str | None, names: tuple[str, ...]) -> list[str]:
    """Return the texts of these files that are there; few are asked for at a time, as each is a request."""
    found: list[str] = []
    unknown = 0
    for name in names:
        path = path_in(folder, name)
        if path is None or unknown >= _AT_A_TIME:
            break
        text = run.files.text(path)
        if text is not None:
            found.append(text)
        unknown += run.files.at(path) is None
    return found


def _flat(block: Block) -> dict[str, str | None]:
    """Return a backend's settings; the role of a nested ``assume_role`` stands beside them."""
    settings = dict(block.values)
    for inner in block.blocks:
        if inner.kind == "assume_role" and "role_arn" in inner.values:
            settings["role_arn"] = inner.values["role_arn"]
        elif inner.kind == "endpoints":
            settings["endpoint"] = inner.values.get("s3", "")
    return settings


def written_note(given: tuple[str, ...]) -> str:
    """Return the note that ``init`` leaves for the commands after it."""
    return json.dumps(given)


def read_note(note: str | None) -> tuple[str, ...]:
    """Return what ``init`` left."""
    try:
        found = json.loads(note or "[]")
    except (ValueError, RecursionError):
        return ()
    return tuple(text for text in found if isinstance(text, str)) if isinstance(found, list) else ()
