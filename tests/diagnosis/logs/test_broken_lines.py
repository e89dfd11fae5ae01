"""Sentences that a terminal broke at its width, each beside lines that only stand below one another."""

# ruff: noqa: E501 - log lines stand here as tools print them: whole

from __future__ import annotations

import pytest
from log_lines import read_lines

from diagnosis.failures import decide, explain_text
from diagnosis.gates import Checkpoint, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
USER = "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions"
ROLE = (Plane.AUTHENTICATION, Checkpoint.ROLE_ASSUMPTION)
PUSH = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH)
PULL = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PULL)
STATE = (Plane.REGISTRY_STATE, None)
OTHER = (Plane.OTHER, None)


def place(*lines: str) -> tuple[Plane, Checkpoint | None]:
    text = "\n".join(lines)
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding.plane, finding.checkpoint


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        ((f"denied: User: {USER} is not", "authorized to perform: ecr:PutImage on resource:", "arn:aws:ecr:eu-west-1:1:repository/cart"), PUSH),
        ((f"User: {USER} is", "not authorized to perform: ecr:BatchGetImage"), PULL),
        (("Error: Could not assume role with OIDC: Not", "authorized to perform sts:AssumeRoleWithWebIdentity"), ROLE),
        (("An error occurred (ValidationError) when calling the AssumeRoleWithWebIdentity operation: Request", "ARN is invalid"), ROLE),
        ((f"ERROR: failed to push {HOST}/cart:1:", "unexpected status from HEAD request to", f"https://{HOST}/v2/cart/blobs/sha256:0a:", "403 Forbidden"), PUSH),
        ((f"pulling from host {HOST}", f"{HOST} failed with status code [manifests 1]: 403", "Forbidden"), PULL),
        (("Error response from daemon: pull access denied for", f"{HOST}/cart, repository does not exist or may", "require 'docker login': denied: User: " + USER + " is", "not authorized to perform: ecr:BatchGetImage"), PULL),
        (("tag invalid: The image tag '1' already exists in the 'cart' repository and cannot be", "overwritten because the tag is immutable."), STATE),
    ],
)  # fmt: skip
def test_a_sentence_is_read_from_its_beginning(lines: tuple[str, ...], wanted: tuple[Plane, Checkpoint | None]) -> None:
    assert place(*lines) == wanted


@pytest.mark.parametrize(
    "lines",
    [
        (f"docker push {HOST}/cart:", "403 Forbidden"),
        (f"https://{HOST}/v2/cart/blobs/sha256:0a:", "upload done", "403 Forbidden"),
        (f"GET https://registry.acme.example/v2/cart/blobs/sha256:0a: see {HOST}", "403 Forbidden"),
        ("The role is", "what it is", "the parameter is invalid"),
        ("error parsing HTTP 403 response body: invalid", "character 'Y' looking for beginning of value"),
        ("error parsing HTTP 403 response body: invalid character 'Y' looking for", 'beginning of value: "Your Authorization Token has expired"'),
    ],
)  # fmt: skip
def test_lines_below_one_another_are_no_sentence(lines: tuple[str, ...]) -> None:
    assert place(*lines) == OTHER


def test_the_quotation_marks_of_a_word_processor() -> None:
    said = "Could not assume role with OIDC: OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint"
    assert (
        place(said.replace("'", "\N{RIGHT SINGLE QUOTATION MARK}"))
        == place(said)
        == (Plane.AUTHENTICATION, Checkpoint.OIDC_TRUST)
    )
