"""Bound what a server may cost: the time of an answer from its first byte on, its size, and the time of a whole reading."""
