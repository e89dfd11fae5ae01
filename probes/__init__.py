"""The adapters that ask, read-only: GitHub, AWS, the embedded incident. Every call goes into the ledger."""
