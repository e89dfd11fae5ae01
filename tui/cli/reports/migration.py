"""Print a migration plan: subjects today and afterwards, what breaks at which statement, and the two steps."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding

from diagnosis.documents.migration import step_object
from diagnosis.gates import Verdict
from diagnosis.migration.effects import Effect
from diagnosis.migration.plan import Migration, RepositoryPlan
from diagnosis.migration.role_plan import RolePlan
from tui.cli.console import Text, printable
from tui.cli.reports.endpoints import show_endpoints

RENDERINGS = {
    "difference": "unified difference",
    "document": "policy document",
    "cli": "AWS CLI",
    "terraform": "Terraform",
    "cloudformation": "CloudFormation",
}
"""How a step may be shown."""
_MEMBERS = {"difference": "difference", "cli": "aws_cli", "terraform": "terraform", "cloudformation": "cloudformation"}
_STYLES = {
    Effect.BREAKS: "bold red",
    Effect.BROKEN: "bold red",
    Effect.OPENS: "bold red",
    Effect.UNKNOWN: "yellow",
    Effect.STAYS: "green",
}
_WORDS = {
    Effect.BREAKS: "breaks",
    Effect.BROKEN: "is refused already",
    Effect.OPENS: "slips past a Deny",
    Effect.UNKNOWN: "unknown",
    Effect.STAYS: "stays",
}
_MOST = 12


def show(plan: Migration, console: Console, renderings: Sequence[str]) -> None:
    """Print the whole plan; ``renderings`` are those of :data:`RENDERINGS` in which each step is shown."""
    show_endpoints(plan.endpoints, console)
    for item in plan.repositories:
        _repository(item, console)
    console.print()
    _head(console, f"{len(plan.roles)} of {plan.looked_at} roles that were looked at admit these repositories")
    for role in plan.roles:
        _role(role, console, renderings)
    if plan.missing:
        console.print()
        _head(console, "Not known")
        for missing in plan.missing:
            needs = f" (needs {missing.permission})" if missing.permission else ""
            _line(console, f"? {missing.what}: {missing.why}. To obtain it: {missing.how}{needs}", "yellow")
    console.print()
    words = {Verdict.PASS: "Nothing breaks.", Verdict.FAIL: "A trust policy has to change first."}
    _head(console, f"{plan.verdict.sign} {words.get(plan.verdict, 'Unknown remains.')}")


def _repository(plan: RepositoryPlan, console: Console) -> None:
    move = plan.move
    renamed = f" → {move.after.full_name}" if move.renamed else ""
    console.print()
    _head(console, f"{move.before.full_name}{renamed}")
    today = " or ".join(naming.prefix or "(ids not known)" for naming in move.today)
    _line(console, f"subjects today begin with {today}: {move.today[0].why}")
    _line(console, f"subjects afterwards begin with {move.prefix or '(not known: an id is missing)'}")
    for change in plan.subjects[:_MOST]:
        _line(console, f"{' or '.join(change.today)}")
        _line(console, f"  → {change.after or 'not known'}   ({change.sources[0]})", "cyan")
    if len(plan.subjects) > _MOST:
        _line(console, f"and {len(plan.subjects) - _MOST} more (--json lists all)")


def _role(plan: RolePlan, console: Console, renderings: Sequence[str]) -> None:
    console.print()
    _head(console, str(plan.role.arn))
    for effect in plan.effects[:_MOST]:
        subject = effect.after_shown or " or ".join(effect.today_shown) or effect.repository
        caller = "" if effect.token.caller else f" ({effect.token.source})"
        where = f" [{effect.statement}]" if effect.statement else ""
        _line(console, f"{_WORDS[effect.effect]}: {subject}{caller}{where}", _STYLES[effect.effect])
        if effect.effect is not Effect.STAYS:
            _line(console, f"  {effect.reason}")
    if len(plan.effects) > _MOST:
        _line(console, f"and {len(plan.effects) - _MOST} more (--json lists all)")
    for note in plan.notes:
        _line(console, f"! {note}", "yellow")
    for number in (1, 2):
        step = step_object(plan, number)
        if not step:
            continue
        console.print()
        _line(console, f"Step {number}, {step['when']}", "bold")
        for rendering in renderings:
            if len(renderings) > 1:
                _line(console, f"{RENDERINGS[rendering]}:")
            _block(console, _text(plan, number, rendering))


def _text(plan: RolePlan, number: int, rendering: str) -> str:
    if rendering == "document":
        document = plan.both if number == 1 else plan.after
        return document.text if document else ""
    return str(step_object(plan, number)[_MEMBERS[rendering]])


def _block(console: Console, text: str) -> None:
    """Print text that is to be copied: as it is, line by line, never wrapped."""
    for line in text.splitlines():
        console.print(Text(printable(line)), soft_wrap=True)


def _head(console: Console, text: str) -> None:
    console.print(Text(printable(text), style="bold"))


def _line(console: Console, text: str, style: str = "default") -> None:
    console.print(Padding(Text(printable(text), style=style), (0, 0, 0, 2)))
