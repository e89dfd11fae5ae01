"""The whole log of a job: reading, searching, copying and saving it."""
