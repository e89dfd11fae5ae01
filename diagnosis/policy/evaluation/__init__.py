"""The evaluation: what policies decide about a request, why, and what stays open."""
