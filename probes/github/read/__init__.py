"""What is read of GitHub: one file for each thing that GitHub knows about a run."""
