"""Puts drawings of the app one after the other into one animated SVG: CSS alone, no script, nothing from outside.

A line of the screen that several drawings share is written once. Where motion is unwanted, the last drawing stands still.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import escape

LINE = 24.4
"""Height of a line of the screen, as the app's drawings have it."""
FONTS = "'Fira Code', ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace"

_VIEW = re.compile(r'viewBox="0 0 ([\d.]+) ([\d.]+)"')
_STYLE = re.compile(r"\.terminal-\d+-(r\d+) \{ ([^}]*) \}")
_BASE = re.compile(r'<rect fill="(#[0-9a-f]{6})" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="[\d.]+"[^>]*/>')
_TEXT = re.compile(r'<text class="terminal-\d+-(r\d+)" x="([\d.]+)" y="([\d.]+)" textLength="([\d.]+)"[^>]*>([^<]*)</text>')


@dataclass(frozen=True)
class Frame:
    """A drawing, how long it stands, and what is said above it."""

    svg: str
    seconds: float
    caption: str


class _Pieces:
    """The lines and styles of all drawings, each once."""

    def __init__(self) -> None:
        self.lines: dict[str, str] = {}
        self.styles: dict[str, str] = {}

    def style(self, css: str) -> str:
        return self.styles.setdefault(css, f"s{len(self.styles)}")

    def line(self, body: str) -> str:
        return self.lines.setdefault(body, f"l{len(self.lines)}")


def animated(frames: list[Frame]) -> str:
    """The animated SVG."""
    found = _VIEW.search(frames[0].svg)
    assert found is not None
    width, height = found[1], found[2]
    pieces = _Pieces()
    ground = _commonest_ground(frames[0].svg)
    total = sum(frame.seconds for frame in frames)
    groups, keys, begun = [], [], 0.0
    for number, frame in enumerate(frames):
        shown, gone = 100 * begun / total, 100 * (begun + frame.seconds) / total
        begun += frame.seconds
        hidden = "" if number == 0 else "0%{visibility:hidden}"
        after = "" if number == len(frames) - 1 else f"{gone:.3f}%{{visibility:hidden}}"
        keys.append(f"@keyframes k{number}{{{hidden}{shown:.3f}%{{visibility:visible}}{after}}}")
        keys.append(f".f{number}{{animation:k{number} {total:g}s step-end infinite}}")
        uses = "".join(
            f'<use href="#{pieces.line(body)}" y="{line * LINE:.1f}"/>' for line, body in _lines(frame.svg, ground, pieces)
        )
        title = f'<text class="t" x="{float(width) / 2:g}" y="27">{escape(frame.caption)}</text>'
        last = " last" if number == len(frames) - 1 else ""
        groups.append(f'<g class="f f{number}{last}">{title}<g transform="translate(9,41)">{uses}</g></g>')
    css = [
        f"text{{white-space:pre;font-family:{FONTS};font-size:20px}}",
        ".t{font-family:sans-serif;font-size:18px;font-weight:bold;fill:#c5c8c6;text-anchor:middle}",
        ".f{visibility:hidden}",
        *(f".{name}{{{style}}}" for style, name in pieces.styles.items()),
        *keys,
        "@media (prefers-reduced-motion:reduce){.f{animation:none}.last{visibility:visible}}",
    ]
    lines = "".join(f'<g id="{name}">{body}</g>' for body, name in pieces.lines.items())
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape('. '.join(frame.caption for frame in frames))}</title>",
        f"<style>{''.join(css)}</style>",
        f"<defs>{lines}</defs>",
        f'<rect fill="#292929" x="1" y="1" width="{float(width) - 2:g}" height="{float(height) - 2:g}" rx="8"/>',
        '<circle cx="26" cy="22" r="7" fill="#ff5f57"/><circle cx="48" cy="22" r="7" fill="#febc2e"/>'
        '<circle cx="70" cy="22" r="7" fill="#28c840"/>',
        f'<rect fill="{ground}" x="9" y="41" width="{float(width) - 19:g}" height="{float(height) - 51:g}"/>',
        *groups,
        "</svg>",
        "",
    ])  # fmt: skip


def _commonest_ground(svg: str) -> str:
    area: dict[str, float] = {}
    for fill, _x, _y, width in _BASE.findall(svg):
        area[fill] = area.get(fill, 0.0) + float(width)
    return max(area, key=lambda fill: area[fill])


def _lines(svg: str, ground: str, pieces: _Pieces) -> list[tuple[int, str]]:
    """The lines of a drawing with what stands on them, moved to the top: the same line is the same text wherever it stands."""
    styles = dict(_STYLE.findall(svg))
    grounds: dict[int, list[tuple[float, float, str]]] = {}
    for fill, x, y, width in _BASE.findall(svg):
        row = grounds.setdefault(round((float(y) - 1.5) / LINE), [])
        if row and row[-1][2] == fill and abs(row[-1][0] + row[-1][1] - float(x)) < 0.2:
            row[-1] = (row[-1][0], row[-1][1] + float(width), fill)
        elif fill != ground:
            row.append((float(x), float(width), fill))
    texts: dict[int, list[str]] = {}
    for name, x, y, length, text in _TEXT.findall(svg):
        row_of = round((float(y) - 20) / LINE)
        words = text.rstrip("\n")
        texts.setdefault(row_of, []).append(
            f'<text class="{pieces.style(styles[name])}" x="{float(x):g}" y="20" textLength="{float(length):g}">{words}</text>'
        )
    drawn = []
    for line in sorted({*grounds, *texts}):
        rects = "".join(
            f'<rect fill="{fill}" x="{x:g}" y="1.5" width="{width:g}" height="24.7" shape-rendering="crispEdges"/>'
            for x, width, fill in grounds.get(line, ())
        )
        body = rects + "".join(texts.get(line, ()))
        if body:
            drawn.append((line, body))
    return drawn
