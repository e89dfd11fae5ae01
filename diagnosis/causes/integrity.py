"""The catalogue of integrity findings: what makes a green run prove less than it seems to."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from diagnosis.causes.record import IntegrityRecord as Record
from diagnosis.gates import Owner

_ACTIONS = "https://docs.github.com/en/actions"
_ECR = "https://docs.aws.amazon.com/AmazonECR/latest/userguide"
_IAM = "https://docs.aws.amazon.com/IAM/latest/UserGuide"


class Integrity(StrEnum):
    """Why a success may be green for the wrong reason. These are findings about closure, no causes at a gate."""

    record: Record

    def __new__(cls, slug: str, record: Record) -> Self:
        """Make a member that is its slug and carries its record."""
        member = str.__new__(cls, slug)
        member._value_ = slug
        member.record = record
        return member

    @property
    def sentence(self) -> str:
        """What it means for the closure."""
        return self.record.sentence

    REF_CHANGED_IN_CHAIN = (
        "ref-changed-in-chain",
        Record(
            owner=Owner.RELEASE_ENGINEERING,
            sentence="The closing run proves another subject than the one that failed.",
            shows="The refs of the attempts: the successful one is on another ref than a failed one.",
            next_step="Rerun on the ref that failed, or say in the decision log why another ref closes it.",
            reference=f"{_ACTIONS}/reference/security/oidc",
        ),
    )
    REF_LAUNDERING = (
        "ref-laundering",
        Record(
            owner=Owner.RELEASE_ENGINEERING,
            sentence="The run is dispatched on a trusted ref and checks out another: its subject does not name the code.",
            shows="The step that brings other code in: a checkout, a command of git, a download, a build's remote context.",
            next_step="Check out the ref that the run was started on.",
            reference=f"{_ACTIONS}/reference/security/oidc",
        ),
    )
    GATE_DEMOTED = (
        "gate-demoted",
        Record(
            owner=Owner.RELEASE_ENGINEERING,
            sentence="A step that crosses a gate may fail without failing the run, or is switched off.",
            shows="In workflow and scripts: a failure that can be lost, continue-on-error, if: false, always() on a publish.",
            next_step="Let a failure of that step fail the run.",
            reference=f"{_ACTIONS}/reference/workflows-and-actions/workflow-syntax#jobsjob_idstepscontinue-on-error",
        ),
    )
    SELF_ASSERTED_EVIDENCE = (
        "self-asserted-evidence",
        Record(
            owner=Owner.RELEASE_ENGINEERING,
            sentence="An evidence file holds a verdict that the workflow wrote as a constant: it measures nothing.",
            shows="The step that writes the file, and that nothing which it measures decides the verdict.",
            next_step="Write into the file what a command measured in this run.",
            reference=None,
            no_reference="What a workflow writes into its own files is documented by nobody but its authors.",
        ),
    )
    SIDE_CHANNEL_PUBLISH = (
        "side-channel-publish",
        Record(
            owner=Owner.REVIEWER,
            sentence="The image was pushed outside of the chain's runs, or by another principal than the release's role.",
            shows="The push time of the image and CloudTrail's PutImage event, beside the times and roles of the runs.",
            next_step="Find who pushed it and when, and release once more through the workflow.",
            reference=f"{_ECR}/logging-using-cloudtrail.html",
        ),
    )
    WILDCARD_ESCALATION = (
        "wildcard-escalation",
        Record(
            owner=Owner.CLOUD_SECURITY,
            sentence="The permissions were opened wide in the course of the repair, and no decision says why or until when.",
            shows="CloudTrail's change events of the role and its policies, beside the decision log.",
            next_step="Have the grant bounded again, or its reason and its end written into the decision log.",
            reference=f"{_IAM}/best-practices.html#grant-least-privilege",
        ),
    )
    UNDOCUMENTED_WIDENING = (
        "undocumented-widening",
        Record(
            owner=Owner.CLOUD_SECURITY,
            sentence="Trust or permissions were widened for a while, and no decision says so.",
            shows="CloudTrail's change events of the role and its policies, beside the decision log.",
            next_step="Write into the decision log who widened what, why, and when it was taken back.",
            reference=f"{_IAM}/cloudtrail-integration.html",
        ),
    )
    CLOCK_CONFLICT = (
        "clock-conflict",
        Record(
            owner=Owner.REVIEWER,
            sentence="The decision log and what was recorded disagree about the order of events.",
            shows="The times in the decision log, beside those of the runs and of CloudTrail.",
            next_step="Correct the decision log, or say why it was written later.",
            reference=None,
            no_reference="The decision log is the team's own.",
        ),
    )
