"""Ask of one Allow of a trust policy whom it lets in beside GitHub's tokens, as ``policy admits`` judges it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from diagnosis.callers.door import Door
from diagnosis.callers.second_doors import second_doors
from diagnosis.lint.document import LintedDocument
from diagnosis.lint.providers import providers_of
from diagnosis.names.arn import Arn, is_account_id
from diagnosis.policy import Effect, Statement

_SOME_ROLE, _NO_ACCOUNT = "linted", "000000000000"


def doors_of(document: LintedDocument, statement: Statement) -> Iterator[Door]:
    """Yield the doors that a statement opens, the policy's Deny statements applied.

    A role stands in the account of the providers that it trusts; where none tells it, no account is the role's own.
    """
    arns = (Arn.parse(provider.name) for provider in providers_of(statement))
    home = next((arn for arn in arns if arn is not None and is_account_id(arn.account)), None)
    role = Arn.iam(home.partition if home else "aws", home.account if home else _NO_ACCOUNT, "role", _SOME_ROLE)
    denies = tuple(item for item in document.policy.statements if item.effect is Effect.DENY)
    yield from second_doors(replace(document.policy, statements=(statement, *denies)), role)
