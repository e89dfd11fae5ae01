"""What the steps of the closing run prove, and what of them was not understood."""
