"""What the tools that scripts call do at registries, a family a file; what is understood, and what is opaque."""
