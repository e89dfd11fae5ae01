"""The smallest changes that remove a cause, as text to review and as changes of the model. planescope never makes them."""
