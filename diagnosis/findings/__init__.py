"""Findings: what a review of documents, workflows or an account found, where, and what to do about it."""
