"""How GitHub is asked: one client that only reads, its pace, its errors, the storage host."""
