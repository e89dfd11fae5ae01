"""Let a job judge its own gates before it pushes. The document that it writes is in :mod:`diagnosis.documents.preflight`."""
