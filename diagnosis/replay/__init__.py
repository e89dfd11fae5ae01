"""Judge recorded attempts: a verdict at each gate, with the line that proves it."""
