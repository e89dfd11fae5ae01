"""A policy that is written in any of the forms is read back as it is, and no text makes a reader fail."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from thoroughness import examples
from written_forms import WRITERS, policies

from diagnosis.iac.bounds import bounds
from diagnosis.iac.lint import lint_proposed
from diagnosis.iac.proposal import Given, OpenDocument, WholeDocument
from diagnosis.iac.read import read_files

QUIET = list(HealthCheck)


@pytest.mark.parametrize("form", WRITERS)
def test_a_policy_is_read_back_with_the_lines_of_its_values(form: str) -> None:
    path, write, has_lines = WRITERS[form]

    @settings(max_examples=examples(96), deadline=None, suppress_health_check=QUIET)
    @given(policies())
    def reads_back(policy: dict[str, Any]) -> None:
        text = write(policy)
        proposal = read_files({path: text})
        assert not proposal.gaps
        [found] = proposal.documents
        assert isinstance(found.document, WholeDocument), found.document
        assert json.loads(found.document.text) == policy
        lines = text.split("\n")
        for at, statement in enumerate(policy["Statement"]):
            element = "Action" if "Action" in statement else "NotAction"
            for position, action in enumerate(statement[element]):
                place = found.document.line_of(("Statement", at, element, position))
                assert place is not None
                assert place[0] == path
                if has_lines:
                    assert action in lines[place[1] - 1]

    reads_back()


@settings(max_examples=examples(400), deadline=None, suppress_health_check=QUIET)
@given(st.data())
def test_no_mangled_file_makes_a_reader_fail(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(sorted(WRITERS)))
    path, write, _ = WRITERS[form]
    text = write(data.draw(policies()))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = min(len(text), start + data.draw(st.sampled_from([0, 1, 1, 7, 60])))
        word = data.draw(
            st.sampled_from(
                [
                    "",
                    "${var.x}",
                    "!Ref X",
                    '"',
                    "{",
                    "}",
                    "[",
                    "\n",
                    "null",
                    "*a",
                    "&a ",
                    "<<: *a\n",
                    "${",
                    ")",
                    "$",
                    "#",
                    "\0",
                ]
            )
        )
        text = text[:start] + word + text[end:]
    proposal = read_files({path: text}, Given("123456789012"))
    for each in proposal.documents:
        lint_proposed(each)
        if isinstance(each.document, OpenDocument):
            bounds(each.document)
    # What still looks like a policy is told, as a document or as a gap.
    if "Effect" in text and "Allow" in text and path.endswith(".tf"):
        assert proposal.documents or proposal.gaps or "aws_iam_role" not in text
