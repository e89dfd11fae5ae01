"""The comparison of two attempts."""
