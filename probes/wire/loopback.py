"""Tell this machine itself from others: plain HTTP may be spoken with it, and no proxy stands between."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address is this machine itself."""
    if host is None:
        return False
    name = host.rstrip(".").lower()
    # Names below localhost are not enough: some resolvers ask the network for them.
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
