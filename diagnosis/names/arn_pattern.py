"""ARN patterns: what a policy writes under Resource, taken apart at its colons. Wildcards may stand in every field.

Source: IAM User Guide, "IAM JSON policy elements: Resource". An ARN without wildcards is a pattern of itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

_PARTS = 6
_KIND = re.compile(r"[^/:*?]+[/:]")


@dataclass(frozen=True, slots=True)
class ArnPattern:
    """``arn:partition:service:region:account:resource``; fields that the text lacks are empty."""

    partition: str
    service: str
    region: str = ""
    account: str = ""
    resource: str = ""
    fields: int = _PARTS
    """How many fields the text has, ``arn`` counted: AWS completes a short one with wildcards in identity-based policies."""

    @classmethod
    def parse(cls, text: str) -> ArnPattern | None:
        """Return the pattern; None where the text does not begin with ``arn:`` and a partition."""
        parts = text.split(":", _PARTS - 1)
        if parts[0] != "arn" or len(parts) < 3:
            return None
        partition, service, region, account, resource = [*parts[1:], "", "", ""][:5]
        return cls(partition, service, region, account, resource, len(parts))

    def __str__(self) -> str:
        whole = ("arn", self.partition, self.service, self.region, self.account, self.resource)
        return ":".join(whole[: self.fields])

    @property
    def beginning(self) -> str:
        """The resource up to its first variable: ``repository/`` of ``repository/${RepositoryName}``."""
        return self.resource.partition("${")[0]

    def kind_and_rest(self) -> tuple[str, str]:
        """Return the resource's first word with the sign that ends it, and what follows; both empty words where no sign does."""
        found = _KIND.match(self.resource)
        return (found.group(), self.resource[found.end() :]) if found else ("", "")

    def completed(self) -> ArnPattern:
        """Return the pattern with a ``*`` for every field that it lacks."""
        lacking = _PARTS - self.fields
        return replace(
            self,
            region="*" if lacking > 2 else self.region,
            account="*" if lacking > 1 else self.account,
            resource="*" if lacking else self.resource,
            fields=_PARTS,
        )
