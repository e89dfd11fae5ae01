"""The details of the chosen cell, section by section."""
