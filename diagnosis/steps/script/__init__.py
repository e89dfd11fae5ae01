"""What a script does: which commands it runs, in which state, what they print, and what it hands on to later steps."""
