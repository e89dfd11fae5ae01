"""Find repository policies that let everybody push or pull: whoever has an AWS account can."""

from __future__ import annotations

from collections.abc import Iterator

from diagnosis.causes import Cause
from diagnosis.facts.account import AccountState
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known, Unreadable
from diagnosis.gates import Checkpoint, Plane
from diagnosis.names.arn import Arn
from diagnosis.policy import Layers, Outcome, Policy, PolicyDocument, Request, evaluate, own_policy
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.gate_verdict import Missing

STRANGER_ACCOUNT = "000000000000"
"""An account that nobody has."""
ASKED = {"ecr:PutImage": "push", "ecr:BatchGetImage": "pull"}
"""What a stranger is asked about, and in a word."""
_EVERYTHING = own_policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def open_repositories(account: AccountState) -> Iterator[Problem]:
    """Yield a problem for each repository of the release whose policy admits strangers."""
    for arn, document in read_policies(account):
        open_to = [action for action in ASKED if admits_strangers(document, arn, action)]
        if not open_to:
            continue
        verbs = " and ".join(ASKED[action] for action in open_to)
        yield Problem(
            checkpoint=Checkpoint.LEAST_PRIVILEGE,
            plane=Plane.AUTHORIZATION,
            cause=Cause.REPOSITORY_OPEN,
            reason=f"The policy of repository {arn.resource_id} lets everybody {verbs}, whatever their account.",
            actions=tuple(open_to),
            resource=str(arn),
            evidence=(
                Evidence(
                    kind=EvidenceKind.POLICY,
                    text=f"policy of repository {arn.resource_id}",
                    address="ecr:GetRepositoryPolicy",
                    origin=Origin.LIVE,
                    at=account.read_at,
                ),
            ),
        )


def unread_policies(account: AccountState) -> Iterator[Missing]:
    """Yield what is missing of the policies of the release's repositories: whom they let in is not known."""
    own = account.question.repository_arn
    readings = [(own, account.repository_policy)] if own is not None else []
    for arn, reading in (*readings, *((state.arn, state.policy) for state in account.repositories)):
        if isinstance(reading, Unreadable):
            yield Missing(reading.what, reading.why, reading.how, reading.permission)
        elif isinstance(reading, Known) and not isinstance(reading.value.document.policy, Policy):
            yield Missing(
                f"policy of repository {arn.resource_id}", "the document is unparsable", "correct the document"
            )


def read_policies(account: AccountState) -> Iterator[tuple[Arn, PolicyDocument]]:
    """Yield the policies of the release's repositories that were read."""
    own, reading = account.question.repository_arn, account.repository_policy
    if own is not None and isinstance(reading, Known):
        yield own, reading.value.document
    for state in account.repositories:
        if isinstance(state.policy, Known):
            yield state.arn, state.policy.value.document


def admits_strangers(document: PolicyDocument, repository: Arn, action: str) -> bool:
    """Return whether a role of an account that has nothing to do with this one may do this to the repository.

    Its own account may grant it everything. A key that only some requests carry bounds the grant: it is taken as absent.
    """
    policy = document.policy
    if not isinstance(policy, Policy):
        return False
    request = Request(
        principal=str(Arn.iam(repository.partition, STRANGER_ACCOUNT, "role", "stranger")),
        action=action,
        resource=str(repository),
        resource_account=repository.account,
        context={"aws:SecureTransport": ("true",), "aws:PrincipalAccount": (STRANGER_ACCOUNT,)},
    )
    return evaluate(request, Layers(identity=(_EVERYTHING,), resource=policy)).outcome is Outcome.ALLOWED
