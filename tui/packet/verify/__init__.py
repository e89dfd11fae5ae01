"""What can be said of a packet that somebody hands over."""
