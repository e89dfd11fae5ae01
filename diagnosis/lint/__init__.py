"""Find a policy document's own faults, each with its place, what it means and its correction."""
