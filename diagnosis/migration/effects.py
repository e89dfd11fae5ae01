"""Judge what a move does to one trust policy: which tokens it admits today, which afterwards, by which statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from diagnosis.migration.move import Move
from diagnosis.migration.tokens import UsedToken
from diagnosis.trust.question import Caller, TrustAnswer, TrustOutcome, TrustPolicy


class Effect(StrEnum):
    """What becomes of a token's access to a role."""

    BREAKS = "breaks"
    """Admitted today, refused afterwards."""
    BROKEN = "broken"
    """Refused already: the policy admits the repository in a form, or by a name, that GitHub does not give it."""
    OPENS = "opens"
    """A Deny stops it today and no longer afterwards."""
    UNKNOWN = "unknown"
    STAYS = "stays"
    """Admitted afterwards."""
    REFUSED = "refused"
    """Neither today nor afterwards, in no form."""

    @property
    def needs_patch(self) -> bool:
        """Whether the trust policy has to change for it."""
        return self in (Effect.BREAKS, Effect.BROKEN, Effect.OPENS)


@dataclass(frozen=True, slots=True)
class TokenEffect:
    """What becomes of one token's access to one role."""

    move: Move
    token: UsedToken
    effect: Effect
    today: tuple[str, ...]
    """The subjects that are possible today; one where the form is known."""
    after: str | None
    """The subject afterwards; None where it is not known."""
    statement: str | None
    """Sid or position of the statement that admits it today."""
    reason: str

    @property
    def today_shown(self) -> tuple[str, ...]:
        """The subjects of today, as the policy writes them where it has a pattern for them."""
        if not self.token.pattern:
            return self.today
        return tuple(f"{naming.prefix}:{self.token.pattern}" for naming in self.move.today if naming.prefix)

    @property
    def after_shown(self) -> str | None:
        """The subject of afterwards in the same way."""
        if self.token.pattern and self.move.prefix:
            return f"{self.move.prefix}:{self.token.pattern}"
        return self.after

    @property
    def repository(self) -> str:
        """The repository that moves, by today's name."""
        return self.move.before.full_name


def effects_of(
    trust: TrustPolicy, move: Move, tokens: Iterable[UsedToken], caller: Caller, held: TrustPolicy
) -> tuple[TokenEffect, ...]:
    """Judge every token; of those with the same subjects and the same effect one is kept.

    ``held`` is the same policy with the names of afterwards wherever it holds callers back by those of today.
    """
    found: dict[tuple[object, ...], TokenEffect] = {}
    for token in tokens:
        judged = _effect(trust, move, token, caller, held)
        key = (
            judged.today,
            judged.after,
            judged.effect,
            token.claims.get("job_workflow_ref") if not token.caller else "",
        )
        found.setdefault(key, judged)
    return tuple(found.values())


def _effect(trust: TrustPolicy, move: Move, token: UsedToken, caller: Caller, held: TrustPolicy) -> TokenEffect:
    if token.caller:
        classic = token.claims
        now = [move.named(classic, naming.prefix) for naming in move.today if naming.prefix]
        named = [move.named(classic, prefix) for prefix in move.old_prefixes]
        then = move.afterwards(classic)
    else:
        now, named, then = [token.claims], [], move.calling_afterwards(token.claims)
    today = [trust.ask(claims, caller) for claims in now]
    others = [trust.ask(claims, caller) for claims in named if claims not in now]
    after = trust.ask(then, caller)
    admitting = next((answer for answer in (*today, *others) if answer.outcome is TrustOutcome.ALLOWED), None)
    subjects = tuple(dict.fromkeys(claims.subject for claims in now if claims.subject))
    effect, reason = _told(today, others, after, held.ask(then, caller).outcome)
    if effect is Effect.UNKNOWN and token.caller and not move.prefix:
        reason = "The subject of afterwards is not known: the owner's id in it was not read."
    return TokenEffect(
        move=move,
        token=token,
        effect=effect,
        today=subjects,
        after=then.subject,
        statement=admitting.decision.because.statement if admitting else after.decision.because.statement,
        reason=reason,
    )


def _told(
    today: list[TrustAnswer], others: list[TrustAnswer], after: TrustAnswer, held: TrustOutcome
) -> tuple[Effect, str]:
    """Tell the effect by the answers for the subjects of today, for the repository's other names of today, and for afterwards."""
    allowed, denied, unknown = TrustOutcome.ALLOWED, TrustOutcome.DENIED, TrustOutcome.UNKNOWN
    now, named = {answer.outcome for answer in today}, {answer.outcome for answer in others}
    because = after.decision.because.text
    if after.outcome is allowed:
        # By another name it may be meant to get in; where the Deny would name it, it is not.
        if now == {denied} and (named <= {denied} or held is denied) and any(answer.explicit for answer in today):
            return Effect.OPENS, "A Deny of the policy stops it today and does not name it as it will be named."
        return Effect.STAYS, because
    if after.outcome is denied:
        if allowed in now:
            return Effect.BREAKS, because
        if allowed in named:
            return Effect.BROKEN, because
        if unknown in now | named:
            asked = next((answer.unsure for answer in (*today, *others) if answer.unsure), ())
            return (
                Effect.UNKNOWN,
                f"It is refused afterwards; whether it is admitted today hangs on {', '.join(asked)}.",
            )
        return Effect.REFUSED, because
    if now | named <= {denied}:
        return Effect.REFUSED, because
    return (
        Effect.UNKNOWN,
        f"Whether it is admitted afterwards hangs on {', '.join(after.unsure)}, which no record tells.",
    )
