"""The OIDC claims that a run presents, and the checks that STS makes before it asks the trust policy."""
