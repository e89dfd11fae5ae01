"""What is set up and what is missing, as values: the start screen and ``planescope doctor`` show the same."""
