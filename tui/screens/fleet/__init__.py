"""The screen of the fleet."""
