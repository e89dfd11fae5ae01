"""Read where an evidence file says that something went wrong: ``"verified": false``, ``"status": "failed"``, ``"exit_code": 1``.

That all went well is never read here. A word that says it may stand anywhere; what counts is measured.
"""

from __future__ import annotations

import re

from diagnosis.closure.evidence.member_words import OTHERS_WORDS, listed
from diagnosis.closure.evidence.said import Whose

_NAMES = listed("verdict result status outcome conclusion overall decision state")
"""Members whose text says how something went."""
_FAILED = listed("fail fails failed failing failure error errored unsuccessful invalid broken false nok ko timedout")
"""What such a text says of something that went wrong, whatever it was."""
_STOPPED = listed("denied rejected refused blocked red cancelled canceled aborted no unverified notverified notok")
"""What it says of the release only where it certainly speaks of it: that a probe is denied may be what was wanted."""
_GOOD = listed(
    "pass passed success succeeded successful ok verified validated valid consistent compliant result verdict outcome"
)
"""Members that say with ``false`` that something went wrong."""
_GOOD_OF_THE_RELEASE = listed("published pushed completed matches matched match")
"""The same, only where they certainly speak of the release: mirrors need not be pushed to, and that a scan matched is no good."""
_BAD = listed("fail failed failure error errored errors failures")
"""Members that say with ``true`` that something went wrong."""
_BAD_OF_THE_RELEASE = listed("denied rejected refused blocked cancelled canceled aborted")
_CODES = (("exit", "code"), ("exitcode",), ("exit", "status"), ("return", "code"), ("returncode",))
_NUMBER = re.compile(r"-?[0-9]{1,20}")
_FALSE, _TRUE = frozenset({"false", "no"}), frozenset({"true", "yes"})

_OF_THE_RELEASE = listed(
    "run workflow job jobs step steps build push publish release pipeline image digest tag manifest registry ecr login deploy "
    "deployment check checks checked gate gates evidence receipt result results "
    "outcome outcomes verdict verdicts summary overall all final ci is has was are were have overall status verification "
    "validation readiness context details info data output outputs metadata meta report payload body env environment github actions"
)
"""Words of the release's own work; under another one the failure may be something else's."""
_SIGNED_COMMITS = listed("commit commits git head author source src vcs")
"""Whether a commit is signed is no matter of a release."""
_SWITCHES = listed(
    "allow allowed continue ignore ignored notify expect expected should may can must if when on dry example negative"
)
"""Words of a setting or of a probe: what happens in case of a failure, and one that is wanted."""
_PASSED_OVER = _SWITCHES | (
    OTHERS_WORDS - listed("failed failure failures session policy token role file files key from")
)


def failure_in(words: tuple[str, ...], values: tuple[str, ...], *, truth: bool) -> Whose | None:
    """Return whether a member says that something went wrong, and whether certainly of the release; None where it does not.

    ``truth`` says that the value is JSON's ``true`` or ``false``, and no text or number.
    """
    if not words or not values:
        return None
    found = _by_code(words, values) if not truth else None
    if found is None:
        found = _by_truth(words, values, truth=truth)
    if found is None and not truth:
        found = _by_text(words, values)
    if found is None:
        return None
    rest, elsewhere = found
    if any(word in _PASSED_OVER for word in rest) or _SIGNED_COMMITS.intersection(rest):
        return None
    if all(word in _OF_THE_RELEASE or word.isdigit() for word in rest):
        return Whose.UNSURE if _is_count(words, values, truth=truth) else Whose.OWN
    return Whose.UNSURE if elsewhere else None


def _is_count(words: tuple[str, ...], values: tuple[str, ...], *, truth: bool) -> bool:
    """Return whether it is a number of failures: what was tried again may have failed before."""
    return words[-1] in _BAD and not truth and all(map(_NUMBER.fullmatch, values))


def _by_code(words: tuple[str, ...], values: tuple[str, ...]) -> tuple[tuple[str, ...], bool] | None:
    for end in _CODES:
        if words[-len(end) :] == end and all(_NUMBER.fullmatch(value) and int(value) for value in values):
            return words[: -len(end)], False
    return None


def _by_truth(words: tuple[str, ...], values: tuple[str, ...], *, truth: bool) -> tuple[tuple[str, ...], bool] | None:
    said = {value.lower() for value in values}
    *rest, last = words
    if said <= _FALSE and last in _GOOD:
        return tuple(rest), True
    if said <= _FALSE and last in _GOOD_OF_THE_RELEASE:
        # A match alone does not say of what.
        return (tuple(rest), False) if rest or not last.startswith("match") else None
    if said <= _TRUE:
        if last in _BAD:
            return tuple(rest), True
        if last in _BAD_OF_THE_RELEASE:
            return tuple(rest), False
    if _is_count(words, values, truth=truth) and any(map(int, values)):
        return tuple(rest), False
    return None


def _by_text(words: tuple[str, ...], values: tuple[str, ...]) -> tuple[tuple[str, ...], bool] | None:
    said = {"".join(sign for sign in value.lower() if sign.isalnum()) for value in values}
    *rest, last = words
    if last not in _NAMES or not said <= _FAILED | _STOPPED:
        return None
    # A registry's scan of an image fails where it does not know what the image is made of.
    return tuple(rest), said <= _FAILED and "scan" not in rest
