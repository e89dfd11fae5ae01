"""The widgets of the screens, grouped by the part of the screen that they show."""
