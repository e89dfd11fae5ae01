"""Take from a test what the environment says about GitHub: whose token, which host."""

from __future__ import annotations

import pytest

_SAID = ("GH_TOKEN", "GITHUB_TOKEN", "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN", "GITHUB_API_URL", "GH_HOST")


def forget_github(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave no variable that planescope asks for a token or a host."""
    for name in _SAID:
        monkeypatch.delenv(name, raising=False)
