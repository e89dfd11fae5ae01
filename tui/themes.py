"""Two themes, dark and light, and the colours that the product's own words need."""

from __future__ import annotations

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
        "footer-background": "#e9ecf1",
        "footer-key-foreground": "#1f57a4",
        "footer-description-foreground": "#4d5868",
        "input-selection-background": "#2f5fa8 30%",
    },
)

OWN_VARIABLES = {
    "plane-authn": "#a78be0",
    "plane-authz": "#3fa9b2",
    "now-ground": "#5b86c9 14%",
    "after-ground": "#7fb977 12%",
    "surface-active": "#808890 30%",
}
"""What Textual's other themes lack."""
