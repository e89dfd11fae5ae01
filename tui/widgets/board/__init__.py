"""The timeline with its run list, and what one look at it must give."""
