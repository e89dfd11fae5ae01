"""The logs of the incident in GitHub's form, in our own words around the public error sentences."""

from __future__ import annotations

from datetime import datetime, timedelta

from incident_names import ACCOUNT, DAY, REPOSITORY, ROLE, RUN_IDS, SHA, STARTED

from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin

_STOPS = (
    "Could not assume role with OIDC: No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com",
    (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/GitHubAction-AssumeRoleWithAction/GitHubActions is not authorized "
        "to perform: ecr:GetAuthorizationToken on resource: * because no identity-based policy allows the "
        "ecr:GetAuthorizationToken action"
    ),
)


def moment_of(run: int) -> datetime:
    """When run 1, 2 or 3 started."""
    return DAY + STARTED[run - 1]


def log_of(run: int, *, lines: int = 0) -> str:
    """A job log in GitHub's form, with the proving line at 24; ``lines`` pads its end."""
    start = moment_of(run)
    words = [
        "Current runner version: '2.331.0'",
        "##[group]Runner Image",
        "Image: ubuntu-24.04",
        "##[endgroup]",
        "##[group]GITHUB_TOKEN Permissions",
        "Contents: read",
        "##[endgroup]",
        "Secret source: Actions",
        "Prepare workflow directory",
        "##[group]Run actions/checkout@v4",
        "with:",
        f"  repository: {REPOSITORY}",
        "##[endgroup]",
        f"Checking out {SHA}",
        "##[group]Run aws-actions/configure-aws-credentials@v4",
        "with:",
        f"  role-to-assume: {ROLE}",
        "  aws-region: eu-west-2",
        "  audience: sts.amazonaws.com",
        "##[endgroup]",
        "Assuming role with OIDC",
        "##[group]Run aws-actions/amazon-ecr-login@v2" if run == 2 else "Retry 11 of 12",
        "Logging in to the registry" if run == 2 else "Assuming role with OIDC",
        f"##[error]{_STOPS[run - 1]}" if run < 3 else f"Pushed git-{SHA}",
        "Post job cleanup.",
        "Cleaning up orphan processes",
        *(f"padding {number}" for number in range(lines)),
    ]
    return "\ufeff" + "".join(
        f"{(start + timedelta(seconds=index)).strftime('%Y-%m-%dT%H:%M:%S')}.1234567Z {word}\n"
        for index, word in enumerate(words)
    )


def proof_of(run: int) -> Evidence:
    """The proving line of run 1 or 2."""
    return Evidence(
        EvidenceKind.LOG_LINE,
        _STOPS[run - 1],
        address=f"https://github.com/{REPOSITORY}/actions/runs/{RUN_IDS[run - 1]}/job/6341{run}#step:4:24",
        origin=Origin.RECONSTRUCTED,
        at=moment_of(run) + timedelta(seconds=23),
        line=24,
        before=("Retry 11 of 12", "Assuming role with OIDC")
        if run == 1
        else ("##[group]Run amazon-ecr-login", "Logging in to the registry"),
        after=("Post job cleanup.", "Cleaning up orphan processes"),
    )
