"""A chain told step by step, for an audience."""
