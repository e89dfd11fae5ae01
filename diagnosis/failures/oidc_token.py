"""Rules for the first checkpoint: the runner asks GitHub for an ID token."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, authn, holding, lighter, other
from diagnosis.gates import Checkpoint

_TOKEN = Checkpoint.OIDC_TOKEN
_NOT_GRANTED = authn(_TOKEN, Cause.ID_TOKEN_NOT_GRANTED)
_SERVICE_FAILED = authn(_TOKEN, Cause.TRANSIENT)
_ELSEWHERE = other(Cause.ID_TOKEN_ELSEWHERE)
"""The same permission is missing, but the token was for somebody else than AWS."""

_OTHER_TOOL = re.compile(
    r"claude-code|anthropics/|google-github-actions|azure/login|hashicorp/vault|Vault|sigstore|cosign|[Ff]ulcio|pypi|PyPI"
    r"|[Tt]rusted publish|npm |NuGet|nuget|codecov|attest|provenance|gcloud|rubygems|crates\.io|GitHub token|Azure"
    r"|pulumi|federated token from|OIDC (?:token retrieval|exchange)|insufficient OIDC token permissions"
)
_TOOLKIT = re.compile(r"getIDToken|[Ee]rror (?:[Cc]ode|[Mm]essage) ?:")
"""How GitHub's toolkit goes on after saying that it got no token."""
_STATUS = re.compile(r"Error Code ?: ?(\d{3})|\b(5\d\d)\b")


def _hint(_text: str, context: LogContext) -> Seen:
    # The action prints it for static keys too, and then goes on: believed only where nothing heavier is there.
    context.hinted = True
    return authn(_TOKEN, Cause.ID_TOKEN_NOT_GRANTED, weight=Weight.DOUBTFUL)


def _no_request_url(text: str, context: LogContext) -> Seen | None:
    if "Unable to get" not in text and "not set" not in text and "env" not in text and "missing" not in text:
        return None
    if _elsewhere(text, context):
        return _ELSEWHERE
    if context.aws_oidc or "ssume role with OIDC" in text:
        return _NOT_GRANTED
    # The toolkit's words whoever asked for the token: the action's own words, where there are any, know more.
    context.hinted = True
    return lighter(_NOT_GRANTED, Weight.DOUBTFUL)


def _request_failed(text: str, context: LogContext) -> Seen | None:
    if _elsewhere(text, context):
        return _ELSEWHERE
    if not (context.aws_oidc or _TOOLKIT.search(text)):
        return None  # a script's own words: tokens of that name are handed out by many
    status = _STATUS.search(text)
    if status and (status[1] or status[2]).startswith(("5", "429")):
        return _SERVICE_FAILED
    return authn(_TOKEN, None, Cause.ID_TOKEN_NOT_GRANTED, Cause.TRANSIENT)


def _toolkit_crash(text: str, context: LogContext) -> Seen | None:
    """Recognize a failed token request by the toolkit's own crash: it reads ``error.message`` of an undefined error."""
    if "Error message:" not in text:
        return None
    return _ELSEWHERE if _elsewhere(text, context) else _SERVICE_FAILED


def _permission_wanted(text: str, context: LogContext) -> Seen:
    """Judge words that ask for the permission without saying who wants it."""
    return _ELSEWHERE if _elsewhere(text, context) else lighter(_NOT_GRANTED, Weight.DOUBTFUL)


def _remember(text: str, _scene: LogContext) -> Seen | None:
    if "token" not in text.lower():
        return None
    # The sentence of actions that use the token for their own service, not for AWS.
    return _ELSEWHERE


def _elsewhere(text: str, context: LogContext) -> bool:
    return not context.aws_oidc and (context.other_tool or context.foreign_token or bool(_OTHER_TOOL.search(text)))


RULES: tuple[Rule, ...] = (
    Rule(("Did you mean to set the `id-token` permission",), _hint),
    Rule(("It looks like you might be trying to authenticate with OIDC",), _hint),
    Rule(("ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"), _no_request_url),
    Rule(
        ("getIDToken call failed", "Failed to get ID Token", "Failed to get ID token", "Unable to get ID Token"),
        _request_failed,
    ),
    Rule(("is requesting 'id-token: write'",), _permission_wanted),
    Rule(("reading 'message')", "'message' of undefined"), _toolkit_crash),
    Rule(("permissions to id-token", "federated token from GitHub"), _permission_wanted),
    holding(_ELSEWHERE, 'Ensure GITHUB_TOKEN has permission "id-token: write"'),  # GitHub Pages
    Rule(("Did you remember to add `id-token: write`", 'access to the "id-token" permission'), _remember),
)
