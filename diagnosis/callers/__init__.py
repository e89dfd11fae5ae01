"""Find out who may assume a role: the callers that a trust policy admits, as a set, and how two policies differ."""
