"""Actions and resources of one statement that do not belong together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from diagnosis.lint.catalogue import WELL_KNOWN
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.finding import Finding
from diagnosis.lint.places import Place
from diagnosis.lint.rule import Rule
from diagnosis.lint.rules.arns import is_faulty, meets_form, reaches_on
from diagnosis.names.arn_pattern import ArnPattern
from diagnosis.policy import ActionFacts, Effect, Statement, action_facts
from diagnosis.policy.language.actions import forms_for_action
from diagnosis.policy.language.matching import matches_everything, names_no_resource

_LOGIN = "ecr:getauthorizationtoken"
_LOGINS = (_LOGIN, "ecr-public:getauthorizationtoken", "sts:getservicebearertoken")
_BUCKET = "${BucketName}"


def action_resources(document: LintedDocument) -> Iterator[Finding]:
    """Find actions without resource level on an ARN, and actions that work on none of the statement's resources."""
    for statement in document.policy.statements:
        resources = statement.resources
        if resources is None or resources.negated or resources.everything or not resources.patterns:
            continue
        if statement.actions.negated:
            continue
        for pattern, place in document.actions(statement):
            facts = None if set(pattern) & {"*", "?"} else action_facts(pattern)
            if facts is not None and not facts.has_resource_level:
                yield _needs_star(facts, statement, place, alone=_is_void(statement))
            elif facts is not None and not any(
                works_on(facts.name, text) or is_faulty(text, document.kind) for text in resources.patterns
            ):
                yield _no_resource(facts, statement, place, alone=len(statement.actions.patterns) == 1)


def _is_void(statement: Statement) -> bool:
    """Return whether no action of the statement has a resource level, so that the whole of it has no effect."""
    found = [None if set(each) & {"*", "?"} else action_facts(each) for each in statement.actions.patterns]
    return all(facts is not None and not facts.has_resource_level for facts in found)


def _needs_star(facts: ActionFacts, statement: Statement, place: Place, *, alone: bool) -> Finding:
    verb = "grants" if statement.effect is Effect.ALLOW else "denies"
    # Beside others such an action is often a leftover of a list; a login is never that.
    grave = facts.name.lower() in _LOGINS or (alone and facts.service in WELL_KNOWN)
    return Finding(
        Rule.ACTION_NEEDS_STAR if grave else Rule.ACTION_WITHOUT_RESOURCE,
        place,
        f'{facts.name} has no resource level: the statement names ARNs and {verb} it nowhere; only Resource "*" counts.',
        f'Move {facts.name} into a statement of its own with "Resource": "*".',
    )


def _no_resource(facts: ActionFacts, statement: Statement, place: Place, *, alone: bool) -> Finding:
    verb = "grants" if statement.effect is Effect.ALLOW else "denies"
    kinds = ", ".join(facts.resource_types[:4])
    grave = facts.service in WELL_KNOWN or (alone and facts.service == "s3")
    return Finding(
        Rule.ACTION_RESOURCE if grave else Rule.ACTION_RESOURCE_UNDOCUMENTED,
        place,
        f"{facts.name} works on resources of the type {kinds}, and none of the statement's ARNs is one: it {verb} nothing.",
        f"Add the ARN that is meant: {' or '.join(_written(form) for form in forms_for_action(facts.name)[:2])}.",
    )


def _written(form: str) -> str:
    return form.replace("${", "").replace("}", "")


def works_on(action: str, text: str) -> bool:
    """Return whether some resource of the action's types has an ARN that the pattern matches; True where that is not known."""
    return _works_on(forms_for_action(action), text)


@lru_cache(maxsize=16384)
def _works_on(forms: tuple[str, ...], text: str) -> bool:
    arn = ArnPattern.parse(text)
    if not forms or arn is None or names_no_resource(text, complete=True) or matches_everything(text):
        return True
    if reaches_on(arn):
        return True
    whole = arn.completed()
    return any(meets_form(whole, form) and not _inside_bucket(form, whole) for form in forms)


def _inside_bucket(form: str, arn: ArnPattern) -> bool:
    """Return whether the pattern names objects and the form a bucket, whose name holds no slash."""
    known = ArnPattern.parse(form)
    return known is not None and known.resource == _BUCKET and "/" in arn.resource


def login_left_out(document: LintedDocument) -> Iterator[Finding]:
    """Find ``ecr:*`` on an ARN in a document that grants the login to the registry nowhere."""
    allows = document.policy.allows
    if any(item.actions.covers(_LOGIN) and item.resources and item.resources.everything for item in allows):
        return
    for statement in allows:
        if statement.resources is None or statement.resources.everything or statement.resources.negated:
            continue
        for pattern, place in document.actions(statement):
            if not statement.actions.negated and pattern.lower() == "ecr:*":
                yield Finding(
                    Rule.TOKEN_LEFT_OUT,
                    place,
                    "ecr:* on an ARN does not grant ecr:GetAuthorizationToken, which has no resource level: it allows no login.",
                    'Add a statement that allows ecr:GetAuthorizationToken on "*", unless another policy does.',
                )
