"""The incident `services` in the app: every stage is one key away, and each screen holds the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from thoroughness import some

from tui.app import PlanescopeApp
from tui.bootstrap import embedded_backend

PATIENCE = 90.0


@pytest.mark.parametrize("size", some([(80, 24), (120, 40)], 2))
async def test_the_stages_are_one_key_away_and_the_change_is_always_in_view(size: tuple[int, int]) -> None:
    app = PlanescopeApp(lambda: embedded_backend("1", "services"), refresh_seconds=0.0)
    app.animation_level = "none"
    async with app.run_test(size=size) as pilot:

        async def until(what: Callable[[], object]) -> None:
            async with asyncio.timeout(PATIENCE):
                while not what():
                    await pilot.pause(0.02)
            await pilot.pause()

        def rests() -> bool:
            main = app.timeline
            return main is not None and main.backend is not None and not main.reader.busy

        def text() -> str:
            return "\n".join(strip.text for strip in app.screen._compositor.render_strips())

        await until(rests)
        answers = {
            1: (
                "Role assumption",
                "still broken",
                "9× service-authorization",
                "one more run then passes all five gates",
            ),
            2: ("Service authorization", "still broken", "9× service-authorization", "Grant the 10 missing actions"),
            3: ("Service authorization", "Grant the 2 missing actions"),
            4: ("every gate passes", "none is needed"),
            5: ("Registry authorization", "registry-pull", "Grant the 8 missing actions"),
            6: ("every gate passes", "none is needed"),
        }
        for stage, words in answers.items():
            assert f"stage {stage}/6" in text()
            for word in words:
                assert word in text(), (stage, word)
            if stage < 6:
                await pilot.press("]")
                await until(rests)
        await pilot.press("[")
        await until(rests)
        assert "stage 5/6" in text()
