"""A proposed policy document against past runs and today's account, in memory."""
