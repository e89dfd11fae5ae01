"""GitHub's API on loopback, answering from a recording."""
