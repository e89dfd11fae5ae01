"""`planescope serve` on the command line: what it refuses before anything listens."""

from __future__ import annotations

import sys

import pytest
from click.testing import CliRunner

from tui.cli.main import planescope
from tui.cli.output import on_a_terminal


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("diagnose", "7"), "A browser shows the dashboard or `demo`, not `diagnose`."),
        (("demo", "--json"), "a browser shows the app"),
        (("demo", "--export", "packet"), "a browser shows the app"),
        (("demo", "--handout", "told.md"), "a browser shows the app"),
        (("demo", "--force"), "a browser shows the app"),
        (("--handout", "told.md"), "a browser shows the app"),
        (("demo", "--stage", "9"), "Invalid value for '--stage'"),
        (("--repos", "octo-org/shop"), "No such option"),
        (("--port", "0"), "is not in the range"),
    ],
)
def test_a_command_line_that_no_tab_could_show_is_refused(arguments: tuple[str, ...], words: str) -> None:
    done = CliRunner().invoke(planescope, ["serve", *arguments])
    assert done.exit_code == 2, done.output
    assert words in done.output


def test_without_the_extra_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "textual_serve", None)
    monkeypatch.setitem(sys.modules, "textual_serve.app_service", None)
    for name in [name for name in sys.modules if name in ("tui.serve.running", "tui.serve.server", "tui.serve.tab")]:
        monkeypatch.delitem(sys.modules, name)
    done = CliRunner().invoke(planescope, ["serve", "demo"])
    assert done.exit_code == 2
    assert 'pip install "planescope[serve]"' in done.output


def test_a_driver_in_the_environment_makes_no_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DRIVER", "textual.drivers.web_driver:WebDriver")
    assert not on_a_terminal()
    done = CliRunner().invoke(planescope, [])
    assert "needs a terminal" in done.output
