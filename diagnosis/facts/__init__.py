"""What was read, recorded or stated, as frozen values: runs, workflow files, the account, the case."""
