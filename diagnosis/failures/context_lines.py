"""Read what the lines around a failure tell: which tool runs, whose registry is meant, what has already passed."""

from __future__ import annotations

import re

from diagnosis.failures.registry_address import registry_of
from diagnosis.failures.rule import LogContext
from diagnosis.failures.service_calls import STATE_WORDS, state_action
from diagnosis.logs.log_text import LineKind, LogLine
from diagnosis.names.ecr_address import hosts_quoted_in

_AWS_ACTION = "configure-aws-credentials"
_OTHER_ACTION = re.compile(
    r"google-github-actions/|azure/login|Azure/login|hashicorp/vault-action|anthropics/|sigstore/|pypa/gh-action|codecov/"
    r"|actions/attest|NuGet/login|rubygems/|jfrog/|docker/scout|pulumi/auth"
)
_PUSHES = re.compile(
    r"\b(?:docker|podman|buildah|crane|nerdctl|oras|helm) (?:image |manifest )?push\b|\bskopeo (?:copy|sync)\b"
    r"|\bko (?:build|publish|apply|resolve)\b|kaniko|build-push-action|^\s*push: true|--push\b|docker compose push"
    r"|bake-action"
)
_CACHE = re.compile(r"(#\d+) importing cache manifest")
_ROLE_INPUT = re.compile(r"\s*(?:role-to-assume: *|[\w.-]{0,60}(?i:role)[\w.-]{0,60}: *(?=arn:))(\S{1,2100})\s*$")
"""An input that gives an action a role to assume; one that is not known may call it otherwise."""
_MOST_ROLES = 50
_LONGEST = 1_000
_BASE = re.compile(r"(#\d+) \[[^\]]{1,200}\] load metadata for ")

WORDS: tuple[str, ...] = (
    # what is over: a role taken, a login, a push
    "Assuming role with OIDC",
    "Authenticated as assumedRoleId",
    "Logging into registry",
    "Login Succeeded",
    ": digest: sha256:",
    # what a step does, in its head or in what it prints
    "role-to-assume:",
    "aws-access-key-id:",
    ":role/",
    "assume-role",
    "assume_role",
    "push",
    "skopeo ",
    "kaniko",
    "bake-action",
    "importing cache manifest",
    "load metadata for ",
    "ontainerizing application to",
    "codeartifact",
    *STATE_WORDS,
    # whose registry a line names
    "dkr.ecr",
    "dkr-ecr",
    ".ecr.",
    "public.ecr.aws",
    "ecr-public",
    "ghcr.io/",
    "docker.io/",
    "quay.io/",
    "gcr.io/",
    "azurecr.io/",
    "jfrog.io/",
    "icr.io/",
    "ocir.io/",
    "registry.k8s.io/",
)
"""What is looked for in lines that are no failure themselves. Lines without them are not read for the context either."""


def look_around(line: LogLine, context: LogContext, passed: dict[str, int]) -> None:
    """Add to ``context`` what a line tells. Echoed lines tell what a step is, never what happened."""
    text = line.text
    context.codeartifact = context.codeartifact or "codeartifact" in text
    if line.kind in (LineKind.ECHO, LineKind.GROUP):
        _look_at_head(text, context)
        return
    if "Assuming role with OIDC" in text:
        context.aws_oidc = True
    elif "Login Succeeded" in text:
        passed["login"] = line.number
    elif "Authenticated as assumedRoleId" in text:
        passed["authn"] = line.number
        context.assumed = True
    elif "Logging into registry" in text:
        context.login_hosts.update(hosts_quoted_in(text))
    elif ": digest: sha256:" in text:
        passed["push"] = line.number
    if "push refers to repository" in text or "pushing layers" in text or "pushing manifest" in text:
        context.pushing = True
    if "tate" in text or "workspaces" in text:
        context.state_action = state_action(text[:_LONGEST]) or context.state_action
    cache = _CACHE.match(text)
    if cache:
        context.cache_steps.add(f"{cache[1]} ")
    base = _BASE.match(text)
    if base:
        context.base_steps.add(f"{base[1]} ")
    kind = registry_of(text)
    if kind is not None:
        context.registry = kind
    if "ontainerizing application to" in text and kind is not None:
        context.target = kind


def _look_at_head(text: str, context: LogContext) -> None:
    if _AWS_ACTION in text or "role-to-assume:" in text:
        context.aws_oidc = context.aws_oidc or "role-to-assume:" in text
        context.other_tool = context.foreign_token = False
    elif _OTHER_ACTION.search(text):
        context.other_tool = context.foreign_token = True
    given = _ROLE_INPUT.match(text)
    if given and len(context.inputs) < _MOST_ROLES:
        context.inputs.add(given[1])
    if "assume-role" in text or "assume_role" in text or (given and len(context.inputs) >= _MOST_ROLES):
        context.roles_elsewhere = True
    if "aws-access-key-id:" in text:
        context.static_keys = True
    if _PUSHES.search(text):
        context.pushing = True
    if "login" in text:
        context.login_hosts.update(hosts_quoted_in(text))
    kind = registry_of(text)
    if kind is not None:
        context.registry = kind
