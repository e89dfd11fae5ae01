"""Judge proposed policy documents against past runs and today's account, in memory."""
