"""Find who else may push to the release's repositories by their own policies: whole accounts, or everybody on a condition."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.evidence import Evidence, EvidenceKind, Origin
from diagnosis.facts.reading import Known
from diagnosis.names.arn import is_account_id
from diagnosis.policy.language.matching import action_matcher
from diagnosis.policy.language.tree import Json, as_list, statements
from diagnosis.policy.principal_view import PrincipalKind, view_principal

_PUSHES = ("ecr:putimage", "ecr:completelayerupload", "ecr:uploadlayerpart", "ecr:initiatelayerupload")
"""As actions are compared, in small letters."""


@dataclass(frozen=True, slots=True)
class OtherPushers:
    """A statement that lets more push than the release."""

    who: str
    """As a noun phrase."""
    conditional: bool
    """Whether it holds on conditions only, so that it is not said who that is."""
    evidence: Evidence


def other_pushers(account: AccountState) -> tuple[OtherPushers, ...]:
    """Return every statement that lets a whole account, or everybody, push; a principal named by itself is none."""
    own = {account.question.registry_id, account.question.role_account}
    policies = [account.repository_policy, *(each.policy for each in account.repositories)]
    return tuple(
        found for reading in policies if isinstance(reading, Known) for found in _of_policy(reading.value, own, account)
    )


def _of_policy(policy: NamedPolicy, own: set[str | None], account: AccountState) -> Iterator[OtherPushers]:
    for statement in statements(policy.document.tree):
        if statement.get("Effect") != "Allow" or not _lets_push(statement):
            continue
        who = _whoever(statement, own)
        if who:
            sid = statement.get("Sid")
            text = f"{policy.name}{f', {sid}' if isinstance(sid, str) and sid else ''}: {who} may push"
            proof = Evidence(EvidenceKind.POLICY, text, "ecr:GetRepositoryPolicy", Origin.LIVE, account.read_at)
            yield OtherPushers(who, bool(statement.get("Condition")), proof)


def _lets_push(statement: dict[str, Json]) -> bool:
    if "NotAction" in statement:
        excluded = action_matcher(_texts(statement["NotAction"]))
        return any(not excluded(action) for action in _PUSHES)
    granted = action_matcher(_texts(statement.get("Action")))
    return any(granted(action) for action in _PUSHES)


def _whoever(statement: dict[str, Json], own: set[str | None]) -> str:
    """Return who gets in that is not named by itself; empty where there is nobody."""
    if "NotPrincipal" in statement:
        return "everybody but a few"
    principal = statement.get("Principal")
    if isinstance(principal, str):
        return "everybody" if principal == "*" else ""
    for kind, named in principal.items() if isinstance(principal, dict) else ():
        for text in _texts(named):
            if text == "*":
                return "everybody"
            other = _account_of(text) if kind == "AWS" else ""
            if other and other not in own:
                return f"everybody in account {other}"
    return ""


def _account_of(text: str) -> str:
    """Return the account that a principal stands for as a whole; empty for one that is named by itself."""
    if is_account_id(text):
        return text
    view = view_principal(text)
    return view.account if view.kind is PrincipalKind.ROOT else ""


def _texts(value: Json) -> Sequence[str]:
    return [each for each in as_list(value) if isinstance(each, str)]
