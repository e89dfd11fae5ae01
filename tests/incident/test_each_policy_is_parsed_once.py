"""A policy document of the embedded account is parsed where it is read, and never again while a run is diagnosed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

import pytest

import diagnosis.policy.language.document as documents
from diagnosis.facts.account import AccountState
from diagnosis.facts.reading import Known
from diagnosis.policy import Policy, PolicyKind, Unparsable, parse_policy
from tui.backends.embedded import EmbeddedBackend
from tui.bootstrap import embedded_backend


@pytest.fixture(scope="module")
def backend() -> Iterator[EmbeddedBackend]:
    opened = embedded_backend("1")
    yield opened
    opened.close()


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_each_document_is_parsed_once_when_it_is_read_and_once_when_a_remediation_makes_it(
    backend: EmbeddedBackend, stage: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed: Counter[str] = Counter()

    def counting(source: str | Mapping[str, object], kind: PolicyKind | None = None) -> Policy | Unparsable:
        assert isinstance(source, str)
        parsed[source] += 1
        return parse_policy(source, kind)

    backend.move_to(stage - 1)
    monkeypatch.setattr(documents, "parse_policy", counting)
    found = backend.diagnose(None, subject=None, progress=lambda _: None, cancelled=lambda: False)
    assert found.live is not None
    read = texts_of(found.live.account)
    made = {
        change.document.text
        for path in found.paths
        for remediation in path.remediations
        for change in remediation.changes
        if change.document is not None
    }
    assert read
    assert set(parsed.values()) == {1}
    # A document that an earlier diagnosis of the same account made is kept, and not parsed again.
    assert read <= set(parsed) <= read | made


def texts_of(account: AccountState) -> set[str]:
    """The documents of the account as it was read."""
    assert isinstance(account.role, Known)
    listed = [
        *(account.inline_policies.value if isinstance(account.inline_policies, Known) else ()),
        *(account.attached_policies.value if isinstance(account.attached_policies, Known) else ()),
        *((account.boundary.value,) if isinstance(account.boundary, Known) else ()),
        *((account.repository_policy.value,) if isinstance(account.repository_policy, Known) else ()),
    ]
    return {account.role.value.trust_policy.text, *(named.document.text for named in listed)}
