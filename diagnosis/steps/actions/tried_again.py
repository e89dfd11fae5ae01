"""Read the actions that run another one until it succeeds. Source: README.md of Wandalen/wretry.action."""

from __future__ import annotations

from diagnosis.facts.uses import SELF
from diagnosis.steps.actions.action_use import ActionUse
from diagnosis.steps.yaml_text import text_of, yaml_mapping

_TRIES_AGAIN = frozenset({"wandalen/wretry.action"})


def tries_again(use: ActionUse) -> bool:
    """Return whether an action runs another one, which an input names."""
    return use.repository in _TRIES_AGAIN and use.given("action")


def inner_action(use: ActionUse) -> ActionUse | None:
    """Return the action that is run, with the inputs that it is given as YAML; None where that cannot be read."""
    given = yaml_mapping(use.text("with"))
    inner = ActionUse(
        use.text("action"), {name.lower(): text_of(value) or "" for name, value in given.items()}, use.values, use.files
    )
    unread = bool(use.given("with") and not given)
    return None if unread or inner.uses.startswith(("./", "../", SELF)) or inner.repository in _TRIES_AGAIN else inner
