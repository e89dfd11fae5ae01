"""What the actions that steps use do at AWS and at registries, a file a family."""
