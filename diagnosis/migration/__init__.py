"""Plan what a repository's immutable subjects, a rename or a transfer break in trust policies, and the patch for each."""
