"""One module for each command; a command group such as `policy` has one more for each of its commands."""
