"""The policy language: documents parsed and compiled, statements, conditions, wildcards, limits."""
