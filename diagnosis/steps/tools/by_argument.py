"""Programs that leave AWS alone until an argument gives them an image of ECR, a bucket, or another program to run.

Sources: the command references of trivy, syft, grype, snyk, dockle, dive, gh, oc, ssh, awk, certbot, gsutil, CMake, Ninja and
the .NET SDK ("Containerize a .NET app"), and the read-me of amazon-ecr-credential-helper.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping

from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.tools.call import (
    Call,
    Found,
    Nested,
    arguments,
    opaque,
    option,
    options,
    pulls,
    pushes,
    understood,
)
from diagnosis.steps.tools.own_builds import is_own_build

_HOW = "name its calls of AWS in a step of their own"
_KIND = StepKind.OTHER_IMAGE_TOOL


def by_argument(call: Call) -> Found | None:
    """Return what the program does by its arguments; None for a program that is not read here."""
    reader = _READERS.get(call.program)
    return reader(call) if reader else None


# Images


def _reads_images(call: Call) -> Found:
    """Read a program that fetches the image it looks at, where that lies in ECR."""
    images = [image for word in call.tail if (image := _image(word)) is not None]
    return pulls(_KIND, images) if images else understood()


def _image(word: str) -> str | None:
    """Return the address of ECR that a word begins with, behind ``registry:`` or ``oci://``."""
    bare = re.sub(r"^(?:--?[\w-]+=)?(?:(?:registry|docker|podman|oci-registry|remote):|oci://|docker://)?", "", word)
    address = EcrAddress.find(bare)
    return bare if address is not None and address.legible_host and bare.startswith(address.legible_host) else None


def _openshift(call: Call) -> Found:
    words = arguments(call.tail, frozenset({"-a", "--registry-config", "--filter-by-os", "--from", "--to", "-f"}))
    if words[:2] == ["image", "mirror"]:
        places = [part for word in words[2:] for part in word.split("=")]
        ends = [word.split("=")[1] for word in words[2:] if "=" in word] or places[1:]
        to = [image for each in ends if (image := _image(each)) is not None]
        source = [image for each in places if each not in ends and (image := _image(each)) is not None]
        if "-f" not in call.tail and "--filename" not in call.tail:
            return (*pulls(_KIND, source), *(pushes(_KIND, to) if to else ())) or understood()
        return opaque("oc image mirror", "which images it copies is in a file", _HOW)
    if words[:1] in (["image"], ["adm"]) and any(EcrAddress.find(word) is not None for word in call.tail):
        return opaque(f"oc {' '.join(words[:2])}", "what it reads and writes there is not read", _HOW)
    return understood()


def _credential_helper(call: Call) -> Found:
    if call.tail[:1] != ("get",):
        return understood()
    return (Operation(_KIND, Purpose.LOGIN, target=call.stdin or None),)


# Programs that are given another one


def _ssh(call: Call) -> Found:
    """Read ssh, scp, sftp and rsync: a ProxyCommand runs here, and an instance id is reached through Session Manager."""
    found: list[Operation | Nested] = []
    for word in call.tail:
        if "ProxyCommand" in word:
            found += _proxies(word, call)
    if not found and any(_INSTANCE.fullmatch(word) for word in call.tail):
        why = "a host that is named by its instance id is reached through Session Manager, as ssh's configuration says"
        return opaque(f"{call.program} to an instance id", why, "open the session with the AWS CLI", may_push=False)
    return tuple(found) or understood()


_INSTANCE = re.compile(r"(?:[\w.-]{1,100}@)?m?i-[0-9a-f]{8,17}(?::.*)?", re.DOTALL)


def _proxies(word: str, call: Call) -> list[Operation | Nested]:
    own = re.fullmatch(r"(?:-o\s*)?ProxyCommand[=\s]\s*+(.*)", word, re.DOTALL)
    if own is not None:
        return [] if own[1] == "none" else [Nested(own[1], call.folder, "")]
    try:
        words = shlex.split(word)
    except ValueError:
        words = []
    inner = [each for each in words if "ProxyCommand" in each and each != word]
    if not inner:
        return [*opaque(f"{call.program} with ProxyCommand", "the command that it runs cannot be read", _HOW)]
    return [found for each in inner for found in _proxies(each, call)]


_AWK_RUNS = re.compile(r"\bsystem\s*\(|\|&?\s*(?:getline\b|\")|\"\s*\|&?\s*getline\b")


def _awk(call: Call) -> Found:
    if not any(_AWK_RUNS.search(word) for word in call.tail):
        return understood()
    return opaque(call.program, "its program runs other programs", "run them in a loop of the shell")


def _git(call: Call) -> Found | None:
    """Read what git runs for each of several: ``submodule foreach``, ``bisect run``, ``rebase --exec``."""
    words = call.tail
    for first, second in (("submodule", "foreach"), ("bisect", "run")):
        if first in words and second in words[words.index(first) :]:
            rest = [word for word in words[words.index(second) + 1 :] if word != "--recursive"]
            return (Nested(rest[0] if len(rest) == 1 else shlex.join(rest), call.folder, ""),)
    aliases = [found for found in map(_ALIAS.fullmatch, words) if found]
    if aliases:
        given = [found[1] or next(iter(words[words.index(found[0]) + 1 :]), "") for found in aliases]
        return tuple(Nested(text[1:], call.folder, "") for text in given if text.startswith("!")) or None
    if "rebase" in words and (lines := options(words, "-x", "--exec")):
        return tuple(Nested(line, call.folder, "") for line in lines)
    return None


_ALIAS = re.compile(r"alias\.[\w-]{1,100}(?:=(.*))?", re.DOTALL)
"""A name of git's configuration that stands for a command of the shell where its value begins with ``!``."""


# Buckets and zones


def _named(sign: str, why: str) -> Callable[[Call], Found]:
    """Return a reader of a program that speaks to AWS where a word holds this sign."""
    pattern = re.compile(sign)

    def read(call: Call) -> Found:
        found = next((match for word in call.tail if (match := pattern.search(word)) is not None), None)
        if found is None:
            return understood()
        return opaque(f"{call.program} with {found[0][:100]}", why, _HOW, may_push=False)

    return read


_BUCKET = _named(r"^s3://[^/]*", "it reads or writes the bucket by itself")
_ZONE = _named(r"dns[-_]route53", "it writes records into zones of Route 53")


# Targets of a build


def _dotnet(call: Call) -> Found:
    """Read dotnet and MSBuild: the target PublishContainer pushes an image where a registry is named."""
    words = call.tail
    verb = "msbuild" if call.program == "msbuild" else next((word for word in words if not word.startswith("-")), "")
    if verb == "tool":
        rest = words[words.index("tool") + 1 :]
        return (Nested(shlex.join(rest[1:]), call.folder, ""),) if rest[:1] in (("run",), ("exec",)) else understood()
    if verb not in _DOTNET and not (
        words and all(word in ("--info", "--list-sdks", "--list-runtimes") for word in words)
    ):
        return opaque(f"{call.program} {verb}".strip()[:100], "it is not known to leave AWS alone", _HOW)
    targets = [
        each for word in words if (found := _TARGET.fullmatch(word)) for each in re.split("[;,]", found[1]) if each
    ]
    given = dict(
        pair for word in _properties(words) for each in re.split("[;]", word) for pair in [_pair(each)] if pair[0]
    )
    does: list[Operation | Nested] = []
    if "publishcontainer" in map(str.lower, targets) or given.get("publishprofile", "").lower() == "defaultcontainer":
        does += _container(call, given)
    other = [each for each in targets if each.lower() not in _MSBUILD_OWN and not is_own_build(each.lower())]
    if other:
        does += opaque(f"{call.program} -t:{other[0]}"[:100], "what this target runs is not read", _HOW)
    return tuple(does) or understood()


_DOTNET_VERBS = """
build test restore publish pack clean format nuget sln solution add new workload msbuild list remove store vstest
build-server ef dev-certs package reference sdk
"""
_DOTNET = frozenset(_DOTNET_VERBS.split())
_TARGET = re.compile(r"(?:[-/]|--)(?:t|target):(.{1,500})", re.IGNORECASE | re.DOTALL)
_PROPERTY = re.compile(r"(?:[-/]|--)(?:p|property):(.*)", re.IGNORECASE | re.DOTALL)
_MSBUILD_OWN = frozenset({"build", "rebuild", "restore", "clean", "publish", "pack", "vstest", "publishcontainer"})


def _properties(words: tuple[str, ...]) -> list[str]:
    apart = [words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-p", "/p", "--property", "-property")]
    return [*apart, *(found[1] for word in words if (found := _PROPERTY.fullmatch(word)))]


def _pair(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip().lower(), value.strip().strip("\"'")


def _container(call: Call, given: Mapping[str, str]) -> Found:
    def told(name: str) -> str | None:
        return given.get(name.lower()) or call.values.get(name)

    registry = told("ContainerRegistry")
    if registry is None:
        why = "which registry the image goes to is in the project's file, or it stays on the runner"
        return opaque(
            "dotnet PublishContainer", why, "give ContainerRegistry and ContainerRepository on the command line"
        )
    name = told("ContainerRepository") or told("ContainerImageName") or "$ContainerRepository"
    tags = [
        each for each in re.split("[;,]", told("ContainerImageTags") or told("ContainerImageTag") or "latest") if each
    ]
    return pushes(_KIND, [f"{registry}/{name}:{tag}" for tag in tags])


def _targets(call: Call) -> Found:
    """Read CMake's ``--build … --target``, and Ninja's targets: the project names them."""
    words = call.tail
    if call.program == "cmake":
        if "-P" in words:
            return opaque("cmake -P", "its script is not read", _HOW)
        named: list[str] = []
        at = next((place for place, word in enumerate(words) if word in ("-t", "--target")), len(words))
        for word in words[at + 1 :]:
            if word.startswith("-"):
                break
            named.append(word)
        named += options(tuple(word for word in words if word.startswith("--target=")), "--target")
        named = named if "--build" in words else []
    else:
        named = arguments(words, frozenset({"-C", "-f", "-j", "-k", "-l", "-d", "-t", "-w"}))
        named = [] if option(words, "-t") else named
    other = [each for each in named if each not in _BUILT and "." not in each and not is_own_build(each)]
    if not other:
        return understood()
    return opaque(f"{call.program} {other[0]}"[:100], "what this target runs is not read", _HOW)


_BUILT = frozenset({"all", "ALL_BUILD", "dist", "package", "RUN_TESTS", "INSTALL"})

_READERS: Mapping[str, Callable[[Call], Found | None]] = {
    **dict.fromkeys(
        ("trivy", "syft", "grype", "snyk", "dockle", "dive", "cdxgen", "gh", "clair-scanner"), _reads_images
    ),
    **dict.fromkeys(("container-structure-test", "cst"), _reads_images),
    **dict.fromkeys(("ssh", "scp", "sftp", "rsync"), _ssh),
    **dict.fromkeys(("awk", "gawk"), _awk),
    **dict.fromkeys(("gsutil", "gcloud"), _BUCKET),
    **dict.fromkeys(("dotnet", "msbuild"), _dotnet),
    **dict.fromkeys(("cmake", "ninja"), _targets),
    "oc": _openshift,
    "docker-credential-ecr-login": _credential_helper,
    "certbot": _ZONE,
    "git": _git,
}
