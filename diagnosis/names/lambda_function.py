"""The name of a Lambda function in the forms that its API takes: a name, ``name:qualifier``, an ARN, or a partial one.

Source: AWS Lambda API Reference, ``FunctionName`` of "Invoke".
"""

from __future__ import annotations

import re

from diagnosis.names.arn import Arn
from diagnosis.names.arn_template import arn_template

_NAME = re.compile(r"(?:([0-9]{12}):function:)?([A-Za-z0-9_-]{1,140})(?::(\$LATEST|[A-Za-z0-9_-]{1,128}))?")
_RESOURCE = re.compile(r"function:[A-Za-z0-9_-]{1,140}(:[A-Za-z0-9_$-]{1,128})?")


def function_template(value: str, *, region: str = "{region}", qualifier: str | None = None) -> str | None:
    """Return the ARN of the function that a value names, what is the session's left open; None for any other text.

    ``qualifier`` is a version or an alias that the call names beside the function.
    """
    whole = Arn.parse(value)
    if whole is not None:
        found = _RESOURCE.fullmatch(whole.resource) if whole.service == "lambda" else None
        return value + (f":{qualifier}" if qualifier and not found[1] else "") if found else None
    plain = _NAME.fullmatch(value)
    if plain is None:
        return None
    version = plain[3] or qualifier
    name = f"function:{plain[2]}" + (f":{version}" if version else "")
    return arn_template("lambda", name, region=region, account=plain[1] or "{account}")
