"""GitHub's expression language: its grammar, its values, and what a run settles of an expression."""
