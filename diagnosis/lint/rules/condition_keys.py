"""Condition keys that do not exist, or that no request of the statement carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from diagnosis.lint.catalogue import find_key, global_keys, keys_for_action, keys_of, nearest, services
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.providers import Provider, providers_of
from diagnosis.lint.rule import Rule
from diagnosis.policy import Condition, Effect, PolicyKind, Statement, action_facts
from diagnosis.trust.request_keys import KeyPresence, key_presence

_OTHER_PREFIXES = ("saml", "ldap")
"""Prefixes of keys that come from a federation and belong to no service."""
_FAMILIES = ("principaltag", "requesttag", "resourcetag")


def keys(document: LintedDocument) -> Iterator[Finding]:
    """Find keys that do not exist, are never carried, or belong to none of the statement's actions."""
    for statement in document.policy.statements:
        providers = _only_tokens(document, statement)
        for condition in statement.conditions:
            place = document.condition(statement, condition)
            found = _never_carried(statement, condition, providers, place) if providers else None
            found = found or _form(condition, place) or _unknown(condition, place)
            found = found or _of_other_actions(statement, condition, place)
            if found is not None:
                yield found


def _only_tokens(document: LintedDocument, statement: Statement) -> tuple[Provider, ...]:
    """Return the OIDC providers of a trust statement that names nobody else."""
    if document.kind is not PolicyKind.TRUST or statement.principals is None:
        return ()
    providers = providers_of(statement)
    return providers if len(providers) == len(statement.principals.entries) else ()


def _never_carried(
    statement: Statement, condition: Condition, providers: Sequence[Provider], place: Place
) -> Finding | None:
    """Judge a key by the tokens of the statement's providers."""
    presences = [found for each in providers if (found := _presence(condition.key, each)) is not None]
    if len(presences) < len(providers) or not all(found.absent for found in presences):
        return None
    met = presences[0]
    absence_holds = not _needs_key(condition)
    meant = next((found.meant for found in presences if found.meant), None)
    correction = f'Write "{meant}" in its place, or remove the condition.' if meant else "Remove the condition."
    if meant and any(each.folded_key == meant.lower() for each in statement.conditions):
        correction = "Remove the condition."
    if absence_holds or statement.effect is Effect.DENY:
        effect = "says nothing" if absence_holds else "is never met, so the Deny never applies"
        return Finding(
            Rule.KEY_WITHOUT_EFFECT, place, f"{met.reason} The condition on {condition.key[:80]} {effect}.", correction
        )
    sentence = f"{met.reason} No request carries {condition.key[:80]}, so the statement admits nobody."
    return Finding(Rule.KEY_NOT_CARRIED, place, sentence, correction)


def _presence(key: str, provider: Provider) -> KeyPresence | None:
    """Return what is known of a key in requests with the provider's tokens; None where nothing is."""
    if provider.is_github:
        return key_presence(key, provider.issuer)
    prefix = key.rpartition(":")[0].lower()
    if ("." in prefix or "/" in prefix) and prefix != provider.issuer.lower():
        return key_presence(key, provider.issuer)
    return None


def _needs_key(condition: Condition) -> bool:
    """Return whether the condition fails where the key is absent."""
    return condition.test({}).value != "matched"


def _form(condition: Condition, place: Place) -> Finding | None:
    key = condition.key
    correction = "Write the key as prefix:Name, such as aws:SourceIp, without spaces."
    if ":" not in key or any(sign.isspace() for sign in key.partition("/")[0]) or key.strip() != key:
        return Finding(Rule.KEY_FORM, place, f"{key[:80]!r} is no condition key, so no request carries it.", correction)
    prefix, _, name = condition.folded_key.partition(":")
    if prefix == "aws" and name.rstrip("/") in _FAMILIES:
        sentence = f"{key[:80]} names no tag, so no request carries it."
        return Finding(
            Rule.KEY_FORM, place, sentence, f"Write the tag's key behind a slash: {key.rstrip('/')[:80]}/KEY."
        )
    return None


def _unknown(condition: Condition, place: Place) -> Finding | None:
    prefix, _, name = condition.key.partition(":")
    folded = prefix.lower()
    if "." in prefix or "/" in prefix or folded in _OTHER_PREFIXES:
        return None
    known = global_keys() if folded == "aws" else keys_of(folded)
    if find_key(condition.key, known) is not None:
        return None
    if folded != "aws" and folded not in services():
        return _unknown_prefix(condition, folded, name, place)
    written = condition.key.partition("/")[0]
    near = nearest(written, {each.partition("/")[0] for each in known})
    if near and near.lower() == written.lower():
        near = None
    tag = condition.key[len(written) :]
    if near:
        meant = f"{near}{tag if any(each.startswith(f'{near}/') for each in known) else ''}"
        sentence = f"The condition key {condition.key[:80]} does not exist; {meant} is meant."
        return Finding(Rule.KEY_UNKNOWN, place, sentence, f"Write {meant}.")
    sentence = f"AWS documents no condition key {condition.key[:80]}; unless it is new, no request carries it."
    return Finding(Rule.KEY_UNDOCUMENTED, place, sentence, "Look the key up, and correct or remove the condition.")


def _unknown_prefix(condition: Condition, prefix: str, name: str, place: Place) -> Finding:
    meant = None
    for service in ("aws", *(each for each in services() if nearest(prefix, (each,)))):
        known = global_keys() if service == "aws" else keys_of(service)
        if (service != "aws" or nearest(prefix, ("aws",))) and find_key(f"{service}:{name}", known):
            meant = f"{service}:{name}"
            break
    if meant:
        sentence = f"The condition key {condition.key[:80]} does not exist; {meant} is meant."
        return Finding(Rule.KEY_UNKNOWN, place, sentence, f"Write {meant}.")
    sentence = f"No service has the prefix {prefix[:40]}, so unless it is new no request carries {condition.key[:80]}."
    return Finding(Rule.KEY_UNDOCUMENTED, place, sentence, "Look the key up, and correct or remove the condition.")


def _of_other_actions(statement: Statement, condition: Condition, place: Place) -> Finding | None:
    """Find a service's key that none of the statement's actions knows; silent where one of them cannot be told."""
    service = condition.folded_key.partition(":")[0]
    if service in ("aws", "sts") or statement.actions.negated or not statement.actions.patterns:
        return None
    known = find_key(condition.key, keys_of(service))
    if known is None:
        return None
    for pattern in statement.actions.patterns:
        carried = keys_for_action(pattern) if action_facts(pattern) else None
        if carried is None or known[0].lower() in carried:
            return None
    actions = ", ".join(statement.actions.patterns[:4])
    return Finding(
        Rule.KEY_NOT_FOR_ACTION,
        place,
        f"Requests of {actions[:160]} do not carry {condition.key[:80]}, by AWS's list of the keys of each action.",
        "Put the actions into a statement without this condition, or use a key that they carry.",
    )
