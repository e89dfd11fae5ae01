"""From a cause to the smallest change that removes it, as text and as a change of the model; never made by the tool."""
