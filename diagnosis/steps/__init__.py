"""Read what the steps of a job do, from their text and their log, and which permissions that needs at the registry."""
