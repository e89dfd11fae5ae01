"""Find long-lived keys among the variables and inputs that a workflow file gives to its jobs, containers and actions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from diagnosis.closure.steps.keys.key_sights import KeySights
from diagnosis.closure.steps.release_steps import ReleaseJob, ReleaseStep
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.workflow import ANY_NAMES, Workflow
from diagnosis.names.ecr_address import EcrAddress
from diagnosis.steps.actions.kind_of_action import action_kind
from diagnosis.steps.aws_key_names import (
    ENDPOINT_VARIABLES,
    FILE_VARIABLES,
    KEY_ID,
    KEY_VARIABLES,
    PROFILE_VARIABLES,
    Origin,
    asks_for_all_secrets,
    long_lived_in,
    names_a_key,
    origin_of,
    references,
    words_of,
)
from diagnosis.steps.kinds import StepKind
from diagnosis.steps.variables import is_legible

Pairs = Iterable[tuple[str, str]]
Resolve = Callable[[str], str]
_LINE = re.compile(
    r"(?:^|[\s,;\"'{])(?:-e\s*|--env[ =]|--build-arg[ =])?([A-Za-z_]\w*)\s*[=:]\s*(\$\{\{[^{}]*\}\}|\S+)", re.MULTILINE
)
_OWN = re.compile(
    r"\$\{\{\s*(?:env\.(?P<name>\w+)|needs\.(?P<needed>[\w-]+\.outputs\.[\w-]+)|steps\.(?P<step>[\w-]+)\.outputs\.aws-(?:access-key-id|secret-access-key|session-token))"
    r"\s*\}\}",
    re.IGNORECASE,
)
_LOADERS = frozenset(
    {"1password/load-secrets-action", "bitwarden/sm-action", "hashicorp/vault-action", "dopplerhq/secrets-fetch-action"}
    | {"infisical/secrets-action", "aarcangeli/load-dotenv", "cardinalby/export-env-action", "falti/dotenv-action"}
    | {"aws-actions/aws-secretsmanager-get-secrets", "xom9ikk/dotenv", "akeyless-community/akeyless-github-action"}
    | {"oitnb/dotenv", "c-hive/gha-npm-cache", "say8425/aws-secrets-manager-actions", "deptno/action-aws-ssm-to-dotenv"}
)
"""Actions that give what they fetch or read to the environment of later steps, whatever its names."""
_BY_NAME = "aws-actions/aws-secretsmanager-get-secrets"
"""The one of them that names its variables after the secrets that its inputs name."""
_OTHER_PURPOSES_NAMED = """
NPM NODE SONAR SONARCLOUD SONARQUBE SLACK GITHUB GH PAT GHCR DOCKERHUB DOCKER CODECOV SENTRY PYPI SNYK TURBO NX CYPRESS
DISCORD TEAMS TELEGRAM DATADOG DD NEWRELIC RELIC COSIGN GPG SSH CACHIX DEPOT HF GRAFANA JIRA LINEAR PERCY CHROMATIC
WEBHOOK URL REGION ROLE ACCOUNT REGISTRY REPOSITORY BUCKET CLUSTER DOMAIN EMAIL NUGET MAVEN ARTIFACTORY
"""
_OTHER_PURPOSES = frozenset(_OTHER_PURPOSES_NAMED.split())
"""Words in the names of secrets that say what they are for, which is no key of AWS."""


def look_at_variables(workflow: Workflow, job: ReleaseJob, sights: KeySights) -> None:
    """Look at what the file, the job and its containers set for all steps."""
    resolve = _resolver(job)

    def place(text: str) -> Evidence:
        return Evidence(EvidenceKind.WORKFLOW_FILE, text[:200], address=workflow.path, line=job.written.line or None)

    _pairs(workflow.env, "the workflow's env", resolve, place, sights)
    _pairs(job.written.env, f"the env of the job {job.name}", resolve, place, sights)
    _profiles((*workflow.env, *job.written.env), f"the env of the job {job.name}", job, place, sights)
    for image in job.written.images:
        where = f"the container {image.image} of the job {job.name}"
        _pairs(image.env, where, resolve, place, sights)
        look_at_text(image.options, where, resolve, place, sights)
        given = [("username", image.username), ("password", image.password)]
        certain = EcrAddress.find(image.image) is not None
        if certain or "$" in image.image.partition("/")[0]:
            _registry_login(given, where, resolve, place, sights, certain=certain)


def _profiles(pairs: Pairs, where: str, job: ReleaseJob, place: Callable[[str], Evidence], sights: KeySights) -> None:
    """Note a profile that no step of the job sets up: its keys come from elsewhere."""
    for name, value in pairs:
        if name.upper() in PROFILE_VARIABLES and value.strip() and not job.sets_profile:
            sights.doubt(
                f"the profile that {where} names is set up by no step that was read", place(f"{name}: {value}")
            )


def look_at_step(step: ReleaseStep, sights: KeySights) -> None:
    """Look at the variables and the inputs of a step."""
    resolve = _resolver(step.job)
    where = f"step {step.name}"
    _pairs(step.written.env, f"the env of {where}", resolve, step.evidence, sights)
    _profiles(step.written.env, f"the env of {where}", step.job, step.evidence, sights)
    if step.written.uses:
        _inputs(step, where, resolve, sights)


def handed_secrets(step: ReleaseStep) -> tuple[str, ...]:
    """Return the secrets that a step is handed and that may be a key of AWS, by what is known of their names."""
    blocks = (step.job.workflow.env, step.job.written.env, step.written.env, step.written.inputs)
    texts = [value for block in blocks for _, value in block] + [step.written.run or ""]
    found = [name for text in texts for context, name in references(text) if context in ("secrets", "inputs.secrets")]
    return tuple(
        dict.fromkeys(name for name in found if not {word.upper() for word in words_of(name)} & _OTHER_PURPOSES)
    )


def look_at_text(text: str, where: str, resolve: Resolve, place: Callable[[str], Evidence], sights: KeySights) -> None:
    """Look at a text of several settings (``NAME=value``), and at the names that its expressions ask for."""
    found = long_lived_in(text)
    if found is not None:
        sights.key(f"{found} reaches {where}", place(f"{where}: {found}"))
    if asks_for_all_secrets(text):
        sights.doubt(f"{where} is handed all secrets, AWS's keys may be among them", place(where))
    for name, value in _LINE.findall(text):
        if name.upper() in KEY_VARIABLES or (names_a_key(name) and "${{" in value):
            _judge(name, value, where, resolve, place, sights)


def _pairs(pairs: Pairs, where: str, resolve: Resolve, place: Callable[[str], Evidence], sights: KeySights) -> None:
    pairs = tuple(pairs)
    stand_in = any(
        name.upper() == KEY_ID and value.strip() and origin_of(value) is Origin.NOTHING for name, value in pairs
    )
    for name, value in pairs:
        upper = name.upper()
        if name == ANY_NAMES:
            sights.doubt(f"which variables {where} sets is an expression's to say", place(value))
        elif upper in FILE_VARIABLES and value.strip() not in ("", "/dev/null"):
            sights.doubt(f"{where} names a file of keys ({name})", place(f"{name}: {value}"))
        elif upper in ENDPOINT_VARIABLES and value.strip():
            sights.doubt(f"{where} names an address that hands out keys ({name})", place(f"{name}: {value}"))
        elif names_a_key(name) or upper in KEY_VARIABLES:
            if not (stand_in and "${{" not in value):
                _judge(name, value, where, resolve, place, sights)
        else:
            look_at_text(value, where, resolve, place, sights)


def _judge(
    name: str, value: str, where: str, resolve: Resolve, place: Callable[[str], Evidence], sights: KeySights
) -> None:
    """Judge a value that is given under the name of a key."""
    match origin_of(resolve(value)):
        case Origin.LONG_LIVED:
            what = long_lived_in(value) or next((f"{each}.{key}" for each, key in references(value)), "")
            sights.key(
                f"{what or 'a long-lived value'} reaches {where} as {name}", place(f"{name}: {_without_secret(value)}")
            )
        case Origin.UNKNOWN | Origin.COMPUTED:
            sights.doubt(f"where {where} has {name} from is not understood", place(name))
        case Origin.OUTPUT:
            sights.doubt(f"{where} has {name} from an output that is not known to be a session's", place(name))
        case Origin.JOB | Origin.NOTHING:
            return


def _inputs(step: ReleaseStep, where: str, resolve: Resolve, sights: KeySights) -> None:
    use, kind = step.use, action_kind(step.written.uses)
    if use.repository in _LOADERS:
        named = use.text("secret-ids")
        plain = named and "$" not in named and "*" not in named and not names_a_key(named)
        if not (plain and use.repository == _BY_NAME and not use.may_be_true("parse-json-secrets")):
            sights.doubt(f"{where} gives what it fetches to the environment of later steps", step.evidence(use.uses))
    if kind is StepKind.DOCKER_LOGIN_ACTION:
        host = use.text("registry", "registry_url")
        if EcrAddress.find(host) is not None or (host and not is_legible(host)):
            given = [(name, step.written.input(name) or "") for name in ("username", "password")]
            certain = EcrAddress.find(host) is not None or ".outputs.registry" in host
            _registry_login(given, where, resolve, step.evidence, sights, certain=certain)
        look_at_text(use.text("registry-auth"), where, resolve, step.evidence, sights)
    for name, value in step.written.inputs:
        # docker/login-action takes AWS's keys under names of its own, which were looked at.
        if names_a_key(name):
            _judge(name, value, where, resolve, step.evidence, sights)
        look_at_text(value, where, resolve, step.evidence, sights)
        if any(each in value for each in KEY_VARIABLES) and any(each != "env" for each, _ in references(value)):
            sights.doubt(f"{where} speaks of keys and is handed a secret", step.evidence(name))


def _registry_login(
    given: Pairs,
    where: str,
    resolve: Resolve,
    place: Callable[[str], Evidence],
    sights: KeySights,
    *,
    certain: bool,
) -> None:
    """Judge the credentials of a login to ECR: a user of the name ``AWS`` has a token, which must be this run's.

    ``certain``: the registry is one of ECR; of one that is not legible only a doubt can be said.
    """
    pairs = {name: resolve(value).strip() for name, value in given}
    for name, value in pairs.items():
        if not value or value.upper() == "AWS":
            continue
        match origin_of(value):
            case Origin.LONG_LIVED if certain:
                asked = references(value)
                what = f"{asked[0][0]}.{asked[0][1]}" if asked else "a value that is written out"
                sights.key(
                    f"{where} logs in to ECR with {what} as its {name}", place(f"{name}: {_without_secret(value)}")
                )
            case Origin.OUTPUT if re.search(r"outputs[.\[]'?docker_(?:username|password)", value):
                continue
            case Origin.JOB | Origin.OUTPUT if name == "username":
                continue
            case _:
                sights.doubt(f"where {where} has the {name} of its login to ECR from is not understood", place(name))


def _resolver(job: ReleaseJob) -> Resolve:
    """Return what fills in ``env.NAME`` by what the file sets, and names the outputs of a session as the job's own keys."""
    known = dict((*job.workflow.env, *job.written.env))
    sessions = {
        each.id
        for each in job.written.all_steps
        if each.id
        and action_kind(each.uses) is StepKind.CONFIGURE_AWS_CREDENTIALS
        and each.input("role-to-assume")
        and not each.input("aws-access-key-id")
    }

    handed = {f"{each.id}.{name}".lower(): value for each in job.workflow.jobs for name, value in each.outputs}

    def filled(found: re.Match[str]) -> str:
        if found["needed"] is not None:
            return handed.get(found["needed"].replace(".outputs.", ".").lower(), found[0])
        if found["step"] is not None:
            return f"${{{{ env.{KEY_ID} }}}}" if found["step"] in sessions else found[0]
        return known.get(found["name"], found[0])

    return lambda text: _OWN.sub(filled, text)


def _without_secret(value: str) -> str:
    """Return a value as evidence may show it: an expression as it is, nothing of what is written out."""
    return value if "${{" in value or "scrubbed" in value else "…"
