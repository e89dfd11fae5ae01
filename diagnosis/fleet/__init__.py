"""A fleet: the release workflows of many repositories, each judged on one line, and what only all of them together tell."""
