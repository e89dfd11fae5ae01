"""Rules for AWS credentials that are absent, expired or invalid; their words may show no sign of OIDC."""

from __future__ import annotations

import re
from dataclasses import replace

from diagnosis.causes import Cause
from diagnosis.failures.lookalikes import NO_ANSWER
from diagnosis.failures.rule import LogContext, Rule, Seen, Weight, authn, holding, other, says
from diagnosis.gates import Checkpoint

_EXPIRED = other(Cause.SESSION_EXPIRED)
_INVALID = authn(None, Cause.STATIC_CREDENTIALS)
_OUT_OF_DATE = re.compile(
    r"ExpiredToken|token included in the request is expired|provided token has expired|RequestExpired"
)
_UNKNOWN_KEYS = re.compile(
    r"security token included in the request is invalid|UnrecognizedClientException|InvalidClientTokenId|InvalidAccessKeyId"
    r"|AWS Access Key Id you provided does not exist|not able to validate the provided access credentials"
)
_WRONG_SECRET = re.compile(
    r"SignatureDoesNotMatch|InvalidSignatureException|request signature we calculated does not match"
)


def _not_loaded(text: str, context: LogContext) -> Seen:
    """Judge by its inputs why configure-aws-credentials found no credentials."""
    if "nput required and not supplied" in text:
        return other(Cause.INPUT_MISSING)
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


def refused_keys(text: str, context: LogContext) -> Seen | None:
    """Judge an answer of AWS about the keys or the session that a call was signed with; None where it is about neither."""
    if _OUT_OF_DATE.search(text):
        return _EXPIRED
    if _WRONG_SECRET.search(text):
        return _told(
            _INVALID,
            "The secret access key does not belong to the access key ID that the call was signed with: mistyped, cut off or "
            "with a blank at an end.",
            "Compare when the two secrets were last set in the repository: both are made together.",
        )
    if not _UNKNOWN_KEYS.search(text):
        return None
    if context.assumed:
        return _told(
            authn(None, None, Cause.STATIC_CREDENTIALS, Cause.REGION_DISABLED),
            "AWS does not know the keys that the call was signed with, although the job had assumed a role: the step uses "
            "other keys, leaves the session token out, or asks a region that is not enabled in the account.",
            "Run aws configure list in the step: it says where the keys come from; then compare the region.",
        )
    return _told(
        _INVALID,
        "AWS does not know the keys that the call was signed with: they were deleted or mistyped, lack their session token, "
        "or belong to another partition (aws, aws-cn, aws-us-gov).",
        "Run aws configure list in the step: it says where the keys come from; compare the region's partition with theirs.",
    )


def _told(seen: Seen, sentence: str, tell_apart: str) -> Seen:
    return replace(seen, finding=replace(seen.finding, sentence=sentence, tell_apart=tell_apart))


RULES: tuple[Rule, ...] = (
    Rule(("redentials could not be loaded", "Could not load credentials from any providers"), _not_loaded),
    Rule(
        (
            "ExpiredToken",
            "token included in the request is expired",
            "provided token has expired",
            "RequestExpired",
            "InvalidSignatureException",
            "SignatureDoesNotMatch",
            "request signature we calculated does not match",
            "security token included in the request is invalid",
            "UnrecognizedClientException",
            "InvalidClientTokenId",
            "AWS Access Key Id you provided does not exist",
            "InvalidAccessKeyId",
            "AWS was not able to validate the provided access credentials",
        ),
        refused_keys,
    ),
    holding(
        _EXPIRED,
        "SSO session associated with this profile has expired",
        "Token has expired and refresh failed",
        "Session token not found or invalid",
    ),
    Rule(("Invalid header value",), says(r"AWS4-HMAC|AWS_SECRET|Credential=", _INVALID)),
    holding(
        _INVALID,
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
