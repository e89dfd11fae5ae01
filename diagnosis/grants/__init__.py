"""Compare what permission policies grant, before and after a change, as sets of action and resource."""
