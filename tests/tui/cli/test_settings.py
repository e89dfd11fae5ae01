"""The user's settings: what they may hold, which word wins, and what a typo says."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tui.app import PlanescopeApp
from tui.backend import BackendProblem
from tui.bootstrap import embedded_backend
from tui.cli import dashboard
from tui.cli.main import planescope
from tui.keymap import KEYS
from tui.settings import SETTINGS, read_settings, settings_path, template


@pytest.fixture(autouse=True)
def _own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("AWS_PROFILE", raising=False)


def write(text: str) -> None:
    settings_path().parent.mkdir(parents=True, exist_ok=True)
    settings_path().write_text(text, encoding="utf-8")


def test_no_file_is_no_settings() -> None:
    found = read_settings()
    assert (found.exists, found.theme, found.keys, found.options) == (False, None, {}, {})


def test_all_that_the_template_names_can_be_set() -> None:
    lines = [line.removeprefix("# ") for line in template().splitlines() if " = " in line or line == "[keys]"]
    write("\n".join(lines))
    found = read_settings()
    assert found.theme == "light"
    assert set(found.options) == {setting.name for setting in SETTINGS} - {"theme", "remember"}
    assert found.remember is False
    assert found.keys == {key.id: key.keys for key in KEYS}


def test_the_template_as_printed_sets_nothing() -> None:
    assert tomllib.loads(template()) == {"keys": {}}
    result = CliRunner().invoke(planescope, ["settings"])
    assert (result.exit_code, result.stdout) == (0, template())
    assert str(settings_path()) in result.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("theme = 3", 'like "light"'),
        ("themes = 'dark'", "did you mean 'theme'"),
        ("refresh = true", "like 60"),
        ("refresh = 1", "fewer than 5"),
        ("refresh = nan", "fewer than 5"),
        ("refresh = inf", "more than a day"),
        ("refresh = 0x" + "1" * 5000, "more than a day"),
        ("refresh = " + "1" * 5000, "too many digits"),
        ("no_cache = 'yes'", "like true"),
        ("[keys]\n'timeline.refrsh' = 'f5'", "did you mean 'timeline.refresh'"),
        ("[keys]\n'timeline.refresh' = 5", "below [keys]"),
        ("keys = 'f5'", "below [keys]"),
        ("theme = ", "is no TOML"),
    ],
)
def test_a_typo_is_one_sentence_and_help_still_answers(text: str, words: str) -> None:
    write(text)
    with pytest.raises(BackendProblem, match=r"settings file .*config\.toml") as problem:
        read_settings()
    assert words in problem.value.sentence
    result = CliRunner().invoke(planescope, ["diagnose", "1", "--repo", "o/r"])
    assert result.exit_code == 2
    assert words in result.stderr
    assert "Traceback" not in result.output
    assert CliRunner().invoke(planescope, ["--help"]).exit_code == 0
    assert CliRunner().invoke(planescope, ["settings"]).exit_code == 2


@pytest.mark.parametrize("given", ["nan", "inf", "1e999", "4", "86401"])
def test_an_interval_is_a_number_of_seconds(given: str) -> None:
    for words in (["--refresh"], ["watch", "--repo", "o/r", "--interval"]):
        result = CliRunner().invoke(planescope, [*words, given])
        assert result.exit_code == 2
        assert f"'{words[-1]}'" in result.stderr


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b"a = 1\n" * 50_000, b"[" * 5000])
def test_junk_is_a_sentence(body: bytes) -> None:
    write("")
    settings_path().write_bytes(body)
    with pytest.raises(BackendProblem):
        read_settings()


def test_an_option_wins_over_a_setting_and_the_environment_over_the_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    write("profile = 'daily'\nno_history = true\nrefresh = 30")
    seen: list[Any] = []
    monkeypatch.setattr(
        "tui.cli.commands.diagnose.live_options", lambda options, *_, **__: seen.append(dict(options)) or _stop()
    )

    def _stop() -> None:
        raise BackendProblem("stopped here")

    def options(*more: str) -> tuple[object, object]:
        CliRunner().invoke(planescope, ["diagnose", "1", "--repo", "o/r", *more])
        return seen[-1]["profile"], seen[-1]["no_history"]

    assert options() == ("daily", True)
    assert options("--profile", "today") == ("today", True)
    monkeypatch.setenv("AWS_PROFILE", "shell")
    assert options() == (None, True)


async def test_keys_and_theme_are_in_force_and_a_theme_that_is_none_is_said() -> None:
    app = PlanescopeApp(lambda: embedded_backend("1"), theme="light", keys={"app.help": "f1"}, refresh_seconds=0)
    async with app.run_test() as pilot:
        assert app.current_theme.name == "planescope-light"
        await pilot.press("f1")
        assert type(app.screen).__name__ == "HelpScreen"
    other = PlanescopeApp(lambda: embedded_backend("1"), theme="nord-pole", refresh_seconds=0)
    async with other.run_test() as pilot:
        await pilot.pause()
        assert other.current_theme.name == "planescope-dark"
        assert any("nord-pole" in notification.message for notification in other._notifications)


def test_nothing_is_remembered_where_the_settings_say_so() -> None:
    assert dashboard._remembered().kept
    write("remember = false")
    assert not dashboard._remembered().kept
