"""An offer: one bounded change for one or more causes, not yet proved. Paths are made of offers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from diagnosis.causes import Cause
from diagnosis.claims.subject_claim import PossibleClaims
from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from diagnosis.gates import Checkpoint
from diagnosis.live.run_claims import RunClaims
from diagnosis.names.arn import Arn
from diagnosis.verdicts.assessment import Problem
from diagnosis.verdicts.release import Need, StepGap
from diagnosis.verdicts.remediation import Remediation


@dataclass(frozen=True, slots=True)
class Situation:
    """What an offer is made for: the run, the account, the needs, and every problem found."""

    run: RunClaims
    needs: tuple[Need, ...]
    problems: tuple[Problem, ...]
    corrected_audience: str | None = None
    """The audience that the workflow should request, where correcting it there is the smaller change."""

    gaps: tuple[StepGap, ...] = ()
    """The steps of the release that are opaque or not judged."""

    corrected_session_name: str | None = None
    """The name that the step should give its session, where the trust policy wants another than the step's."""

    jobs: tuple[str, ...] = ()
    """The jobs whose session ``run`` is; the problems of authentication are theirs, those of authorization all jobs'."""

    beside: tuple[AccountState, ...] = ()
    """The accounts as the release's other roles have them: what hangs on these too is no role's own."""

    def hangs_on_another(self, arn: Arn) -> bool:
        """Return whether a managed policy is known to hang on another role of the release too, as its policy or its boundary."""
        return any(_hangs(arn, state) for state in self.beside)

    @property
    def account(self) -> AccountState:
        """The account as it was read."""
        return self.run.account

    @property
    def audience(self) -> str:
        """The audience that the next run requests: the run's own, or the corrected one."""
        return self.corrected_audience or self.run.audience

    @property
    def audiences(self) -> tuple[str, ...] | None:
        """All audiences with which a token gets past the provider, the next run's among them; None where they were not read."""
        provider = self.account.provider
        return (*provider.value.audiences, self.audience) if isinstance(provider, Known) else None

    @property
    def claims(self) -> PossibleClaims:
        """The run's claims with that audience."""
        return with_audience(self.run.claims, self.audience)

    @property
    def session_name(self) -> str:
        """The name of the next run's session: the step's own, or the corrected one; empty where it is not known."""
        return self.corrected_session_name or self.run.session_name

    @property
    def next_run(self) -> RunClaims:
        """The run as STS would meet it next, with these claims and this name."""
        return replace(self.run, claims=self.claims, session_name=self.session_name)

    @property
    def refused_by_trust(self) -> tuple[Problem, ...]:
        """The problems for which the trust policy has to change, or another ref be dispatched."""
        elsewhere = {
            *((Cause.AUDIENCE_NOT_ADMITTED,) if self.corrected_audience is not None else ()),
            *((Cause.SESSION_NAME_NOT_ADMITTED,) if self.corrected_session_name is not None else ()),
        }
        return tuple(
            problem
            for problem in self.of(*SUBJECT_CAUSES)
            if problem.checkpoint is Checkpoint.ROLE_ASSUMPTION and problem.cause not in elsewhere
        )

    def of(self, *causes: Cause) -> tuple[Problem, ...]:
        """Return the problems of these causes, in order."""
        return tuple(problem for problem in self.problems if problem.cause in causes)


@dataclass(frozen=True, slots=True)
class Offer:
    """A remediation that is offered, and the ref on which the next run would have to be dispatched for it."""

    remediation: Remediation
    dispatch_ref: str | None = None
    proves: str = ""
    does_not_prove: str = ""
    """What stays open, as what *it does not prove:* goes on with: *That …*, *Whether …*; no denial of its own."""
    jobs: tuple[str, ...] = ()
    """The jobs for whose session it was made."""


def _hangs(arn: Arn, state: AccountState) -> bool:
    attached = state.attached_policies.value if isinstance(state.attached_policies, Known) else ()
    boundary = (state.boundary.value,) if isinstance(state.boundary, Known) else ()
    return any(policy.arn == arn for policy in (*attached, *boundary))


PUSH_AND_RUN = "Push the workflow change and run the same workflow again: a rerun of the old run keeps the old file."
"""How a change of the workflow file is verified."""
CANNOT_HELP = "Adding identity permissions cannot help."

Choice: TypeAlias = tuple[Offer, ...]
"""Alternatives for the same causes; the first widens least."""


SUBJECT_CAUSES = (
    Cause.SUBJECT_NOT_ADMITTED,
    Cause.SUBJECT_SHAPE,
    Cause.SUBJECT_IMMUTABLE_FORM,
    Cause.CONDITION_OPERATOR,
    Cause.PRINCIPAL_WRONG,
    Cause.AUDIENCE_NOT_ADMITTED,
    Cause.TRUST_EXPLICIT_DENY,
    Cause.TRUST_ACTION,
    Cause.TRUST_CONDITION,
    Cause.CONDITION_KEY_NOT_CARRIED,
    Cause.SUBJECT_TYPO,
    Cause.CLAIM_PIN,
    Cause.ISSUER_DIFFERS,
    Cause.SESSION_NAME_NOT_ADMITTED,
)
"""Causes for which the trust policy refuses a run."""


def with_audience(possible: PossibleClaims, audience: str) -> PossibleClaims:
    """Return the same claims for another audience."""
    sets = tuple(
        replace(
            item,
            claims=tuple(sorted({**dict(item.claims), "aud": audience}.items())),
            unknown=tuple(name for name in item.unknown if name != "aud"),
        )
        for item in possible.sets
    )
    return replace(possible, sets=sets)


def needed_pairs(needs: Iterable[Need], problems: Iterable[Problem]) -> tuple[tuple[str, str], ...]:
    """Return the ``(action, resource)`` pairs behind the problems, each once, in the order of the needs.

    A problem that names no resource is about its actions on all that are needed at its checkpoint.
    """
    named = {(problem.checkpoint, action, problem.resource) for problem in problems for action in problem.actions}
    return tuple(
        dict.fromkeys(
            (need.action, need.resource)
            for need in needs
            if need.resource is not None
            and {(need.checkpoint, need.action, need.resource), (need.checkpoint, need.action, None)} & named
        )
    )


def contexts_of(needs: Iterable[Need]) -> dict[tuple[str, str], dict[str, tuple[str, ...]]]:
    """Return by ``(action, resource)`` pair the condition keys that every call of it carries, with all their values."""
    calls: dict[tuple[str, str], list[dict[str, str]]] = {}
    for need in needs:
        if need.resource is not None:
            calls.setdefault((need.action, need.resource), []).append(dict(need.context))
    return {
        pair: {
            key: tuple(dict.fromkeys(call[key] for call in listed))
            for key in listed[0]
            if all(key in call for call in listed)
        }
        for pair, listed in calls.items()
        if any(listed)
    }


def rerun_words(run: RunClaims) -> str:
    """Return how every remediation is verified: a rerun of the same workflow, never a side channel."""
    attempt = run.attempt
    name = attempt.workflow_file_name or attempt.workflow_name
    if run.ref is None and attempt.run_id:
        return f"Rerun run {attempt.run_id} of {name} (same commit, same ref) and diagnose it again."
    return f"Dispatch {name} again and diagnose that run."
