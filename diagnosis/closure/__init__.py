"""Group attempts into chains, and judge whether a chain closed, and whether for the right reasons."""
