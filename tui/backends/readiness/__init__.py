"""Find out what is set up: on this machine, at GitHub, at AWS. Read-only, few requests, bounded in time."""
