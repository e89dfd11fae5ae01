"""The dark and the light theme, with colours for planes and for the columns NOW and AFTER FIX."""

from __future__ import annotations

from dataclasses import replace

from textual.theme import Theme

DARK = Theme(
    name="planescope-dark",
    primary="#5b86c9",
    secondary="#4b5a75",
    accent="#e6b450",
    success="#7fb977",
    warning="#dfa552",
    error="#ec6a72",
    foreground="#d3d9e3",
    background="#12151b",
    surface="#171b22",
    panel="#1e242d",
    dark=True,
    variables={
        "plane-authn": "#b39ce6",
        "plane-authz": "#57bcc4",
        "now-ground": "#1d2636",
        "after-ground": "#1b2a26",
        "proof-ground": "#43262b",
        "found-ground": "#3c3a1e",
        "surface-active": "#2a3342",
        "text-success": "#8fce86",
        "text-error": "#ff7f86",
        "text-warning": "#e8b466",
        "text-accent": "#7fb2f0",
        "text-muted": "#8b96a8",
        "text-disabled": "#566074",
        "block-cursor-background": "#5b86c9",
        "block-cursor-foreground": "#0d1015",
        "border": "#5b86c9",
        "border-blurred": "#333d4d",
        "scrollbar": "#333d4d",
        "scrollbar-hover": "#4b5a75",
        "scrollbar-active": "#5b86c9",
        "scrollbar-background": "#161a21",
        "scrollbar-background-hover": "#161a21",
        "scrollbar-background-active": "#161a21",
        "scrollbar-corner-color": "#161a21",
        "footer-background": "#171b22",
        "footer-key-foreground": "#7fb2f0",
        "footer-description-foreground": "#9aa5b6",
        "input-selection-background": "#5b86c9 40%",
    },
)

LIGHT = Theme(
    name="planescope-light",
    primary="#2f5fa8",
    secondary="#8a97ad",
    accent="#9a6a00",
    success="#2e7d32",
    warning="#8a5a00",
    error="#b3261e",
    foreground="#1d2430",
    background="#f4f5f7",
    surface="#fbfbfc",
    panel="#e9ecf1",
    dark=False,
    variables={
        "plane-authn": "#6a3fb5",
        "plane-authz": "#00717a",
        "now-ground": "#e3ecf9",
        "after-ground": "#e2f2e8",
        "proof-ground": "#f7dad8",
        "found-ground": "#f3ecc2",
        "surface-active": "#dbe3ef",
        "text-success": "#226b27",
        "text-error": "#b3261e",
        "text-warning": "#855400",
        "text-accent": "#1f57a4",
        "text-muted": "#5b6575",
        "text-disabled": "#a0a8b5",
        "block-cursor-background": "#2f5fa8",
        "block-cursor-foreground": "#ffffff",
        "border": "#2f5fa8",
        "border-blurred": "#c3cad6",
        "scrollbar": "#c3cad6",
        "scrollbar-hover": "#8a97ad",
        "scrollbar-active": "#2f5fa8",
        "scrollbar-background": "#eceef2",
        "scrollbar-background-hover": "#eceef2",
        "scrollbar-background-active": "#eceef2",
        "scrollbar-corner-color": "#eceef2",
        "footer-background": "#e9ecf1",
        "footer-key-foreground": "#1f57a4",
        "footer-description-foreground": "#4d5868",
        "input-selection-background": "#2f5fa8 30%",
    },
)

_SIXTEEN = {
    DARK.name: {
        "success": "#55ff55", "text-success": "#55ff55", "warning": "#ffff55", "text-warning": "#ffff55",
        "plane-authn": "#ff55ff", "plane-authz": "#00aaaa", "text-accent": "#55ffff", "footer-key-foreground": "#55ffff",
    },
    LIGHT.name: {
        "primary": "#0000aa", "border": "#0000aa", "scrollbar-active": "#0000aa", "block-cursor-background": "#0000aa",
        "success": "#00aa00", "text-success": "#00aa00", "plane-authn": "#aa00aa",
        "text-accent": "#0000aa", "footer-key-foreground": "#0000aa",
    },
}  # fmt: skip
"""What is a shade of its own in many colours and would be a grey in sixteen, in which the nearest one is taken."""


def for_colours(theme: Theme, color_system: str | None) -> Theme:
    """Return one of our themes as a terminal of these colours (rich's name of them) can show it."""
    if color_system not in ("standard", "windows"):
        return theme
    given = _SIXTEEN[theme.name]
    fields = {name: given[name] for name in given if name in ("primary", "success", "warning")}
    variables = {name: given[name] for name in given if name not in fields}
    return replace(theme, **fields, variables={**theme.variables, **variables})  # type: ignore[arg-type]  # colours all


OWN_VARIABLES = {
    "plane-authn": "#a78be0",
    "plane-authz": "#3fa9b2",
    "now-ground": "#5b86c9 14%",
    "after-ground": "#7fb977 12%",
    "proof-ground": "#c05058 25%",
    "found-ground": "#b0a030 25%",
    "surface-active": "#808890 30%",
}
"""What Textual's other themes lack."""
