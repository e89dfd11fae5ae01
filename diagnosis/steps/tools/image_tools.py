"""Read the tools that speak to registries without a daemon: crane, regctl, skopeo, oras, cosign.

Sources: the tools' own command references. A signature, an attestation or another artifact about an image goes to the image's
own repository, unless ``COSIGN_REPOSITORY`` names another.
"""

from __future__ import annotations

import re

from diagnosis.names.arn import Arn
from diagnosis.names.arn_template import arn_template
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.tools.call import (
    Call,
    Found,
    arguments,
    may_be_ecr,
    option,
    options,
    other_verb,
    pulls,
    pushes,
    understood,
    without_globals,
)
from diagnosis.steps.tools.docker import VALUED, registry_login
from diagnosis.steps.variables import is_legible

_CRANE_VALUED = frozenset(
    {"--platform", "-b", "--base", "-f", "--new_layer", "-t", "--new_tag", "--tag", "-o", "--output", "-u", "-p"}
) | {
    "--username",
    "--password",
    "-l",
    "--label",
    "-a",
    "--annotation",
    "-e",
    "--env",
    "--entrypoint",
    "--cmd",
    "-m",
    "--manifest",
    "--format",
    "--jobs",
    "-j",
    "--old_base",
    "--new_base",
    "--repo",
    "--set-platform",
    "--user",
    "--workdir",
    "-w",
}
_REGCTL_VALUED = frozenset(
    {
        "--platform",
        "--format",
        "-v",
        "--verbosity",
        "--host",
        "--logopt",
        "--create",
        "--to-oci",
        "--annotation",
        "--media-type",
        "-m",
    }
    | {
        "--content-type",
        "--ref",
        "--digest",
        "--label",
        "-u",
        "--user",
        "-p",
        "--pass",
        "--tls",
        "--name",
        "-f",
        "--file",
        "--output",
        "-o",
    }
    | {
        "--artifact-type",
        "--config-file",
        "--config-type",
        "--file-media-type",
        "--subject",
        "--refers",
        "--referrers-src",
        "--referrers-tgt",
    }
)
_ORAS_VALUED = frozenset(
    {
        "--artifact-type",
        "-a",
        "--annotation",
        "--annotation-file",
        "--config",
        "--export-manifest",
        "-u",
        "--username",
        "-p",
        "--password",
    }
    | {
        "--platform",
        "-o",
        "--output",
        "--format",
        "--concurrency",
        "--media-type",
        "--oci-layout-path",
        "--registry-config",
        "--ca-file",
    }
    | {
        "--from-registry-config",
        "--to-registry-config",
        "--from-username",
        "--from-password",
        "--to-username",
        "--to-password",
    }
)
_COSIGN_VALUED = frozenset(
    {
        "--key",
        "-a",
        "--annotations",
        "--predicate",
        "--type",
        "--sbom",
        "--signature",
        "--payload",
        "--attestation",
        "-f",
        "--files",
    }
    | {
        "--certificate",
        "--cert",
        "--certificate-chain",
        "--certificate-identity",
        "--certificate-identity-regexp",
        "--output-file",
    }
    | {
        "--certificate-oidc-issuer",
        "--certificate-oidc-issuer-regexp",
        "--oidc-issuer",
        "--oidc-client-id",
        "--oidc-provider",
    }
    | {
        "--identity-token",
        "--fulcio-url",
        "--rekor-url",
        "--timeout",
        "-t",
        "--output",
        "-o",
        "--output-signature",
        "--policy",
    }
    | {
        "--output-certificate",
        "--tlog-upload",
        "-u",
        "--username",
        "-p",
        "--password",
        "--dir",
        "--platform",
        "--bundle",
        "--attachment",
    }
    | {
        "--attachment-tag-prefix",
        "--registry-username",
        "--registry-password",
        "--sk-slot",
        "--slot",
        "--input-format",
        "--ct",
        "--kms",
    }
    | {
        "--certificate-github-workflow-repository",
        "--certificate-github-workflow-ref",
        "--signing-config",
        "--trusted-root",
        "--k8s-keychain",
    }
) - {"--k8s-keychain"}
_SKOPEO_GLOBALS = frozenset(
    {"--policy", "--registries.d", "--registries-conf", "--override-os", "--override-arch", "--override-variant"}
    | {"--command-timeout", "--tmpdir", "--user-agent-prefix"}
)
_LOCAL = frozenset({"version", "help", "completion", "logout"})
_SKOPEO_LOCAL = _LOCAL | {"manifest-digest", "standalone-verify", "standalone-sign", "generate-sigstore-key"}
_REGCTL_LOCAL = _LOCAL | {"config", "digest", "ref"}
_COSIGN_LOCAL = _LOCAL | {"initialize", "import-key-pair", "env", "piv-tool", "pkcs11-tool", "bundle", "trusted-root"}
"""Commands that ask no registry, or show nothing but what it is."""
_KMS = re.compile(r"awskms://[^/]*/(.+)")


def skopeo(call: Call) -> Found:
    """Read a command of skopeo."""
    kind = StepKind.SKOPEO
    verb, tail = _verb_of(call, _SKOPEO_GLOBALS)
    valued = VALUED | {
        "--src",
        "-s",
        "--dest",
        "-d",
        "--scoped",
        "--image-parallel-copies",
        "--additional-tag",
        "--multi-arch",
    }
    named = arguments(tail, valued - {"-s", "-d"} | {"-s", "--src", "-d", "--dest"})
    match verb:
        case "login":
            return (registry_login(kind, tail, VALUED),)
        case "copy" if len(named) >= 2:
            more = [text if "://" in text else f"docker://{text}" for text in options(tail, "--additional-tag")]
            source = (
                pulls(kind, [named[-2]]) if named[-2].startswith("docker://") and may_be_ecr(_plain(named[-2])) else ()
            )
            to_registry = named[-1].startswith("docker://") or "$" in named[-1].split(":", maxsplit=1)[0]
            return source + (pushes(kind, [named[-1], *more]) if to_registry else ()) or understood(kind)
        case "sync" if len(named) >= 2:
            source = (
                pulls(kind, [named[-2]]) if option(tail, "--src", "-s") == "docker" and may_be_ecr(named[-2]) else ()
            )
            if option(tail, "--dest", "-d") != "docker":
                return source or understood(kind)
            return source + pushes(
                kind, [_synced(named[-2], named[-1], by_name=option(tail, "--src", "-s") == "docker")]
            )
        case "inspect" | "list-tags":
            return pulls(kind, [name for name in named[:1] if name.startswith("docker://")]) or understood(kind)
        case "delete":
            return _deletion(kind, named[:1])
        case _:
            return other_verb(kind, call, verb, _SKOPEO_LOCAL)


def _plain(reference: str) -> str:
    return reference.removeprefix("docker://")


def _synced(source: str, target: str, *, by_name: bool) -> str:
    """Return where ``skopeo sync`` puts an image: below the target, under the source's last name."""
    if not by_name:
        return f"{target}/$name"
    name = source.split("@")[0].rsplit("/", 1)[-1].split(":")[0]
    return f"{target.rstrip('/')}/{name}"


def crane(call: Call) -> Found:
    """Read a command of crane or gcrane."""
    kind = StepKind.CRANE
    verb, tail = _verb_of(call, _CRANE_VALUED)
    named = arguments(tail, _CRANE_VALUED)
    tags = options(tail, "-t", "--tag", "--new_tag")
    match verb:
        case "auth":
            return (registry_login(kind, tail[1:], VALUED),) if tail[:1] == ("login",) else understood(kind)
        case "push":
            return pushes(kind, named[1:2])
        case "copy" | "cp":
            return _copy(kind, named)
        case "append":
            bases = options(tail, "-b", "--base")
            return pulls(kind, [base for base in bases if may_be_ecr(base)]) + pushes(kind, tags)
        case "mutate" | "rebase" | "flatten":
            if option(tail, "-o", "--output") and not tags:
                return pulls(kind, named[:1])
            return pulls(kind, [name for name in named[:1] if may_be_ecr(name)]) + pushes(kind, tags or named[:1])
        case "tag":
            return pulls(kind, named[:1]) + pushes(kind, named[:1])
        case "index" if tail[:1] in (("append",), ("filter",)):
            added = [name for name in options(tail, "-m", "--manifest") if may_be_ecr(name)]
            return pulls(kind, [*arguments(tail[1:], _CRANE_VALUED)[:1], *added]) + pushes(kind, tags)
        case "delete":
            return _deletion(kind, named[:1])
        case "pull" | "digest" | "manifest" | "config" | "export" | "ls" | "validate" | "blob":
            return pulls(
                kind, [name for name in [*named[:1], *options(tail, "--remote")] if may_be_ecr(name)]
            ) or understood(kind)
        case _:
            return other_verb(kind, call, verb, _LOCAL | {"catalog"})


def regctl(call: Call) -> Found:
    """Read a command of regctl."""
    kind = StepKind.OTHER_IMAGE_TOOL
    group, rest = _verb_of(call, _REGCTL_VALUED)
    verb, tail = (rest[0] if rest else ""), rest[1:]
    named = arguments(tail, _REGCTL_VALUED)
    created = [name for name in options(tail, "--create") if "/" in name]
    match group, verb:
        case ("registry", "login" | "set"):
            return (registry_login(kind, tail, _REGCTL_VALUED),) if verb == "login" else understood(kind)
        case ("image" | "index", "copy" | "cp"):
            return _copy(kind, named)
        case ("image", "mod"):
            # Without --create or --replace nothing is written under a name, yet the new digest goes to the same repository.
            return pulls(kind, named[:1]) + pushes(kind, created or named[:1])
        case ("image", "import") | ("manifest" | "artifact" | "blob", "put") | ("index", "create" | "add" | "delete"):
            subject = [name for name in options(tail, "--subject", "--ref") if "/" in name and may_be_ecr(name)]
            return pulls(kind, subject) + pushes(kind, named[:1] or subject[:1])
        case ("blob", "copy"):
            return _copy(kind, named)
        case ("tag" | "manifest" | "image" | "repo" | "blob", "delete" | "rm"):
            return _deletion(kind, named[:1])
        case ("image" | "manifest" | "artifact" | "blob" | "tag" | "repo" | "index", _) if named:
            return pulls(kind, [name for name in named[:1] if may_be_ecr(name)]) or understood(kind)
        case ("registry", "config" | "logout" | "whoami"):
            return understood(kind)
        case _:
            return other_verb(kind, call, group, _REGCTL_LOCAL)


def oras(call: Call) -> Found:
    """Read a command of oras."""
    kind = StepKind.OTHER_IMAGE_TOOL
    verb, tail = _verb_of(call, _ORAS_VALUED)
    if verb in ("manifest", "blob", "repo") and tail:
        if verb == "manifest" and tail[:2] == ("index", "create"):
            verb, tail = "push", tail[2:]
        else:
            verb, tail = tail[0], tail[1:]
    named = arguments(tail, _ORAS_VALUED)
    if any(word in ("--oci-layout", "--to-oci-layout") for word in tail):
        return pulls(
            kind, [name for name in named[:1] if may_be_ecr(name) and "--oci-layout" not in tail]
        ) or understood(kind)
    match verb:
        case "login":
            return (registry_login(kind, tail, _ORAS_VALUED),)
        case "push" | "attach" | "tag":
            return pushes(kind, named[:1])
        case "copy" | "cp":
            return _copy(kind, named)
        case "delete":
            return _deletion(kind, named[:1])
        case "pull" | "fetch" | "fetch-config" | "discover" | "resolve" | "tags" | "backup":
            return pulls(kind, [name for name in named[:1] if may_be_ecr(name)]) or understood(kind)
        case "restore":
            return pushes(kind, named[:1])
        case _:
            return other_verb(kind, call, verb, _LOCAL | {"ls", "show-tags"})


def cosign(call: Call) -> Found:
    """Read a command of cosign: signatures, attestations, and the keys of KMS that make them."""
    kind = StepKind.OTHER_IMAGE_TOOL
    verb, tail = _verb_of(call, _COSIGN_VALUED)
    if (
        verb in ("attach", "download", "upload", "verify-blob-attestation")
        and tail
        and verb != "verify-blob-attestation"
    ):
        verb, tail = f"{verb} {tail[0]}", tail[1:]
    named = arguments(tail, _COSIGN_VALUED)
    elsewhere = call.values.get("COSIGN_REPOSITORY")
    match verb:
        case "login":
            return (registry_login(kind, tail, _COSIGN_VALUED),)
        case "sign" | "attest" | "attach signature" | "attach attestation" | "attach sbom":
            read = pulls(kind, [name for name in named if may_be_ecr(name)])
            key = _key_operations(tail, signs=verb in ("sign", "attest"))
            if verb in ("sign", "attest") and any(word == "--upload=false" for word in tail):
                return (*key, *read) or understood(kind)
            return (*key, *read, *pushes(kind, [elsewhere] if elsewhere else named))
        case (
            "verify"
            | "verify-attestation"
            | "tree"
            | "triangulate"
            | "save"
            | "download signature"
            | "download attestation"
            | "download sbom"
        ):
            images = [name for name in [*named, *([elsewhere] if elsewhere else [])] if may_be_ecr(name)]
            return (*_key_operations(tail, signs=False), *pulls(kind, images)) or understood(kind)
        case "copy":
            return _copy(kind, named)
        case "upload blob" | "upload wasm" | "load":
            return pushes(kind, named[-1:])
        case "clean":
            return _deletion(kind, named[:1])
        case "sign-blob" | "attest-blob" | "public-key" | "verify-blob" | "verify-blob-attestation":
            return _key_operations(tail, signs=verb in ("sign-blob", "attest-blob")) or understood(kind)
        case "generate-key-pair" if not option(tail, "--kms"):
            return understood(kind)
        case _:
            return other_verb(kind, call, verb, _COSIGN_LOCAL)


def _verb_of(call: Call, valued: frozenset[str]) -> tuple[str, tuple[str, ...]]:
    """Return the verb, empty where there is none, and the words behind it; a tool's own options may stand before it."""
    rest = without_globals(call.tail, valued)
    return (rest[0] if rest else ""), rest[1:]


def _copy(kind: StepKind, named: list[str]) -> Found:
    """Read a copy from the first to the last name."""
    if len(named) < 2:
        return pushes(kind, [None])
    return pulls(kind, [name for name in named[:1] if may_be_ecr(name)]) + pushes(kind, named[-1].split(",")[:1])


def _deletion(kind: StepKind, names: list[str]) -> Found:
    """Return the deletion of an image: a call of ECR's own API behind the registry's protocol."""
    address = EcrAddress.find(names[0]) if names else None
    if address is None:
        return understood(kind)
    return (
        Operation(
            kind,
            Purpose.CALL,
            address.repository,
            "ecr:BatchDeleteImage",
            region=address.region,
            registry_id=address.account,
        ),
    )


def _key_operations(tail: tuple[str, ...], *, signs: bool) -> tuple[Operation, ...]:
    key = option(tail, "--key") or ""
    found = _KMS.fullmatch(key)
    if found is None:
        return ()
    actions = (*(("kms:Sign",) if signs else ()), "kms:GetPublicKey", "kms:DescribeKey")
    resource = _key_arn(found[1])
    return tuple(
        Operation(StepKind.OTHER_IMAGE_TOOL, Purpose.SERVICE, action=action, resource=resource) for action in actions
    )


def _key_arn(name: str) -> str | None:
    """Return the ARN of a key; None for an alias, whose key nobody tells here."""
    arn = Arn.parse(name)
    if arn is not None:
        return None if arn.resource.startswith("alias/") else name
    if not is_legible(name) or name.startswith("alias/"):
        return None
    return arn_template("kms", f"key/{name.removeprefix('key/')}")
