"""Say where AWS would refuse to save a changed policy: it judges every statement anew, those that stay as they are too."""

from __future__ import annotations

from diagnosis.lint.lint import lint
from diagnosis.policy import PolicyDocument, PolicyKind, Unparsable


def not_saved(document: PolicyDocument, kind: PolicyKind) -> tuple[str, ...]:
    """Return a warning for each place at which AWS would refuse the document; none for one without meaning."""
    report = lint(document.text, kind)
    if isinstance(report, Unparsable):
        return ()
    return tuple(
        f"AWS judges every statement anew when the policy is saved, and would refuse this one at {found.place.path}: "
        f"{found.sentence} {found.correction}"
        for found in report.refused
    )
