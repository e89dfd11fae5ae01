"""What people see: the Textual app, the command line, and the packet on disk."""

__version__ = "0.1.0"
