"""Closing a source ends what is under way, in the threads that ask: the end of the program waits for none of them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import github_faults as faults
import pytest
from tiny_github import World

from probes.github.http.body import Timeouts
from probes.github.http.errors import Cancelled


def test_a_request_that_is_under_way_ends(world: World, make_source: Callable[..., Any]) -> None:
    source = make_source(world.server.url, timeouts=Timeouts(connect=5, read=60, answer=60))
    source.repository()
    world.server.fault(r"/actions/runs\?", faults.hang(60))
    ended = threading.Event()

    def ask(client: Any) -> None:
        try:
            client.page("/repos/example/widgets/actions/runs", "workflow_runs")
        finally:
            ended.set()

    threading.Timer(0.2, source.close).start()
    with pytest.raises(Cancelled):
        source.ask("The list", ask)
    # No measurement: the silence that is allowed is a minute.
    assert ended.wait(20)
