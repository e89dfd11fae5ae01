"""The chain of attempts: which belong together, whether it closed, and whether it closed for the right reasons."""
