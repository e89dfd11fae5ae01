"""A job judges its own gates before it pushes; how it states that, and how that is read again, stand beside this room."""
