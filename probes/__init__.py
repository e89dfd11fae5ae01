"""Read GitHub and AWS, or the embedded incident in their place. Every call goes into the ledger."""
