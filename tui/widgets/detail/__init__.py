"""The details of the selected cell, in five sections."""
