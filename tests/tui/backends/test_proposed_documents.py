"""Documents are judged on what was read: the embedded backend asks AWS nothing for a view or a what-if."""

from __future__ import annotations

from pathlib import Path

import pytest

from diagnosis.account_view.documents import DocumentKind
from diagnosis.facts.reading import Known
from diagnosis.gates import Gate, Verdict
from tui.backend import BackendProblem, Cancelled, ProposedDocument, no_progress
from tui.backends.embedded import EmbeddedBackend
from tui.backends.proposed import opened_text, saved_text


def never() -> bool:
    return False


def test_a_view_and_a_what_if_ask_aws_nothing_and_can_be_given_up() -> None:
    backend = EmbeddedBackend("1")
    try:
        shown = backend.diagnose(None, subject=None, progress=no_progress, cancelled=never)
        asked = len(backend.calls())
        assert shown.subject is not None
        key = shown.subject.attempt.key
        (view,) = backend.session_views(shown, key, progress=no_progress, cancelled=never)
        (trust,) = [item for item in view.documents if item.kind is DocumentKind.TRUST]
        assert isinstance(trust.reading, Known)
        wider = trust.reading.value.text.replace("refs/heads/dev", "refs/heads/migrate-dev")
        proposed = ProposedDocument(DocumentKind.TRUST, wider, role=view.role_arn)
        result = backend.what_if(shown, [proposed], progress=no_progress, cancelled=never)
        (run,) = result.runs
        assert run.before is not None
        assert run.after is not None
        assert run.before.at(Gate.ROLE_ASSUMPTION).verdict is Verdict.FAIL
        assert run.after.at(Gate.ROLE_ASSUMPTION).verdict is Verdict.PASS
        assert any("migrate-dev" in caller for caller in result.opens.callers)
        assert len(backend.calls()) == asked
        with pytest.raises(Cancelled):
            backend.what_if(shown, [proposed], progress=no_progress, cancelled=lambda: True)
        with pytest.raises(Cancelled):
            backend.session_views(shown, key, progress=no_progress, cancelled=lambda: True)
        for wrong in ('{"Statement": [}', "[]"):
            with pytest.raises(BackendProblem, match="is no trust policy"):
                backend.what_if(
                    shown, [ProposedDocument(DocumentKind.TRUST, wrong)], progress=no_progress, cancelled=never
                )
    finally:
        backend.close()


def test_a_document_is_written_to_a_new_file_alone(tmp_path: Path) -> None:
    place = saved_text("{}", tmp_path / "trust.json")
    assert place.read_text() == "{}\n"
    with pytest.raises(BackendProblem, match="is there already"):
        saved_text("[]", place)
    assert opened_text(place) == "{}\n"
    for wrong in (tmp_path, tmp_path / "none" / "trust.json", tmp_path / "a\0b"):
        with pytest.raises(BackendProblem):
            saved_text("{}", wrong)
        with pytest.raises(BackendProblem):
            opened_text(wrong)
    assert [each.name for each in tmp_path.iterdir()] == ["trust.json"]
