"""Which registry refused, and whether a push or a pull, where a line or a step speaks of two."""

from __future__ import annotations

import pytest
from log_lines import read_lines

from diagnosis.failures import decide, explain_text
from diagnosis.gates import Checkpoint, Plane

HOST = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
DIGEST = "sha256:" + "0a" * 32
PUSH = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PUSH)
PULL = (Plane.AUTHORIZATION, Checkpoint.REGISTRY_PULL)
OTHER = (Plane.OTHER, None)


def place(text: str) -> tuple[Plane, Checkpoint | None]:
    """The streamed answer, which must be the one from all lines."""
    finding = explain_text(text)
    assert decide(read_lines(text)) == finding
    return finding.plane, finding.checkpoint


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        (f"trying to reuse blob {DIGEST} at destination: checking whether a blob {DIGEST} exists in {HOST}/cart", PUSH),
        (f"initializing source docker://{HOST}/cart:1: reading manifest 1 in {HOST}/cart", PULL),
        (f"pull access denied for {HOST}/cart, repository does not exist or may require 'docker login': denied", PULL),
        (f"pull access denied for {HOST}, repository does not exist or may require 'docker login': denied", OTHER),
        (f"copying to {HOST}/cart: reading manifest 1 in docker.io/acme/cart", OTHER),
        (f"The push refers to repository [{HOST}/cart]\ndenied", OTHER),
    ],
)
def test_a_client_words_a_refusal_that_had_no_body(where: str, wanted: tuple[Plane, Checkpoint | None]) -> None:
    assert place(f"Error: {where}: requested access to the resource is denied") == wanted


@pytest.mark.parametrize(("host", "wanted"), [(HOST, PUSH), ("quay.io", OTHER)])
def test_a_status_without_its_name(host: str, wanted: tuple[Plane, Checkpoint | None]) -> None:
    said = f"checking whether a blob {DIGEST} exists in {host}/cart: StatusCode: 403"
    assert place(f'level=fatal msg="trying to reuse blob {DIGEST} at destination: {said}"') == wanted


def test_a_build_that_pushes_pulls_its_base_first() -> None:
    asked = f"unexpected status from HEAD request to https://{HOST}/v2/base/manifests/3: 403 Forbidden"
    head = f"Run docker buildx build --push -t {HOST}/cart .\n"
    assert place(f"{head}#3 [internal] load metadata for {HOST}/base:3\n#3 ERROR: {asked}") == PULL
    assert (
        place(
            f"{head}ERROR: failed to solve: {HOST}/base:3: failed to resolve source metadata for {HOST}/base:3: {asked}"
        )
        == PULL
    )
    assert place(f"{head}#9 ERROR: {asked}") == PUSH


def test_of_two_registries_in_a_copy_the_nearer_one_refused() -> None:
    end = "unexpected HTTP status: 403 Forbidden"
    assert (
        place(f"Error: copying {HOST}/cart:1 to ghcr.io/acme/cart:1: trying to reuse blob in ghcr.io/acme/cart: {end}")
        == OTHER
    )
    assert (
        place(f"Error: copying ghcr.io/acme/cart:1 to {HOST}/cart:1: trying to reuse blob in {HOST}/cart: {end}")
        == PUSH
    )
