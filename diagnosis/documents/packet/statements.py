"""Quote the statement of a policy that decided a gate today, or came nearest: cut to a few lines, never the document."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from diagnosis.documents.packet.content import Quote
from diagnosis.facts.account import AccountState, NamedPolicy
from diagnosis.facts.evidence import Evidence, EvidenceKind
from diagnosis.facts.reading import Known, Reading
from diagnosis.gates import Gate
from diagnosis.policy.language.tree import WEB_IDENTITY_ACTION, Json, JsonObject, as_list, conditions, statements
from diagnosis.verdicts.assessment import Assessment
from diagnosis.verdicts.gate_verdict import GateVerdict

MOST_QUOTES = 8
MOST_OF_A_GATE = 3
MOST_VALUES = 5
"""Values of one element that are quoted."""
LONGEST_VALUE = 160
_MOST_CONDITIONS = 6

_PLACE = re.compile(
    r"(identity_policies|permission_boundaries|resource_policy|scps|rcps)((?:\[\d+\]|\.policies)*)\.Statement\[(\d+)\]"
)
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\[(\d+)\]")
_ELEMENTS = ("Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource")


def quotes_of(live: Assessment | None) -> tuple[Quote, ...]:
    """Return the statements that decided, each once: of the gates in their order, session by session."""
    if live is None:
        return ()
    views = [(each.gates, live.account.of_role(each.role_arn)) for each in live.sessions]
    found: dict[tuple[str, ...], Quote] = {}
    of_gate: dict[Gate, int] = {}
    for verdicts, account in views or [(live.gates, live.account)]:
        for verdict in verdicts:
            for quote in _quotes_at(verdict, account):
                key = (quote.gate.value, quote.policy, quote.statement, *quote.lines)
                if key not in found and of_gate.get(quote.gate, 0) < MOST_OF_A_GATE and len(found) < MOST_QUOTES:
                    of_gate[quote.gate] = of_gate.get(quote.gate, 0) + 1
                    found[key] = quote
    return tuple(sorted(found.values(), key=lambda quote: quote.gate.order))


def _quotes_at(verdict: GateVerdict, account: AccountState) -> Iterator[Quote]:
    if verdict.gate is Gate.ROLE_ASSUMPTION:
        yield from _of_trust(verdict, account)
        return
    for evidence in verdict.evidence:
        if evidence.kind is EvidenceKind.POLICY and (place := _PLACE.fullmatch(evidence.address or "")):
            found = _statement_at(place, account)
            if found is not None:
                yield _quote(verdict.gate, *found, evidence.text)


def _of_trust(verdict: GateVerdict, account: AccountState) -> Iterator[Quote]:
    """Yield the statements of the trust policy that speak of tokens: the one that the reason names, or all."""
    if not isinstance(account.role, Known):
        return
    policy = f"trust policy of role {account.role.value.name}"
    items = list(enumerate(statements(account.role.value.trust_policy.tree)))
    of_tokens = [
        (number, item) for number, item in items if WEB_IDENTITY_ACTION in map(str, as_list(item.get("Action")))
    ]
    named = [(number, item) for number, item in of_tokens if _named(item, verdict.evidence)]
    for number, item in named or of_tokens:
        yield _quote(verdict.gate, policy, number, item, verdict.reason)


def _named(statement: JsonObject, evidence: Sequence[Evidence]) -> bool:
    return any(statement.get("Sid") in _WORD.findall(each.text) for each in evidence)


def _statement_at(place: re.Match[str], account: AccountState) -> tuple[str, int, JsonObject] | None:
    """Return the policy's name, the number and the statement that a place names; None where it cannot be told."""
    numbers = [int(number) for number in _NUMBER.findall(place[2])]
    policy = _policy_at(place[1], numbers, account)
    number = int(place[3])
    if policy is None:
        return None
    items = statements(policy[1].document.tree)
    # A statement that is no object was left out: then the numbers are not those of the document.
    whole = len(items) == len(as_list(policy[1].document.tree.get("Statement")))
    return (policy[0], number, items[number]) if whole and number < len(items) else None


def _policy_at(name: str, numbers: Sequence[int], account: AccountState) -> tuple[str, NamedPolicy] | None:
    if name == "identity_policies" and len(numbers) == 1:
        parts = (account.inline_policies, account.attached_policies)
        own = [policy for reading in parts for policy in _known(reading)]
        # The place counts the policies that were read: with a part unread another stands in its place.
        readable = all(isinstance(reading, Known) for reading in parts)
        return _nth("policy", own, numbers[0]) if readable else None
    if name == "permission_boundaries" and isinstance(account.boundary, Known) and numbers == [0]:
        return f"permissions boundary {account.boundary.value.name}", account.boundary.value
    if name in ("scps", "rcps") and len(numbers) == 2:
        levels = account.scps if name == "scps" else account.rcps
        kind = "service control policy" if name == "scps" else "resource control policy"
        listed = levels.value if isinstance(levels, Known) else ()
        return _nth(kind, listed[numbers[0]].policies, numbers[1]) if numbers[0] < len(listed) else None
    return None


def _known(reading: Reading[tuple[NamedPolicy, ...]]) -> tuple[NamedPolicy, ...]:
    return reading.value if isinstance(reading, Known) else ()


def _nth(kind: str, policies: Sequence[NamedPolicy], number: int) -> tuple[str, NamedPolicy] | None:
    return (f"{kind} {policies[number].name}", policies[number]) if number < len(policies) else None


def _quote(gate: Gate, policy: str, number: int, statement: JsonObject, decides: str) -> Quote:
    cut = False
    lines = [f"Effect: {statement.get('Effect', '')}"]
    for element in _ELEMENTS:
        if element in statement:
            words, shortened = _values(_flat(statement[element]))
            lines.append(f"{element}: {words}")
            cut |= shortened
    for position, (operator, key, values) in enumerate(conditions(statement)):
        if position == _MOST_CONDITIONS:
            cut = True
            break
        words, shortened = _values(values)
        lines.append(f"Condition: {operator} {key}: {words}")
        cut |= shortened
    sid = statement.get("Sid")
    return Quote(
        gate, policy, str(sid) if sid else f"Statement[{number}]", tuple(lines), cut, " ".join(decides.split())
    )


def _flat(value: Json) -> list[str]:
    """Return the values of an element as texts; of principals, each with its kind."""
    if isinstance(value, dict):
        return [f"{kind} {item}" for kind, items in value.items() for item in as_list(items)]
    return [str(item) for item in as_list(value)]


def _values(values: Sequence[str]) -> tuple[str, bool]:
    shown = [value if len(value) <= LONGEST_VALUE else f"{value[:LONGEST_VALUE]}…" for value in values[:MOST_VALUES]]
    more = len(values) - len(shown)
    cut = more > 0 or any(len(value) > LONGEST_VALUE for value in values[:MOST_VALUES])
    return ", ".join(shown) + (f", and {more} more" if more > 0 else ""), cut
