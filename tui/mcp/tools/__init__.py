"""The tools: one function each that takes checked arguments and returns an answer whose foreign text is marked."""
