"""Make a recording: GitHub's answers about chosen runs, scrubbed and kept as files."""
