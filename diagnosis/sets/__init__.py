"""Decide on sets of strings that patterns describe: intersection, difference, emptiness, smallest member."""
