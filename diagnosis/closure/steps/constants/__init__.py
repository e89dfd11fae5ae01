"""Whether the evidence of the closing run was measured, or written as a constant."""
