"""The baseline of a repository's releases: what was accepted, how today differs from it, and what no release uses any more."""
