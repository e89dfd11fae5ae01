"""How AWS is asked: one guarded session, one list of permitted operations, errors as values."""
