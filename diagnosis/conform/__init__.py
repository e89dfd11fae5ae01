"""Judge what a change proposes, before it is merged: against the base branch, and against what the repository's releases need."""
