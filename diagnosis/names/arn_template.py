"""Fill in an ARN that leaves partition, region or account to the session in which a call is made."""

from __future__ import annotations

import re

_PLACE = re.compile(r"\{(partition|region|account)\}")


def filled_arn(template: str | None, *, partition: str, region: str | None, account: str | None) -> str | None:
    """Return the ARN with ``{partition}``, ``{region}`` and ``{account}`` filled in; None where one that it names is not known."""
    if template is None:
        return None
    known = {"partition": partition, "region": region, "account": account}
    if any(not known[place] for place in _PLACE.findall(template)):
        return None
    return _PLACE.sub(lambda found: known[found[1]] or "", template)
