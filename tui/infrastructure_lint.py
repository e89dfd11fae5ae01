"""Judge the policy documents within a file of infrastructure code, for the command line and for agents."""

from __future__ import annotations

from diagnosis.documents.lint import LintedFile, NotJudged
from diagnosis.facts.reading import Unreadable
from diagnosis.iac.lint import lint_proposed
from diagnosis.iac.proposal import Proposal
from diagnosis.lint.document import Expected

_STATE = "state it with --parameter NAME=VALUE, or hand over a plan or the document that AWS has"
_MOST_TOLD = 5
"""Of the open values of a document in one sentence."""


def judge_code(
    proposal: Proposal, key: str, shown: str, uri: str, expected: Expected
) -> tuple[list[LintedFile], list[NotJudged]]:
    """Return the report on each document of one file, and what of it was not judged, or not as a whole.

    ``key`` is what the file is known by in the proposal, ``shown`` and ``uri`` what it is called.
    """
    judged: list[LintedFile] = []
    left: list[NotJudged] = []
    for each in proposal.documents:
        if each.file != key:
            continue
        linted = lint_proposed(each, expected)
        if isinstance(linted, Unreadable):
            left.append(NotJudged(shown, each.line, linted.what, linted.why, linted.how))
            continue
        judged.append(LintedFile(shown, uri, linted.report, each.shown, each.address, each.line, linted.opens))
        lacking = [place for place in linted.opens if not place.sort.is_harmless]
        if lacking:
            why = "; ".join(dict.fromkeys(place.why for place in lacking[:_MOST_TOLD]))
            more = f"; and {len(lacking) - _MOST_TOLD} more" if len(lacking) > _MOST_TOLD else ""
            left.append(NotJudged(shown, lacking[0].line, f"the whole of the {each.shown}", why + more, _STATE))
    left += [
        NotJudged(
            shown,
            each.line,
            each.reading.what.replace(key, shown),
            each.reading.why,
            each.reading.how,
            each.elsewhere,
        )
        for each in proposal.gaps
        if each.file == key
    ]
    return judged, left
