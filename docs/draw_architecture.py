"""Draw docs/architecture-light.svg and docs/architecture-dark.svg: ``python docs/draw_architecture.py``."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).resolve().parent
WIDTH, HEIGHT = 1090, 660
PALETTES = {
    "light": {
        "text": "#1f2328",
        "muted": "#59636e",
        "line": "#59636e",
        "room": "#f6f8fa",
        "box": "#ffffff",
        "edge": "#d1d9e0",
    },
    "dark": {
        "text": "#f0f6fc",
        "muted": "#9198a1",
        "line": "#9198a1",
        "room": "#151b23",
        "box": "#0d1117",
        "edge": "#3d444d",
    },
}
ROOMS = (
    # x, width, title, subtitle
    (0, 180, "enters", "written by others"),
    (195, 190, "probes/", "asks, read-only"),
    (400, 480, "diagnosis/", "decides: pure functions over values"),
    (895, 195, "tui/", "shows, hands over"),
)
BOXES = {
    # name: x, y, width, height, title, lines below it
    "log": (12, 80, 156, 95, "a job's log", ("annotations,", "steps, artifacts")),
    "file": (12, 215, 156, 95, "a workflow", ("and the files", "that it calls")),
    "account": (12, 350, 156, 115, "an account", ("trust, grants,", "organization,", "registry")),
    "case": (12, 505, 156, 95, "a case file", ("what people", "state")),
    "github": (207, 80, 166, 95, "github", ("scrubs each line,", "keeps its address")),
    "parsed": (207, 215, 166, 95, "github", ("parses it once,", "with line numbers")),
    "aws": (207, 350, 166, 115, "aws", ("each part: known,", "absent, or", "unreadable")),
    "stated": (207, 505, 166, 95, "case_file", ("marks it all", "as stated")),
    "failures": (412, 80, 178, 95, "failures", ("from a line's words", "to gate and cause")),
    "steps": (412, 215, 178, 95, "steps, claims", ("what a job needs,", "who it says it is")),
    "policy": (412, 350, 178, 115, "policy, trust", ("what it allows,", "and which part", "decided")),
    "replay": (620, 80, 180, 95, "replay", ("recorded verdicts,", "each with its proof")),
    "live": (620, 215, 180, 95, "live", ("NOW, and what", "would fail next")),
    "remedies": (620, 350, 180, 115, "remedies", ("a change, judged", "on a model:", "AFTER FIX")),
    "closure": (620, 505, 180, 95, "closure", ("did the chain end", "for good reasons?")),
    "diagnosis": (826, 80, 42, 520, "", ()),
    "screens": (907, 80, 171, 95, "screens", ("the timeline and", "its evidence")),
    "cli": (907, 215, 171, 95, "cli", ("text, JSON,", "exit code")),
    "packet": (907, 350, 171, 115, "packet", ("masked, scanned,", "and checkable", "offline")),
}
ARROWS = (
    ("log", "github"), ("file", "parsed"), ("account", "aws"), ("case", "stated"),
    ("github", "failures"), ("parsed", "steps"), ("aws", "policy"), ("stated", "closure"),
    ("failures", "replay"), ("steps", "replay"), ("steps", "live"), ("policy", "live"), ("policy", "remedies"),
    ("replay", "diagnosis"), ("live", "diagnosis"), ("remedies", "diagnosis"), ("closure", "diagnosis"),
    ("diagnosis", "screens"), ("diagnosis", "cli"), ("diagnosis", "packet"),
)  # fmt: skip
DOWN = (("live", "remedies"), ("remedies", "closure"))
FONT = "-apple-system, 'Segoe UI', Helvetica, Arial, sans-serif"


def drawing(colour: dict[str, str]) -> str:
    """Return the whole picture in one palette."""
    title = (
        "From a log, a workflow, an account and a case file through probes and diagnosis to the screen, the command line "
        "and the packet"
    )
    head = f'<path d="M0 0 L8 4 L0 8 z" fill="{colour["line"]}"/>'
    marker = 'id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    parts = [
        f'{svg} font-family="{FONT}" role="img" aria-labelledby="title">',
        f'<title id="title">{title}</title>',
        f"<defs><marker {marker}>{head}</marker></defs>",
    ]
    for x, width, title, subtitle in ROOMS:
        parts.append(_box(x, 0, width, HEIGHT - 40, colour["room"], colour["edge"]))
        parts.append(_text(x + 15, 32, title, colour["text"], size=20, weight=600))
        parts.append(_text(x + 15, 56, subtitle, colour["muted"], size=15))
    parts += [_arrow(BOXES[start], BOXES[end], colour["line"]) for start, end in ARROWS]
    parts += [_arrow_down(BOXES[start], BOXES[end], colour["line"]) for start, end in DOWN]
    for x, y, width, height, title, lines in BOXES.values():
        parts.append(_box(x, y, width, height, colour["box"], colour["edge"]))
        if not title:
            continue
        parts.append(_text(x + 12, y + 28, title, colour["text"], size=17, weight=600))
        parts += [_text(x + 12, y + 53 + 21 * i, line, colour["muted"], size=16) for i, line in enumerate(lines)]
    x, y = BOXES["diagnosis"][0] + 27, BOXES["diagnosis"][1] + BOXES["diagnosis"][3] // 2
    parts.append(
        f'<text transform="translate({x} {y}) rotate(-90)" text-anchor="middle" font-size="17" font-weight="600" '
        f'fill="{colour["text"]}">one Diagnosis value</text>'
    )
    below = "Values go from left to right. Imports go the other way alone: tui, probes, diagnosis."
    parts.append(_text(12, HEIGHT - 13, below, colour["muted"], size=17))
    return "\n".join([*parts, "</svg>", ""])


def _box(x: int, y: int, width: int, height: int, fill: str, edge: str) -> str:
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="8" fill="{fill}" stroke="{edge}"/>'


def _text(x: int, y: int, words: str, fill: str, *, size: int, weight: int = 400) -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" font-weight="{weight}" fill="{fill}">{escape(words)}</text>'


def _arrow(start: tuple, end: tuple, colour: str) -> str:
    """From the right edge of one box to the left edge of another; level where one of them is tall."""
    x1, x2 = start[0] + start[2], end[0] - 2
    y1, y2 = start[1] + start[3] // 2, end[1] + end[3] // 2
    if end[3] > 200:
        y2 = y1
    if start[3] > 200:
        y1 = y2
    return f'<path d="M{x1} {y1} L{x2} {y2}" fill="none" stroke="{colour}" stroke-width="1.5" marker-end="url(#head)"/>'


def _arrow_down(start: tuple, end: tuple, colour: str) -> str:
    x, y1, y2 = start[0] + start[2] // 2, start[1] + start[3], end[1] - 2
    return f'<path d="M{x} {y1} L{x} {y2}" fill="none" stroke="{colour}" stroke-width="1.5" marker-end="url(#head)"/>'


if __name__ == "__main__":
    for name, colour in PALETTES.items():
        (HERE / f"architecture-{name}.svg").write_text(drawing(colour))
