"""Whether the closing run built the code that its subject names."""
