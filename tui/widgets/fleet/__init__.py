"""The fleet: one line for each release workflow of many repositories."""
