"""Whether a long-lived key of AWS reaches the closing run."""
