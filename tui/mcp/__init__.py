"""The Model Context Protocol server: planescope's read-only tools in an agent's hands, over standard input and output."""
