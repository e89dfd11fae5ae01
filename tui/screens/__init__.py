"""One module for each screen; the main screen, the timeline, is a folder of its own."""
