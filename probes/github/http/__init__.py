"""Make requests to GitHub: a client that only reads, its pace, its errors, downloads from the storage host."""
