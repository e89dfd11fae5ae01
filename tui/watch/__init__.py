"""Following a repository's runs without a screen: which attempts have ended, and who is told."""
