"""A raw log: frames and colours taken off, secrets replaced, steps told apart."""
