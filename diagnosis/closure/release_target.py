"""Keep the attempts of one release target together, where a workflow releases to several by input, matrix or ref.

What an attempt releases to is known once it was replayed. Where the same workflow text went elsewhere, its inputs or its ref
chose another target: that attempt is of another chain. Where the text was changed in between, the change is part of the chain,
since another target may be the remedy. An attempt whose target is not known stays.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis.facts.reading import Known
from diagnosis.facts.runs import Attempt
from diagnosis.verdicts.gate_verdict import Missing
from diagnosis.verdicts.replay import Replay

_CHOSEN = re.compile(r"\b(?:inputs|matrix|github\.event)\b")
"""What whoever starts a run chooses under one text; variables and secrets are settings, which a remedy may change."""
_CHOSEN_BY_REF = re.compile(r"\bgithub\.(?:ref|ref_name|head_ref|base_ref)\b")
_ENVIRONMENT = "environment"


@dataclass(frozen=True, slots=True)
class OneTarget:
    """A chain of one target, and what was set apart from it."""

    replays: tuple[Replay, ...]
    apart: tuple[Missing, ...] = ()


def of_one_target(replays: Sequence[Replay], selected: tuple[int, int] | None) -> OneTarget:
    """Return the attempts of the selected one's target (None: the latest's whose target is known), and of no known target."""
    known = [replay for replay in replays if _is_known(replay)]
    own = next((replay for replay in known if replay.attempt.key == selected), None)
    if own is None and selected is not None and any(replay.attempt.key == selected for replay in replays):
        return OneTarget(tuple(replays))  # the selected one's own target is not known
    own = own or (known[-1] if known else None)
    if own is None:
        return OneTarget(tuple(replays))
    other = [replay for replay in known if _differs(own, replay)]
    if not other:
        return OneTarget(tuple(replays))
    kept = tuple(replay for replay in replays if replay not in other)
    apart = [
        Missing(
            f"run {replay.attempt.run_id}, attempt {replay.attempt.attempt}",
            f"the same workflow released to {_words(replay)}, not to {_words(own)}: it is of another chain",
            "choose that run",
        )
        for replay in other
    ]
    apart += [
        Missing(
            f"where run {replay.attempt.run_id}, attempt {replay.attempt.attempt}, would have released",
            "it does not tell, so it stays in this chain of its workflow",
            "leave it out of the chain if it does not belong to it",
        )
        for replay in kept
        if not _is_known(replay)
    ]
    return OneTarget(kept, tuple(apart))


def _target(replay: Replay) -> dict[str, str]:
    """Return what is known of where an attempt releases to."""
    facts = replay.facts
    told = {
        "ECR repository": facts.repository.value if facts.repository else None,
        "registry": str(facts.registry.value) if facts.registry else None,
        "account": facts.role_arn.value.account if facts.role_arn and facts.role_arn.value.has_account else None,
        _ENVIRONMENT: facts.environment.value if facts.environment else None,
    }
    return {name: value for name, value in told.items() if value}


def _is_known(replay: Replay) -> bool:
    """Return whether more is known of an attempt's target than an account, in which many may lie."""
    return bool(_target(replay).keys() - {"account"})


def _differs(one: Replay, other: Replay) -> bool:
    first, second = _target(one), _target(other)
    elsewhere = {name for name in first.keys() & second.keys() if first[name] != second[name]}
    text = _same_text(one.attempt, other.attempt)
    if not elsewhere or text is None:
        return False
    if _CHOSEN.search(text):
        return True
    # To run on another ref may be the remedy of a refused one: an environment that follows the ref alone is no other target.
    return elsewhere != {_ENVIRONMENT} and _CHOSEN_BY_REF.search(text) is not None


def _same_text(one: Attempt, other: Attempt) -> str | None:
    """Return the text of the workflow where both ran the same; None where it differs, or was not read."""
    if not isinstance(one.workflow_file, Known) or not isinstance(other.workflow_file, Known):
        return None
    text = one.workflow_file.value.text
    return text if text == other.workflow_file.value.text else None


def _words(replay: Replay) -> str:
    return ", ".join(f"{name} {value}" for name, value in _target(replay).items())
