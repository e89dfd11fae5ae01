from __future__ import annotations

import itertools
import os

import pytest
from hypothesis import settings
from thoroughness import examples

# The same examples in every run, so that a red run means a change; PLANESCOPE_EXPLORE=1 looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None, max_examples=examples(100))
settings.register_profile("explore", deadline=None)
settings.load_profile("explore" if os.environ.get("PLANESCOPE_EXPLORE") else "steady")

_numbers = itertools.count()


@pytest.fixture(autouse=True)
def _own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No test reads or fills the local store of whoever runs the tests."""
    # Named, not made: few tests write there, and making a numbered folder looks at all the others each time.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / f"cache-{next(_numbers)}"))
