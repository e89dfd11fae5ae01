"""``--allow-http-endpoint`` reaches whoever asks AWS; without it nobody may ask another machine in plain http."""

from __future__ import annotations

import pytest

from diagnosis.facts.account import AccountQuestion, AccountState
from diagnosis.facts.case import Case
from probes.ledger import Ledger
from tui.backends.live import LiveOptions, LiveSide, live_backend
from tui.cli.lazy_group import LazyGroup
from tui.cli.main import planescope
from tui.cli.options.repository import live_options


@pytest.mark.parametrize("given", [True, False])
def test_the_option_reaches_both_accesses(given: bool) -> None:
    options = live_options(
        {"repo": "example/widgets", "registry_profile": "registry", "allow_http_endpoint": given}, Case()
    )
    assert options.allow_http is given
    side = LiveSide(options, Ledger())
    for access in (side._aws, side._registry):
        assert access is not None
        assert access._bounds.endpoints._allow_http is given


@pytest.mark.parametrize("name", ["diagnose", "what-if", "migrate", "preflight"])
def test_every_command_that_asks_an_account_has_it(name: str) -> None:
    assert isinstance(planescope, LazyGroup)
    command = planescope.get_command(None, name)  # type: ignore[arg-type] # the group looks at no context
    assert command is not None
    assert "--allow-http-endpoint" in {option for each in command.params for option in each.opts}


@pytest.mark.parametrize(("url", "note"), [("http://127.0.0.1:9", "GitHub is 127.0.0.1:9"), (None, "")])
def test_a_github_that_is_not_github_com_is_named(url: str | None, note: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "ghp_" + "a" * 36)
    for name in ("GITHUB_API_URL", "GH_HOST"):
        monkeypatch.delenv(name, raising=False)
    backend = live_backend(LiveOptions("example/widgets", github_url=url, live=False, cache=False), Case())
    assert backend.origin_note == note
    account = AccountState(AccountQuestion(), endpoints=("https://aws.example.com",))
    backend._asked = account.question, account
    assert backend.origin_note == " · ".join(part for part in (note, "AWS is aws.example.com") if part)
    backend.close()
