"""What a step of a job is and does, from its own text and its log, and what it needs of the registry."""
