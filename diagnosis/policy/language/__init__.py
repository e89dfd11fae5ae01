"""Parse policy documents, and compile their statements, conditions and wildcards."""
