"""The list of workflow runs and its filter."""
