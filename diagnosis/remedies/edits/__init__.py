"""Edits of policy documents: what a change makes of a document, and how it is written."""
