"""The command line: commands, their options and input files, and how results are printed."""
