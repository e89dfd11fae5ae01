"""A migration plan as a JSON document: the documented, versioned schema of ``planescope migrate --json``."""

from __future__ import annotations

from diagnosis.documents.diagnosis import endpoint_objects
from diagnosis.documents.json_values import Json, Object, strings
from diagnosis.migration.effects import TokenEffect
from diagnosis.migration.plan import Migration, RepositoryPlan
from diagnosis.migration.role_plan import RolePlan
from diagnosis.policy import PolicyDocument
from diagnosis.remedies.edits.policy_patch import difference
from diagnosis.remedies.edits.trust_edit import rendered_trust

SCHEMA = "planescope.migration/1"


def document(plan: Migration) -> Object:
    """Return the whole plan as plain JSON values."""
    return {
        "schema": SCHEMA,
        "verdict": plan.verdict.value,
        "endpoints": endpoint_objects(plan.endpoints),
        "repositories": [_repository(item) for item in plan.repositories],
        "roles_looked_at": plan.looked_at,
        "roles": [_role(item) for item in plan.roles],
        "unknown": [
            {"what": item.what, "why": item.why, "how": item.how, "permission": item.permission}
            for item in plan.missing
        ],
    }


def _repository(plan: RepositoryPlan) -> Json:
    move = plan.move
    return {
        "repository": move.before.full_name,
        "afterwards": move.after.full_name,
        "prefix_today": strings(naming.prefix for naming in move.today if naming.prefix),
        "prefix_afterwards": move.prefix or None,
        "why_today": move.today[0].why,
        "subjects": [
            {"today": strings(change.today), "afterwards": change.after, "seen_in": strings(change.sources)}
            for change in plan.subjects
        ],
        "assumes": [
            {
                "workflow": use.workflow,
                "job": use.job,
                "role": str(use.role) if use.role else None,
                "written": use.written,
            }
            for use in plan.role_uses
        ],
    }


def _role(plan: RolePlan) -> Json:
    return {
        "role": str(plan.role.arn),
        "breaks": plan.breaks,
        "effects": [_effect(effect) for effect in plan.effects],
        "notes": strings(plan.notes),
        "steps": [step_object(plan, number) for number in (1, 2) if step_of(plan, number)],
    }


def _effect(effect: TokenEffect) -> Json:
    return {
        "repository": effect.repository,
        "effect": effect.effect.value,
        "today": strings(effect.today_shown),
        "afterwards": effect.after_shown,
        "statement": effect.statement,
        "reason": effect.reason,
        "seen_in": effect.token.source,
    }


def step_of(plan: RolePlan, number: int) -> tuple[PolicyDocument, PolicyDocument] | None:
    """Return the trust policy before and after a step (1: both forms, 2: that of afterwards alone); None where it has none."""
    if plan.both is None or (number == 2 and plan.after is None):
        return None
    if number == 1:
        return plan.role.trust_policy, plan.both
    return (plan.both, plan.after) if plan.after else None


def step_object(plan: RolePlan, number: int) -> Object:
    """Return one step as policy document, difference, and text for AWS CLI, Terraform and CloudFormation."""
    pair = step_of(plan, number)
    if pair is None:
        return {}
    before, after = pair
    told = rendered_trust(plan.role, after)
    changed = difference(before, after, f"trust policy of {plan.role.name}")
    return {
        "step": number,
        "when": when(number),
        "trust_policy": dict(after.tree),
        # What stands before the second step is what the first one made.
        "difference": changed.replace(" (now)", " (after step 1)", 1) if number > 1 else changed,
        "aws_cli": told.aws_cli,
        "terraform": told.terraform,
        "cloudformation": told.cloudformation,
    }


def when(number: int) -> str:
    """Return when a step is to be made."""
    if number == 1:
        return (
            "before the change, at once where it is refused already: it admits the subjects of today and of afterwards"
        )
    return "once a run has presented a subject of afterwards (CloudTrail shows it): it leaves those of afterwards alone"
