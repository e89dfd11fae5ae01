"""The timeline: its columns and how they are drawn."""
