"""Prove on two documents that a change of a permission policy takes nothing away, and say what it grants beyond the need."""

from __future__ import annotations

from collections.abc import Iterable

from diagnosis.grants.comparison import compare_grants
from diagnosis.live.layers import whole_document
from diagnosis.names.arn import Arn
from diagnosis.policy import PolicyDocument


def granted_beyond(
    before: PolicyDocument, after: PolicyDocument, pairs: Iterable[tuple[str, str]], role_arn: Arn | None = None
) -> tuple[str, ...] | None:
    """Return what the second document allows, or no longer denies, beside the ``(action, resource)`` pairs and the first.

    None where it takes something away: such a change is no opening one. With ``role_arn`` it is told what the role may do, and
    what another one may, each by its own ARN; else what anybody may for whom the conditions are right.
    """
    wanted = tuple(pairs)
    everything = whole_document("Allow")
    # A policy that limits others is looked at twice: by what it allows, and by what it denies of everything.
    compared = [compare_grants([[*beside, before]], [[*beside, after]], meant=wanted) for beside in ((), (everything,))]
    if any(found.no_longer_granted for found in compared):
        return None
    if role_arn is not None:
        compared = [
            compare_grants(
                [[*beside, before]], [[*beside, after]], meant=wanted, known={"aws:PrincipalArn": (str(arn),)}
            )
            for beside in ((), (everything,))
            for arn in (role_arn, role_arn.beside("role", f"{role_arn.name}-or-another"))
        ]
    return tuple(
        dict.fromkeys(
            text for found in compared for text in (*(grant.text for grant in found.newly_granted), *found.undecided)
        )
    )
