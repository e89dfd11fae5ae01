"""Results as text: a diagnosis, a what-if and a preflight."""
