"""A claim's value that is written wrong is told from one that means another run."""

from __future__ import annotations

import pytest

from diagnosis.trust.claim_typo import claim_typo

FILE = "octo-org/octo-repo/.github/workflows/release.yml"


@pytest.mark.parametrize(
    ("claim", "written", "met", "why"),
    [
        ("ref", "main", "refs/heads/main", "written in full"),
        ("ref", "heads/main", "refs/heads/main", "written in full"),
        ("ref", "refs/v1", "refs/tags/v1", "written in full"),
        ("ref", "refs/heads/Main", "refs/heads/main", "letter case"),
        ("ref", "refs/heads/main ", "refs/heads/main", "a space"),
        ("repository", "https://github.com/octo-org/octo-repo", "octo-org/octo-repo", "an address"),
        ("repository", "octo-repo", "octo-org/octo-repo", "owner is missing"),
        ("job_workflow_ref", FILE, f"{FILE}@refs/heads/main", "ref is missing"),
        ("job_workflow_ref", f"{FILE}@main", f"{FILE}@refs/heads/main", "written in full"),
        ("job_workflow_ref", "release.yml@refs/heads/main", f"{FILE}@refs/heads/main", "begins with owner"),
    ],
)
def test_what_departs_is_named(claim: str, written: str, met: str, why: str) -> None:
    assert why in claim_typo(claim, written, met)


@pytest.mark.parametrize(
    ("claim", "written", "met"),
    [
        ("ref", "refs/heads/main", "refs/heads/dev"),
        ("ref", "dev", "refs/heads/main"),
        ("ref", "mai*", "refs/heads/main"),
        ("ref", "refs/tags/main", "refs/heads/main"),
        ("repository", "octo-org", "octo-org/octo-repo"),
        ("workflow", "deploy", "Release"),
        ("job_workflow_ref", "octo-org/other/.github/workflows/release.yml", f"{FILE}@refs/heads/main"),
        ("job_workflow_ref", f"{FILE}@refs/heads/dev", f"{FILE}@refs/heads/main"),
        ("job_workflow_ref", "", f"{FILE}@refs/heads/main"),
    ],
)
def test_what_means_another_run_is_no_typo(claim: str, written: str, met: str) -> None:
    assert claim_typo(claim, written, met) == ""
