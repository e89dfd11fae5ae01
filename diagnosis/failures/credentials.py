"""Rules for AWS credentials that are absent, expired or invalid; their words may show no sign of OIDC."""

from __future__ import annotations

import re

from diagnosis.causes import Cause
from diagnosis.failures.lookalikes import NO_ANSWER
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, authn, holding, other, says
from diagnosis.gates import Checkpoint

_EXPIRED = other(Cause.SESSION_EXPIRED)
_INVALID = authn(None, Cause.STATIC_CREDENTIALS)


def _not_loaded(text: str, context: LogContext) -> Seen | None:
    """Judge by its inputs why configure-aws-credentials found no credentials."""
    if "nput required and not supplied" in text:
        return other(Cause.INPUT_MISSING)
    if "redentials could not be loaded" not in text and "Could not load credentials from any providers" not in text:
        return None
    if context.static_keys:
        return authn(None, Cause.STATIC_CREDENTIALS)
    if context.hinted or context.aws_oidc:
        return authn(Checkpoint.OIDC_TOKEN, Cause.ID_TOKEN_NOT_GRANTED)
    return authn(None, None, Cause.ID_TOKEN_NOT_GRANTED, Cause.STATIC_CREDENTIALS)


_RAN_OUT = re.compile(r"(?:session|token)(?: associated with this profile)? has expired|refresh (?:cached )?SSO token")


def _none_found(text: str, context: LogContext) -> Seen:
    if _RAN_OUT.search(text):
        return _EXPIRED
    if NO_ANSWER.search(text):
        return other(Cause.NETWORK, weight=Weight.PASSING)  # the chain of providers was asked, and nobody answered
    if context.aws_oidc and context.hinted:
        return authn(Checkpoint.OIDC_TOKEN, Cause.ID_TOKEN_NOT_GRANTED, weight=Weight.CONSEQUENCE)
    return authn(None, None, Cause.ID_TOKEN_NOT_GRANTED, Cause.STATIC_CREDENTIALS, weight=Weight.CONSEQUENCE)


RULES: tuple[Rule, ...] = (
    Rule(("redentials could not be loaded", "Could not load credentials from any providers"), _not_loaded),
    holding(
        _EXPIRED,
        "ExpiredToken",
        "token included in the request is expired",
        "provided token has expired",
        "RequestExpired",
    ),
    holding(
        _EXPIRED,
        "SSO session associated with this profile has expired",
        "Token has expired and refresh failed",
    ),
    holding(_INVALID, "InvalidSignatureException"),
    Rule(("Invalid header value",), says(r"AWS4-HMAC|AWS_SECRET|Credential=", _INVALID)),
    holding(
        _INVALID,
        "security token included in the request is invalid",
        "UnrecognizedClientException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "AWS Access Key Id you provided does not exist",
        "InvalidAccessKeyId",
        "request signature we calculated does not match",
        "AWS was not able to validate the provided access credentials",
        "Credentials loaded by the SDK do not match",
        "IncompleteSignature",
        "MissingAuthenticationToken",
    ),
    Rule(
        (
            "Unable to locate credentials",
            "NoCredentialProviders",
            "no valid credential sources",
            "No valid credential sources",
            "NoCredentialsError",
            "failed to retrieve credentials",
            "failed to refresh cached credentials",
            "CredentialsProviderError",
            "Unable to load credentials from any of the providers",
            "Partial credentials found",
            "no EC2 IMDS role found",
            "The config profile (",
            "Missing credentials in config",
            "Failed to resolve AWS credentials",
            "Unable to get IAM security credentials",
            "Unable to find credentials",
            "Unable to load AWS credentials",
            "Unable to load credentials from",
            "Error retrieving credentials from the instance profile",
            "no providers in chain provided credentials",
            "Could not load AWS credentials",
            "Could not find AWS credentials",
        ),
        _none_found,
    ),
    holding(
        other(Cause.INPUT_MISSING),
        "Input required and not supplied: aws-region",
        "Region is missing",
        "Missing region in config",
        "an AWS region is required, but was not found",
        "Unable to find a region via the region provider chain",
    ),
    holding(
        other(Cause.INPUT_MISSING),
        "You must specify a region",
        "Source Account ID is needed",
        "Invalid parameter at 'registryIds'",
        "Region is not valid",
        "Invalid endpoint: https://sts",
    ),
)
