"""Read raw logs: take off frames and colours, replace secrets, and tell the steps apart."""
