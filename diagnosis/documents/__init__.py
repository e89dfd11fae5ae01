"""What leaves the program: JSON documents, the evidence packet, redaction, the exit code."""
