"""What the account holds for one run: each document with what decides, who gets in, what is granted beside the need."""
