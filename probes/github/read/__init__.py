"""Read what GitHub knows about a run: one file for each kind of thing."""
