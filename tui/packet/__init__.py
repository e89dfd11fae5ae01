"""The evidence packet as files."""
