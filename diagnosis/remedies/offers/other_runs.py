"""Tell which of the resources that are granted only a run like this one uses: their names hold a value of the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from diagnosis.live.other_users import needs_of_any_run
from diagnosis.live.run_claims import RunClaims


def of_other_runs(run: RunClaims, granted: Iterable[tuple[str, str]]) -> str:
    """Say what another run of the workflow would lack, though these ``(action, resource)`` pairs are granted; empty for nothing.

    An exact grant on ``evidence/4711/report.json`` lets a rerun pass, and the next run writes below another name.
    """
    values = _values(run)
    pairs = [(action, resource) for action, resource in granted if any(value in resource for value in values.values())]
    if not pairs:
        return ""
    patterns: dict[str, set[str]] = {}
    for need in needs_of_any_run(run):
        if need.resource and need.resource != "*" and "*" in need.resource:
            patterns.setdefault(need.action, set()).add(need.resource)
    found: dict[str, str] = {}
    for action, resource in pairs:
        for pattern in sorted(patterns.get(action, ())):
            name = _value_behind(pattern, resource, values)
            if name is not None:
                found[pattern] = name
    said = "; ".join(
        f"one with another `{name}` uses another name in {pattern}" for pattern, name in sorted(found.items())
    )
    return f"That later runs succeed: {said}. Grant that pattern if they are to pass too." if said else ""


def _values(run: RunClaims) -> Mapping[str, str]:
    """Return what a run is given anew, by the expression that names it."""
    attempt = run.attempt
    own = {
        "github.run_id": str(attempt.run_id),
        "github.run_number": str(attempt.run_number),
        "github.sha": attempt.head_sha,
    }
    inputs = {f"inputs.{name}": value for name, value in run.replay.inputs}
    return {name: value for name, value in (inputs | own).items() if value}


def _value_behind(pattern: str, resource: str, values: Mapping[str, str]) -> str | None:
    """Return which value stands in the resource where the pattern is open for the first time; None where none does."""
    prefix = pattern.partition("*")[0]
    rest = resource.removeprefix(prefix)
    if not resource.startswith(prefix):
        return None
    fitting = [name for name, value in values.items() if rest.startswith(value)]
    return max(fitting, key=lambda name: len(values[name]), default=None)
