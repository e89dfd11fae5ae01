"""What would cost far more to hold than to send is refused before it is held."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from hostile_answers import bomb
from tiny_github import QUICK, TOKEN, Said, TinyGitHub

from probes.github.http import client as client_module
from probes.github.http.client import Client
from probes.github.http.credentials import GitHubAccess
from probes.github.http.errors import BrokenAnswer, TooLarge
from probes.github.http.pace import Pace
from probes.github.http.storage import download, download_into
from probes.ledger import Ledger

PATH = "/repos/example/widgets/actions/jobs/71/logs"


class Counting:
    """Takes a body without holding it."""

    def __init__(self) -> None:
        self.largest = self.size = 0

    def feed(self, piece: bytes) -> None:
        self.largest = max(self.largest, len(piece))
        self.size += len(piece)


def reading(tiny: TinyGitHub) -> Client:
    tiny.answers[PATH] = Said(302, b"", {"Location": f"{tiny.storage}/log"})
    return Client(GitHubAccess(tiny.url, TOKEN), Ledger(), Pace(throttled=False), QUICK)


def test_the_members_of_an_answer_are_counted_before_it_is_parsed(
    tiny: TinyGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "MOST_MEMBERS", 1_000)
    tiny.answers["/repos/example/widgets"] = Said(200, b'{"a": [' + b"[]," * 1_000 + b"[]]}")
    client = reading(tiny)
    with pytest.raises(BrokenAnswer, match="more members"):
        client.object("/repos/example/widgets")
    client.close()


def test_a_bomb_is_handed_on_in_steps_and_every_byte_of_it(tiny: TinyGitHub) -> None:
    body = b"0123456789" * 700_000
    tiny.answers["/log"] = Said(
        200, gzip.compress(body[:3_000_000]) + gzip.compress(body[3_000_000:]), {"Content-Encoding": "gzip"}
    )
    client = reading(tiny)
    taken = download_into(client, PATH, Counting, limit=10_000_000, timeouts=client.line.timeouts)
    assert taken.size == len(body)
    assert taken.largest <= 1_048_576
    assert download(client, PATH, limit=10_000_000) == body
    client.close()


def test_what_was_received_of_too_large_a_body_is_let_go(tiny: TinyGitHub) -> None:
    tiny.answers["/log"] = Said(200, bomb(), {"Content-Encoding": "gzip"})
    client = reading(tiny)
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge) as failure:
            download(client, PATH, limit=20_000_000)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failure.value.why
    assert held < 10_000_000
    client.close()
