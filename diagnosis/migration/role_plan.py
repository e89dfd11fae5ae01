"""Plan the two steps that carry one role's trust policy over a move, each applied in memory and judged again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from diagnosis.callers.comparison import CallerClass, TrustComparison, compare_trust
from diagnosis.claims.claim_set import ClaimSet, is_github_cloud
from diagnosis.facts.account import Role
from diagnosis.facts.runs import Repository
from diagnosis.lint.saving import not_saved
from diagnosis.migration.effects import Effect, TokenEffect, effects_of
from diagnosis.migration.globs import is_pattern, remainders
from diagnosis.migration.move import Move
from diagnosis.migration.tokens import UsedToken, named_by, presenting
from diagnosis.migration.translation import with_both, with_own_statements, without_old
from diagnosis.names.arn import Arn
from diagnosis.policy import Policy, PolicyDocument, PolicyKind, Unparsable
from diagnosis.policy.language.quotas import LARGEST_TRUST_LIMIT, TRUST_LIMIT, size
from diagnosis.trust.question import Caller, TrustOutcome, TrustPolicy, caller_of, providers_among
from diagnosis.verdicts.gate_verdict import Missing

Moves: TypeAlias = Sequence[tuple[Move, tuple[UsedToken, ...]]]
"""Each move with the tokens that its workflows and runs are known to present."""


@dataclass(frozen=True, slots=True)
class RolePlan:
    """What the moves do to one role, and the two steps that carry its trust policy over."""

    role: Role
    effects: tuple[TokenEffect, ...]
    """Those that matter: what breaks first, then what is not known, then what stays."""
    both: PolicyDocument | None = None
    """Step one: today's subjects and those of afterwards. None where nothing has to change, or no patch was proved."""
    after: PolicyDocument | None = None
    """Step two: those of afterwards alone; None where step one leaves nothing to remove."""
    notes: tuple[str, ...] = ()
    missing: tuple[Missing, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether somebody loses the role, or gets it past a Deny, unless the policy changes."""
        return any(effect.effect.needs_patch for effect in self.effects)


_ORDER = (Effect.BREAKS, Effect.BROKEN, Effect.OPENS, Effect.UNKNOWN, Effect.STAYS)


def plan_role(role: Role, moves: Moves) -> RolePlan | None:
    """Judge one role for every move and make its two steps; None where it is no concern of theirs."""
    policy = role.trust_policy.policy
    if isinstance(policy, Unparsable):
        why = f"the trust policy is unparsable: {policy.text}"
        return RolePlan(role, (), missing=(Missing(f"what becomes of {role.name}", why, "correct the document"),))
    callers = _callers(policy, role, [move for move, _ in moves])
    effects = _effects(policy, role, callers, moves)
    if not effects:
        return None
    repairs = [effect for effect in effects if effect.effect.needs_patch]
    missing = tuple(
        dict.fromkeys(
            Missing(
                f"whether {effect.after or effect.repository} may assume {role.name} afterwards",
                effect.reason,
                "print the claims of a run's token, or ask the author of the trust policy",
            )
            for effect in effects
            if effect.effect is Effect.UNKNOWN
        )
    )
    notes = (*_pattern_notes(policy, callers, moves, repairs), *_issuer_notes(callers, moves))
    if not repairs:
        return RolePlan(role, effects, notes=notes, missing=missing)
    proof = _Proof(role.trust_policy, callers, effects)
    both, why = _step_one(proof, repairs)
    if both is None:
        gap = Missing(
            f"a patch of the trust policy of {role.name}", why, "edit it by hand, and judge it with policy admits"
        )
        return RolePlan(role, effects, notes=notes, missing=(*missing, gap))
    after, open_end = _step_two(proof, both)
    notes = (*notes, *((open_end,) if open_end else ()), *_copy_notes(role.trust_policy, both), *_size_notes(both))
    notes = (*notes, *not_saved(both, PolicyKind.TRUST))
    return RolePlan(role, effects, both, after, notes, missing)


def effects_on(role: Role, moves: Moves) -> tuple[TokenEffect, ...]:
    """Return what becomes of each token's access to the role, what breaks first; none where it is no concern of the moves."""
    policy = role.trust_policy.policy
    if isinstance(policy, Unparsable):
        return ()
    return _effects(policy, role, _callers(policy, role, [move for move, _ in moves]), moves)


def _effects(policy: Policy, role: Role, callers: tuple[Caller, ...], moves: Moves) -> tuple[TokenEffect, ...]:
    trust = TrustPolicy(policy)
    found: list[TokenEffect] = []
    for caller in callers:
        for move, used in moves:
            if not _may_concern(policy, caller, move):
                continue
            named = named_by(policy, move, caller.issuer, role.name)
            held = with_both(role.trust_policy, move, (caller.issuer,), (), holding_back_only=True)
            tokens = (*named, *used, *_slipping(role, held, move, caller))
            judged = effects_of(trust, move, tokens, caller, TrustPolicy(held.compiled()))
            found += [effect for effect in judged if effect.effect is not Effect.REFUSED]
    # What breaks for certain by one token is not told a second time as open by another that says less.
    settled = {effect.after for effect in found if effect.effect is not Effect.UNKNOWN}
    told = [effect for effect in found if effect.effect is not Effect.UNKNOWN or effect.after not in settled]
    return tuple(sorted(told, key=lambda effect: _ORDER.index(effect.effect)))


def _slipping(role: Role, held: PolicyDocument, move: Move, caller: Caller) -> tuple[UsedToken, ...]:
    """Return a token that a Deny stops by today's names and no longer by those of afterwards, if there is any.

    ``held`` is the role's trust policy with the names of afterwards wherever it holds callers back.
    """
    if held.tree == role.trust_policy.tree:
        return ()
    compared = compare_trust(role.trust_policy, held, move.after, provider_arn=caller.provider_arn)
    lost = (dict(found.claims) for found in compared.no_longer_admitted if _of_afterwards(found, [move]))
    made = (presenting(move, claims, f"{role.name}, past a Deny") for claims in lost)
    return tuple(token for token in made if token is not None)[:1]


def _callers(policy: Policy, role: Role, moves: Iterable[Move]) -> tuple[Caller, ...]:
    """Return a caller for each of GitHub's providers that the policy names."""
    issuers = {move.issuer for move in moves}
    arns = dict.fromkeys(arn for item in policy.statements for arn in providers_among(item.principal_names))
    return tuple(caller_of(arn, role.arn) for arn in arns if _of_github(arn, issuers))


def _may_concern(policy: Policy, caller: Caller, move: Move) -> bool:
    """Return whether a statement may name the repository: cheap, for accounts with many roles and repositories."""
    subject, workflow = caller.key("sub").lower(), caller.key("job_workflow_ref").lower()
    names = (*move.old_prefixes, move.prefix)
    for statement in policy.statements:
        listed = [value for item in statement.conditions if item.folded_key == subject for value in item.values]
        called = [value for item in statement.conditions if item.folded_key == workflow for value in item.values]
        if not listed or any(_may_begin(value, name) for value in listed for name in names if name):
            return True
        if move.renamed and any(_may_begin(value, move.before.full_name) for value in called):
            return True
    return False


def _may_begin(value: str, name: str) -> bool:
    head = value.partition("*")[0].partition("?")[0].lower()
    return head.startswith(name.lower()) or name.lower().startswith(head)


def _of_github(arn: Arn, issuers: Iterable[str]) -> bool:
    return any(arn.resource_id == issuer or arn.resource_id.startswith(f"{issuer}/") for issuer in issuers)


def trusts_github(document: PolicyDocument, issuer: str) -> bool:
    """Return whether a trust policy names a provider of this issuer, or of an enterprise below it."""
    policy = document.policy
    if isinstance(policy, Unparsable):
        return issuer in document.text
    return any(
        _of_github(arn, (issuer,)) for item in policy.statements for arn in providers_among(item.principal_names)
    )


@dataclass(frozen=True, slots=True)
class _Proof:
    """How a changed policy is judged again: by every token that is known, and by the sets of callers."""

    document: PolicyDocument
    """The trust policy as it is today."""
    callers: tuple[Caller, ...]
    effects: tuple[TokenEffect, ...]

    @property
    def moves(self) -> tuple[Move, ...]:
        """The moves for which the policy has to change."""
        return tuple(dict.fromkeys(effect.move for effect in self.effects if effect.effect.needs_patch))

    def fault_of_both(self, changed: PolicyDocument) -> str:
        """Return why the first step is not proved; empty where it is."""
        if not self._repairs(changed):
            return "no addition was found that admits every subject of afterwards"
        if not self._keeps(changed):
            return "the addition would take somebody's access away"
        for caller in self.callers:
            compared = self._compared(self.document, changed, self.moves[0].after, caller)
            new = [one for one in compared.newly_admitted if not _of_afterwards(one, self.moves)]
            lost = [one for one in compared.no_longer_admitted if not _of_afterwards(one, self.moves)]
            if compared.undecided or new or lost:
                return _why(compared, new, lost)
        return ""

    def fault_of_after(self, both: PolicyDocument, changed: PolicyDocument) -> str:
        """Return why the second step is not proved; empty where it is."""
        if not self._repairs(changed):
            return "a subject of afterwards would be refused"
        for caller in self.callers:
            compared = self._compared(both, changed, self.moves[0].before, caller)
            lost = [one for one in compared.no_longer_admitted if not _of_before(one, self.moves)]
            if compared.undecided or compared.newly_admitted or lost:
                return _why(compared, list(compared.newly_admitted), lost)
        return ""

    def _compared(
        self, before: PolicyDocument, after: PolicyDocument, repository: Repository, caller: Caller
    ) -> TrustComparison:
        """Compare all callers of a provider at once; the repository only names their classes."""
        meant = [_then(effect) for effect in self.effects if effect.effect.needs_patch]
        return compare_trust(before, after, repository, meant=meant, provider_arn=caller.provider_arn)

    def _repairs(self, changed: PolicyDocument) -> bool:
        """Return whether every token of afterwards gets in that should, and none that a Deny holds back today."""
        trust = TrustPolicy(changed.compiled())
        return all(
            self._admits(trust, _then(effect)) == (effect.effect is not Effect.OPENS)
            for effect in self.effects
            if effect.effect.needs_patch or effect.effect is Effect.STAYS
        )

    def _keeps(self, changed: PolicyDocument) -> bool:
        """Return whether every known token that gets in today still does."""
        now, then = TrustPolicy(self.document.compiled()), TrustPolicy(changed.compiled())
        tokens = (claims for effect in self.effects for claims in _now(effect))
        return all(self._admits(then, claims) for claims in tokens if self._admits(now, claims))

    def _admits(self, trust: TrustPolicy, claims: ClaimSet) -> bool:
        return any(trust.ask(claims, caller).outcome is TrustOutcome.ALLOWED for caller in self.callers)


def _then(effect: TokenEffect) -> ClaimSet:
    move, claims = effect.move, effect.token.claims
    return move.afterwards(claims) if effect.token.caller else move.calling_afterwards(claims)


def _now(effect: TokenEffect) -> tuple[ClaimSet, ...]:
    move, claims = effect.move, effect.token.claims
    if not effect.token.caller:
        return (claims,)
    prefixes = (*move.old_prefixes, *(naming.prefix for naming in move.today if naming.prefix))
    return tuple(move.named(claims, prefix) for prefix in dict.fromkeys(prefixes))


def _of_afterwards(found: CallerClass, moves: Iterable[Move]) -> bool:
    """Return whether a class of callers is a moved repository by its subject of afterwards, or calls its workflows there.

    A name alone is not enough: until the move, another repository may have it.
    """
    called = dict(found.claims).get("job_workflow_ref", "")
    return any(
        (move.prefix and f"{found.witness}:".startswith(f"{move.prefix}:"))
        or (move.renamed and called.startswith(f"{move.after.full_name}/"))
        for move in moves
    )


def _of_before(found: CallerClass, moves: Iterable[Move]) -> bool:
    """Return whether a class of callers is a moved repository under a name that it no longer has."""
    called = dict(found.claims).get("job_workflow_ref", "")
    return any(
        any(f"{found.witness}:".startswith(f"{old}:") for old in move.old_prefixes)
        or (move.renamed and called.startswith(f"{move.before.full_name}/"))
        for move in moves
    )


def _why(compared: TrustComparison, new: Sequence[CallerClass], lost: Sequence[CallerClass]) -> str:
    if compared.undecided:
        return f"it cannot be proved who gets in: {compared.undecided[0]}"
    if new:
        return f"it would admit somebody else: {new[0].text}"
    return f"it would shut somebody out: {lost[0].text}"


def _step_one(proof: _Proof, repairs: Sequence[TokenEffect]) -> tuple[PolicyDocument | None, str]:
    """Return the policy for both names, in place where that lets nobody else in, else by statements of its own; or why not."""
    issuers = tuple(caller.issuer for caller in proof.callers)
    why = ""
    for own in (False, True):
        changed = proof.document
        for move in proof.moves:
            mine = [repair for repair in repairs if repair.move == move]
            changed = with_both(changed, move, issuers, mine, holding_back_only=own)
            if own:
                changed = with_own_statements(changed, move, issuers, mine)
        taken = size(changed.text)
        if taken > LARGEST_TRUST_LIMIT:
            return None, f"it would take {taken} characters, and AWS takes {LARGEST_TRUST_LIMIT} at most"
        fault = proof.fault_of_both(changed)
        if not fault:
            return changed, ""
        why = why or fault
    return None, why


def _step_two(proof: _Proof, both: PolicyDocument) -> tuple[PolicyDocument | None, str]:
    """Return the policy without the names of before, and why there is none."""
    issuers = tuple(caller.issuer for caller in proof.callers)
    changed = without_old(both, proof.moves, issuers)
    if changed.tree == both.tree:
        return None, ""
    fault = proof.fault_of_after(both, changed)
    return (None, f"What is left to remove afterwards could not be proved: {fault}.") if fault else (changed, "")


def _pattern_notes(
    policy: Policy, callers: Iterable[Caller], moves: Moves, repairs: Sequence[TokenEffect]
) -> tuple[str, ...]:
    """Tell which patterns stay for others, and what of the repository they no longer cover."""
    notes: dict[str, None] = {}
    for caller in callers:
        for statement in policy.allows:
            for value in statement.listed(caller.key("sub")):
                for move, _ in moves:
                    if is_pattern(value) and _is_shared(value, move):
                        exact = any(repair.move == move for repair in repairs)
                        more = (
                            " The patch lists the subjects that are known to be in use: add every other ref that releases."
                            if exact
                            else ""
                        )
                        notes[
                            f"{statement.name} lists {value}: a pattern that others may use, so it stays as it is. It does "
                            f"not match {move.prefix or 'the subject of afterwards'}.{more}"
                        ] = None
    return tuple(notes)


def _issuer_notes(callers: Iterable[Caller], moves: Moves) -> tuple[str, ...]:
    """Warn where an enterprise's own issuer signs today: another owner's tokens may come from another issuer."""
    transferred = any(move.before.owner != move.after.owner for move, _ in moves)
    own = [
        caller.issuer for caller in callers if transferred and "/" in caller.issuer and is_github_cloud(caller.issuer)
    ]
    return tuple(
        f"The policy trusts {issuer}, an enterprise's own issuer: an owner outside of that enterprise has another one, whose "
        "provider the account needs then."
        for issuer in own
    )


def _is_shared(value: str, move: Move) -> bool:
    """Return whether a pattern takes in the repository today, with others, and not afterwards."""
    literal = any(value.startswith(f"{old}:") for old in (*move.old_prefixes, move.prefix) if old)
    today = any(remainders(value, f"{old}:") for old in move.old_prefixes)
    return today and not literal and not (move.prefix and remainders(value, f"{move.prefix}:"))


def _copy_notes(before: PolicyDocument, both: PolicyDocument) -> tuple[str, ...]:
    """Tell of statements that were added for the exact subjects, where adding names in place would let others in."""
    added = len(both.compiled().statements) - len(before.compiled().statements)
    if not added:
        return ()
    return (
        (
            "A statement of its own is for the subjects of afterwards, since another name in the statement that admits the "
            "repository today would let others in. Where that one lists no subject of the repository's own, those that are "
            "known to be in use are listed: add every other ref that releases."
        ),
    )


def _size_notes(document: PolicyDocument) -> tuple[str, ...]:
    taken = size(document.text)
    if taken <= TRUST_LIMIT:
        return ()
    return (f"The trust policy takes {taken} characters; the quota is {TRUST_LIMIT} unless it was raised.",)
