"""Judge recorded attempts: beside the reading of others, in processes where there is much, and not again what is known."""
