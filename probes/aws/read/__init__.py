"""What is read of AWS: one file for each part of the account."""
