"""Widgets and helpers that every screen uses: blocks, pages, lists, signs, the first and the last line."""
