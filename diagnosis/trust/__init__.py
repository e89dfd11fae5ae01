"""Judge a role's trust policy: whom it admits, why it refuses, and the smallest change that admits one more."""
