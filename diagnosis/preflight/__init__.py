"""The preflight of a job: what it says of its own gates before it pushes, and how that statement is read again."""
