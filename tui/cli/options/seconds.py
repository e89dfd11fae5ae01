"""The interval at which something is read again, as an option takes it."""

from __future__ import annotations

import math
from typing import Any

import click

from tui.settings import LONGEST_REFRESH, SHORTEST_REFRESH


class _Seconds(click.FloatRange):
    """A range that does not take what is a number to Python alone, and within every range: ``nan``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = super().convert(value, param, ctx)
        if math.isnan(number):
            self.fail("it is no number", param, ctx)
        return float(number)


INTERVAL = _Seconds(SHORTEST_REFRESH, LONGEST_REFRESH)
"""Seconds between two looks."""
