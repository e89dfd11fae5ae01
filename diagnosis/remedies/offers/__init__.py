"""The offers: for each kind of cause, the smallest change that removes it."""
