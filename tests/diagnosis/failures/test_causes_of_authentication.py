"""Every cause of the authentication plane that a log can show, and beside it its nearest lookalike."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest

from diagnosis.failures import explain_text
from diagnosis.gates import Checkpoint, Gate, Plane

ISSUER = "https://token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::111122223333:role/ci-release"
SESSION = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"

TRUST_CAUSES = {
    "subject-not-admitted",
    "subject-shape",
    "subject-immutable-form",
    "condition-operator",
    "principal-wrong",
    "role-absent",
    "audience-not-admitted",
}


def place(text: str) -> tuple[Plane, Checkpoint | None, str | None]:
    finding = explain_text(text)
    return finding.plane, finding.checkpoint, finding.cause


def test_the_hint_followed_by_missing_credentials_is_a_token_that_was_not_granted() -> None:
    text = (
        "It looks like you might be trying to authenticate with OIDC. Did you mean to set the `id-token` permission? "
        "If you are not trying to authenticate with OIDC and the action is working successfully, you can ignore this "
        "message.\n"
        "Error: Credentials could not be loaded, please check your action inputs: "
        "Could not load credentials from any providers\n"
    )
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN, "id-token-not-granted")
    finding = explain_text(text)
    assert finding.gate is Gate.OIDC_TRUST
    assert finding.evidence is not None
    assert finding.evidence.line == 2


def test_the_hint_alone_is_believed() -> None:
    assert place("Did you mean to set the `id-token` permission?")[1] is Checkpoint.OIDC_TOKEN


def test_the_hint_beside_working_static_keys_does_not_explain_a_later_failure() -> None:
    text = (
        "2026-03-01T10:00:00.0000000Z ##[group]Run aws-actions/configure-aws-credentials@v4\n"
        "2026-03-01T10:00:00.0000000Z with:\n"
        "2026-03-01T10:00:00.0000000Z   aws-access-key-id: ***\n"
        "2026-03-01T10:00:00.0000000Z ##[endgroup]\n"
        "2026-03-01T10:00:00.5000000Z It looks like you might be trying to authenticate with OIDC. "
        "Did you mean to set the `id-token` permission?\n"
        "2026-03-01T10:00:01.0000000Z ##[group]Run npm run build\n"
        "2026-03-01T10:00:01.0000000Z ##[endgroup]\n"
        "2026-03-01T10:00:09.0000000Z ##[error]Process completed with exit code 2.\n"
    )
    assert place(text) == (Plane.OTHER, None, None)


def test_a_role_without_keys_and_without_hint_points_to_the_token() -> None:
    text = (
        "Run aws-actions/configure-aws-credentials@v4\n"
        "  with:\n"
        f"    role-to-assume: {ROLE}\n"
        "    aws-region: eu-west-1\n"
        "Error: Credentials could not be loaded, please check your action inputs: "
        "Could not load credentials from any providers\n"
    )
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN, "id-token-not-granted")


def test_the_same_words_with_static_keys_are_about_the_keys() -> None:
    text = (
        "Run aws-actions/configure-aws-credentials@v4\n"
        "  with:\n"
        "    aws-access-key-id: \n"
        "    aws-region: eu-west-1\n"
        "Error: Credentials could not be loaded, please check your action inputs: "
        "Could not load credentials from any providers\n"
    )
    assert place(text) == (Plane.AUTHENTICATION, None, "static-credentials")


def test_the_same_words_without_any_inputs_name_no_gate() -> None:
    finding = explain_text("Error: Credentials could not be loaded: Could not load credentials from any providers")
    assert (finding.plane, finding.checkpoint, finding.cause) == (Plane.AUTHENTICATION, None, None)
    assert set(finding.candidates) == {"id-token-not-granted", "static-credentials"}


@pytest.mark.parametrize(
    "line",
    [
        "Error: Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable",
        "Error: getIDToken call failed: Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_TOKEN env variable",
        "ERROR: ACTIONS_ID_TOKEN_REQUEST_URL is not set; add id-token: write",
    ],
)
def test_the_toolkits_words_for_a_token_that_may_not_be_asked_for(line: str) -> None:
    assert place(line) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN, "id-token-not-granted")


@pytest.mark.parametrize(
    "line",
    [
        "Error: google-github-actions/auth failed with: Error message: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL",
        "Error: Could not fetch an OIDC token. Did you remember to add `id-token: write` to your workflow permissions?",
        'npm error code EUSAGE: Provenance generation in GitHub Actions requires "write" access to the "id-token" permission',
        "Trusted publishing exchange failure: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable",
    ],
)
def test_a_token_for_somebody_else_is_no_gate_of_ours(line: str) -> None:
    finding = explain_text(line)
    assert finding.plane is Plane.OTHER
    assert finding.cause in ("id-token-elsewhere", "other-cloud")


def test_a_step_of_another_cloud_is_known_by_its_head() -> None:
    text = "Run hashicorp/vault-action@v3\n  with:\n    method: jwt\nError: Error message: Failed to get ID Token.\n"
    assert place(text)[0] is Plane.OTHER


def test_a_failing_token_service_is_transient() -> None:
    text = "Error: getIDToken call failed: Error message: Failed to get ID Token. Error Code : 503 Error Message: unavailable"
    assert place(text) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TOKEN, "transient")


@pytest.mark.parametrize(
    "line",
    [
        f"Error: Could not assume role with OIDC: No OpenIDConnect provider found in your account for {ISSUER}",
        (
            f"An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: "
            f"No OpenIDConnect provider found in your account for {ISSUER}"
        ),
        (
            f"operation error STS: AssumeRoleWithWebIdentity, https response error StatusCode: 400, RequestID: 0f1, "
            f"InvalidIdentityToken: No OpenIDConnect provider found in your account for {ISSUER}"
        ),
    ],
)
def test_no_provider_and_the_wrong_account_share_their_words(line: str) -> None:
    finding = explain_text(line)
    assert (finding.plane, finding.checkpoint) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST)
    assert finding.cause == "oidc-provider-absent"
    assert set(finding.candidates) == {"oidc-provider-absent", "role-account-wrong"}
    assert "account" in finding.tell_apart


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("Error: Could not assume role with OIDC: Incorrect token audience", "audience-not-admitted"),
        ("OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint", "thumbprint"),
        (
            (
                "Error: Could not assume role with OIDC: Couldn't retrieve verification key from your identity provider,  "
                "please reference AssumeRoleWithWebIdentity documentation for requirements"
            ),
            "transient",
        ),
        ("Error: Could not assume role with OIDC: IDPCommunicationError: try again", "transient"),
        ("An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: bad", None),
    ],
)
def test_what_sts_checks_before_the_trust_policy(line: str, cause: str | None) -> None:
    assert place(line) == (Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST, cause)


@pytest.mark.parametrize(
    "why",
    [
        "connect ETIMEDOUT 10.0.0.1:443",
        "getaddrinfo ENOTFOUND sts.eu-west-1.amazonaws.com",
        "socket hang up",
        "AggregateError [ETIMEDOUT]",
        "Client network socket disconnected before secure TLS connection was established",
        "Rate exceeded",
    ],
)
def test_a_network_fault_under_the_oidc_prefix_is_no_gate(why: str) -> None:
    assert place(f"Error: Could not assume role with OIDC: {why}") == (Plane.OTHER, None, "transient")


@pytest.mark.parametrize(
    "line",
    [
        "Error: Could not assume role with OIDC: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "Error: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        (
            "An error occurred (AccessDenied) when calling the AssumeRoleWithWebIdentity operation: "
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        ),
        "api error AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity",
        (
            "Retry AssumeRole: attempt 3 of 12 failed: Could not assume role with OIDC:\n"
            "  Not authorized to perform sts:AssumeRoleWithWebIdentity. Retrying after 310ms."
        ),
    ],
)
def test_the_one_sentence_of_role_assumption_names_no_cause(line: str) -> None:
    finding = explain_text(line)
    assert (finding.plane, finding.checkpoint, finding.cause) == (
        Plane.AUTHENTICATION,
        Checkpoint.ROLE_ASSUMPTION,
        None,
    )
    assert set(finding.candidates) == TRUST_CAUSES
    assert finding.action == "sts:AssumeRoleWithWebIdentity"
    assert finding.gate is Gate.ROLE_ASSUMPTION


@pytest.mark.parametrize(
    ("line", "cause", "candidate"),
    [
        (
            "Error: Could not assume role with OIDC: The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "session-duration",
            None,
        ),
        (
            (
                "An error occurred (ValidationError) when calling the AssumeRole operation: The requested DurationSeconds "
                "exceeds the 1 hour session limit for roles assumed by role chaining."
            ),
            "session-duration",
            None,
        ),
        ("Error: Could not assume role with OIDC: Request ARN is invalid", None, "role-absent"),
        (
            (
                "Error: Could not assume role with OIDC: 1 validation error detected: Value 'ci' at 'roleArn' failed to "
                "satisfy constraint: Member must have length greater than or equal to 20"
            ),
            None,
            "role-absent",
        ),
    ],
)
def test_other_refusals_of_the_role(line: str, cause: str | None, candidate: str | None) -> None:
    finding = explain_text(line)
    assert (finding.checkpoint, finding.cause) == (Checkpoint.ROLE_ASSUMPTION, cause)
    assert candidate is None or candidate in finding.candidates


@pytest.mark.parametrize(
    "line",
    [
        "codepipeline.amazonaws.com is not authorized to perform AssumeRole on role arn:aws:iam::111122223333:role/build",
        "Error: configuring S3 Backend: IAM Role (arn:aws:iam::111122223333:role/state) cannot be assumed.",
        '* provider.aws: The role "arn:aws:iam::111122223333:role/deploy" cannot be assumed.',
    ],
)
def test_a_role_that_another_principal_may_not_assume(line: str) -> None:
    assert place(line) == (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION, None)


def test_words_that_nobody_knows_after_the_oidc_prefix_name_no_gate() -> None:
    assert place("Error: Could not assume role with OIDC: something odd happened") == (Plane.OTHER, None, None)


def test_a_clock_that_is_wrong_is_no_key_that_is_wrong() -> None:
    text = "An error occurred (InvalidSignatureException) when calling the PutImage operation: Signature expired: 1 is now earlier than 2"
    assert place(text) == (Plane.OTHER, None, "clock-skew")


def test_session_tags_name_who_was_denied() -> None:
    finding = explain_text(
        "Error: Could not assume role with user credentials: User: arn:aws:sts::111122223333:assumed-role/runner-pool/i-0a1 "
        f"is not authorized to perform: sts:TagSession on resource: {ROLE}"
    )
    assert (finding.checkpoint, finding.cause) == (Checkpoint.ROLE_ASSUMPTION, "tag-session")
    assert finding.principal == "arn:aws:sts::111122223333:assumed-role/runner-pool/i-0a1"
    assert finding.resource == ROLE


def test_a_chained_role_is_role_assumption() -> None:
    finding = explain_text(
        f"AccessDenied: User: {SESSION} is not authorized to perform: sts:AssumeRole on resource: "
        "arn:aws:iam::444455556666:role/deploy"
    )
    assert (finding.checkpoint, finding.cause) == (Checkpoint.ROLE_ASSUMPTION, "role-chaining")
    assert finding.candidates == ()
    assert finding.action == "sts:AssumeRole"


@pytest.mark.parametrize(
    "line",
    [
        (
            "An error occurred (UnrecognizedClientException) when calling the GetAuthorizationToken operation: "
            "The security token included in the request is invalid."
        ),
        (
            "An error occurred (InvalidClientTokenId) when calling the GetCallerIdentity operation: "
            "The security token included in the request is invalid."
        ),
        "Error: The security token included in the request is invalid.",
        "Error: Could not assume role with user credentials: The security token included in the request is invalid.",
        "SignatureDoesNotMatch: The request signature we calculated does not match the signature you provided.",
        (
            "An error occurred (InvalidAccessKeyId) when calling the PutObject operation: The AWS Access Key Id you provided "
            "does not exist in our records."
        ),
    ],
)
def test_keys_that_aws_does_not_know(line: str) -> None:
    assert place(line) == (Plane.AUTHENTICATION, None, "static-credentials")


@pytest.mark.parametrize(
    "line",
    [
        "An error occurred (ExpiredToken) when calling the PutObject operation: The provided token has expired.",
        "ExpiredTokenException: The security token included in the request is expired",
    ],
)
def test_a_session_that_ran_out_is_no_gate(line: str) -> None:
    assert place(line) == (Plane.OTHER, None, "session-expired")


def test_an_identity_token_that_ran_out_is_sts_refusing_it() -> None:
    text = (
        "An error occurred (ExpiredTokenException) when calling the AssumeRoleWithWebIdentity operation: "
        "Token expired: current date/time must be before the expiration date/time"
    )
    assert place(text)[:2] == (Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST)


@pytest.mark.parametrize(
    "line",
    [
        'Unable to locate credentials. You can configure credentials by running "aws configure".',
        "NoCredentialProviders: no valid providers in chain. Deprecated.",
        "Error: No valid credential sources found",
        "botocore.exceptions.NoCredentialsError: Unable to locate credentials",
    ],
)
def test_no_credentials_at_all_names_no_gate(line: str) -> None:
    finding = explain_text(line)
    assert (finding.plane, finding.checkpoint) == (Plane.AUTHENTICATION, None)
    assert "id-token-not-granted" in finding.candidates


def test_a_missing_region_is_an_input() -> None:
    assert place("Error: Input required and not supplied: aws-region") == (Plane.OTHER, None, "input-missing")
