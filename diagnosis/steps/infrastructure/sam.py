"""Read the SAM command line: a change set of CloudFormation, an upload of the package, images of functions.

Sources: AWS SAM Developer Guide, "sam deploy" and "AWS SAM CLI configuration file"; the permissions that
``sam pipeline bootstrap`` gives its pipeline role; CloudFormation User Guide, on macros: a change set with a transform is
a call on the transform too.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping

from diagnosis.facts.reading import Absent
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.kinds import Operation, Purpose, StepKind
from diagnosis.steps.service_calls import GREEN_RUN, arn_in, arn_of, calls, name_in, not_judged, object_arn, pass_role
from diagnosis.steps.tools.call import Call, arguments, has, option, options
from diagnosis.steps.yaml_text import yaml_mapping

_KIND = StepKind.SAM
_FILES = ("samconfig.toml", "samconfig.yaml", "samconfig.yml")
_TRANSFORM = "transform/Serverless-2016-10-31"
_LOCAL = frozenset({"init", "build", "local", "docs", "help", ""})
_GLOBAL_VALUED = frozenset({"--config-env", "--config-file", "--profile", "--region", "--stack-name", "--s3-bucket"})


def read_sam(run: Call) -> tuple[Operation, ...]:
    """Return what ``sam deploy`` and ``sam package`` call for certain; the other commands that speak to AWS are not judged."""
    verb = next(iter(arguments(run.tail, _GLOBAL_VALUED)), "")
    if verb in _LOCAL or has(run.tail, "--help"):
        return (Operation(_KIND),)
    if verb not in ("deploy", "package"):
        why = "which calls it makes depends on the stack"
        return not_judged(_KIND, f"sam {verb}"[:80], why, GREEN_RUN, may_push=verb == "sync")
    settings = _Settings(run, verb)
    operations = [*_images(run, settings), *_uploads(settings)]
    if verb == "deploy":
        operations += _deployment(run, settings)
    if not operations or (_is_unread(run) and not any(each.gap for each in operations)):
        why = "what the command line leaves open is in its configuration file, which is not known"
        return (*operations, *not_judged(_KIND, f"the settings of sam {verb}", why, GREEN_RUN))
    return tuple(operations)


def _deployment(run: Call, settings: _Settings) -> tuple[Operation, ...]:
    region = settings.one("region")
    named = settings.one("stack-name")
    stack = arn_in(named, "cloudformation") or arn_of("cloudformation", "stack/", name_in(named), "/*")
    transform = arn_of("cloudformation", _TRANSFORM, account="aws")
    first = ("cloudformation:DescribeStacks", "cloudformation:CreateChangeSet", "cloudformation:DescribeChangeSet")
    operations = calls(_KIND, stack, *first, region=region)
    operations += calls(_KIND, transform, "cloudformation:CreateChangeSet", region=region)
    if not (has(run.tail, "--no-execute-changeset") or settings.one("no-execute-changeset") == "true"):
        last = ("cloudformation:ExecuteChangeSet", "cloudformation:DescribeStackEvents")
        operations += calls(_KIND, stack, *last, region=region)
    rarely = ("cloudformation:GetTemplate", "cloudformation:DeleteChangeSet", "cloudformation:DeleteStack")
    operations += calls(_KIND, stack, *rarely, tolerated=True, region=region)
    operations += calls(_KIND, stack, "cloudformation:GetTemplateSummary", tolerated=True, region=region)
    role = settings.one("role-arn")
    if role:
        return operations + pass_role(_KIND, role, service="cloudformation")
    why = "CloudFormation makes the stack's resources with the permissions of this role, and which those are is in the template"
    return operations + not_judged(_KIND, "sam deploy", why, f"give CloudFormation a service role, or: {GREEN_RUN}")


def _uploads(settings: _Settings) -> tuple[Operation, ...]:
    bucket, region = settings.one("s3-bucket"), settings.one("region")
    if bucket:
        prefix = (settings.one("s3-prefix") or "").strip("/")
        objects = object_arn(bucket, f"{prefix}/*" if prefix else "*")
        # CloudFormation reads the template on the caller's word.
        return calls(_KIND, objects, "s3:PutObject", "s3:GetObject", region=region)
    if settings.one("resolve-s3") == "true":
        why = "it makes a bucket of its own, with a stack, and uploads to it"
        return not_judged(_KIND, "sam deploy --resolve-s3", why, f"name the bucket with --s3-bucket, or: {GREEN_RUN}")
    return ()


def _images(run: Call, settings: _Settings) -> tuple[Operation, ...]:
    if settings.one("resolve-image-repos") == "true":
        why = "it makes repositories of its own and pushes to them"
        return not_judged(
            _KIND, "sam deploy --resolve-image-repos", why, "name them with --image-repository", may_push=True
        )
    given = [*options(run.tail, "--image-repository", "--image-repositories")]
    if not given:
        given = [text for name in ("image-repository", "image-repositories") for text in settings.many(name)]
    targets = list(dict.fromkeys(text.rpartition("=")[2] for text in given if text))
    if not targets:
        return ()
    regions = [address.region for target in targets if (address := EcrAddress.find(target)) is not None]
    login = Operation(_KIND, Purpose.LOGIN, action="ecr:GetAuthorizationToken", region=next(iter(regions), None))
    return (login, *(Operation(_KIND, Purpose.PUSH, target=target) for target in targets))


class _Settings:
    """What the command line says, else the environment, else the configuration file."""

    def __init__(self, run: Call, verb: str) -> None:
        self._run = run
        self._file = _parameters(run, verb)

    def one(self, name: str) -> str | None:
        """Return the value of an option; ``true`` for a flag that is given."""
        given = option(self._run.tail, f"--{name}")
        flag = has(self._run.tail, f"--{name}")
        if flag and (given is None or given.startswith("-")):
            return "true"
        if has(self._run.tail, f"--no-{name}"):
            return "false"
        if given is not None:
            return given
        value = self._file.get(name.replace("-", "_"))
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if isinstance(value, str) and value else None

    def many(self, name: str) -> list[str]:
        """Return the values of an option of the configuration file."""
        value = self._file.get(name.replace("-", "_"))
        listed = value if isinstance(value, list) else [value]
        return [text for text in listed if isinstance(text, str)]


def _parameters(run: Call, verb: str) -> Mapping[str, object]:
    """Return the parameters that the configuration file gives a command: those of the command over the global ones."""
    name = option(run.tail, "--config-file")
    environment = option(run.tail, "--config-env") or "default"
    tree: Mapping[str, object] = {}
    for file in [name] if name else _FILES:
        text = run.text(file)
        if text is not None:
            tree = _tree(file, text)
            break
    found: dict[str, object] = {}
    for part in ("global", verb):
        table = _under(tree, environment, part, "parameters")
        found |= table if isinstance(table, dict) else {}
    return found


def _is_unread(run: Call) -> bool:
    """Return whether the configuration file is not known, which is another thing than that there is none."""
    name = option(run.tail, "--config-file")
    for file in [name] if name else _FILES:
        path = run.path(file)
        if run.files.text(path) is not None:
            return False
        if path is None or not isinstance(run.files.at(path), Absent):
            return True
    return False


def _tree(file: str, text: str) -> Mapping[str, object]:
    if file.endswith((".yaml", ".yml")):
        return dict(yaml_mapping(text))
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _under(tree: object, *path: str) -> object:
    for name in path:
        tree = tree.get(name) if isinstance(tree, Mapping) else None
    return tree
