"""Make calls to AWS: one guarded session, one list of permitted operations, errors as values."""
