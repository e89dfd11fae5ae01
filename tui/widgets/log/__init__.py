"""A job's log of any length: where its lines, groups and errors are, what is folded, searching it, and drawing it."""
