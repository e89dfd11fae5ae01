"""Evaluate policies: what they decide about a request, why, and what stays open."""
