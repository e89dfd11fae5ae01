"""The rules, a family a file: each takes a document and yields its findings."""
