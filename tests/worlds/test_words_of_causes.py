"""Whatever is wrong with an account, people read sentences: a cause's slug stands beside them and is never one itself."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console
from seeded_defects import DEFECTS, ELSEWHERE_DEFECTS, Defect, broken
from thoroughness import some

from diagnosis.causes import Cause, Integrity
from diagnosis.documents.packet import packet
from diagnosis.facts.case import Case
from diagnosis.verdicts.diagnosis import Diagnosis
from tui.cli.reports.diagnosis import show
from tui.packet.pages import markdown_page

SLUGS = "|".join(re.escape(slug) for slug in {*map(str, Cause), *map(str, Integrity)} if "-" in slug)
A_SENTENCE = re.compile(rf"(?:^|[.:] |\bis )(?:{SLUGS})[.:](?:\s|$)", re.MULTILINE)


@pytest.mark.parametrize("defect", some([*DEFECTS, *ELSEWHERE_DEFECTS], 3), ids=lambda defect: defect.name)
def test_no_slug_is_a_sentence(defect: Defect) -> None:
    diagnosis = broken([defect]).diagnosis()
    assert diagnosis.forecast
    for problem in diagnosis.forecast:
        assert problem.reason.endswith((".", "`"))
        assert not re.search(rf"\b(?:{SLUGS})\b", problem.reason)
    for text in (report(diagnosis), markdown_page(packet(diagnosis, Case()))):
        assert defect.cause in text
        assert not A_SENTENCE.search(text), A_SENTENCE.search(text)
    for path in diagnosis.paths:
        for remediation in path.remediations:
            assert not re.search(rf"\b(?:{SLUGS})\b", remediation.title)
            assert not A_SENTENCE.search(remediation.words)


def report(diagnosis: Diagnosis) -> str:
    file = io.StringIO()
    show(diagnosis, Console(file=file, width=2000, markup=False, highlight=False))
    return file.getvalue()
