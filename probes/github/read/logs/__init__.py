"""Read what jobs said: their logs, the logs of single steps, and what is left of a log that is too long."""
