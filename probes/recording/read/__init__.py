"""Read a recording from its files: the index, the runs, the account and the case."""
