"""Find the account ids that addresses of queues and access points name."""

from __future__ import annotations

import re

_ACCOUNTS = re.compile(
    r"\.amazonaws\.com(?:\.cn)?/(\d{12})(?![0-9])|(?<![0-9])(\d{12})\.s3-(?:accesspoint|control)[.-]"
)


def accounts_in(text: str) -> frozenset[str]:
    """Return the accounts of all such addresses in a text."""
    return frozenset(account for found in _ACCOUNTS.findall(text) for account in found if account)
