"""The screen for a machine on which something is missing: what it is, the way to it, and what works already."""
