"""The parts of the walkthrough: large words, the dimmed timeline, the list of steps, the speaker's notes."""
