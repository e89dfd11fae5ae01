"""The parts of the account screen."""
