"""The live side: what the account says today about one run's claims and needs."""
