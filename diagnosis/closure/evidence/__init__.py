"""Judge what a chain points to: the decision log's entry and its clock, the evidence files, and each anchor's state."""
