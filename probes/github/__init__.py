"""What GitHub is asked, and how: `http` makes the requests, `read` turns answers into values."""
