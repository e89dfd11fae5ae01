"""What several commands read from their command line: which repository and account, stated values, policy files, logs."""
