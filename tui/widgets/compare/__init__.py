"""Two attempts side by side."""
