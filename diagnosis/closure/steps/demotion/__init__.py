"""Whether a gate of the closing run was demoted: a failure that can be lost, a step switched off, a denial swallowed."""
