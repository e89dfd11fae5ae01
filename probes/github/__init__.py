"""Read GitHub: `http` makes the requests, `read` turns the answers into values."""
