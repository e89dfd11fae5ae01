"""Tell how the resource part of an ARN misses the one that is needed by a slip, in services beside the registry.

The kinds of slip: the bucket in the place of its objects, or these in its place; an end without ``/*`` or ``:*``; a type
that is left out; a name that may have been meant for the needed one.
"""

from __future__ import annotations

from collections.abc import Callable

from diagnosis.names.arn import Arn

_ENDS = ("/*", ":*")

Alike = Callable[[str, str], bool]
"""Of a pattern and a text."""


def name_difference(written: str, wanted: Arn, matches: Alike, alike: Alike) -> str | None:
    """Return how the written resource part differs: empty where it does not, None where it names something else.

    ``matches`` tells whether a pattern matches a text, ``alike`` whether one name may have been meant for another.
    """
    whole = wanted.resource
    if matches(written, whole):
        return ""
    if wanted.service == "s3":
        return _of_bucket(written, whole, matches, alike)
    for end in _ENDS:
        if matches(f"{written}{end}", whole):
            return f"`{end}` is missing at the end of {written}, {whole} is needed"
    kind, sign, name = _typed(whole)
    if sign and matches(written, name):
        return f"`{kind}{sign}` is missing before the name in {written}, {whole} is needed"
    written_kind, written_sign, written_name = _typed(written)
    if (written_kind, written_sign) == (kind, sign) and alike(written_name, name):
        return f"{written} is granted, {whole} is needed"
    return None


def _typed(resource: str) -> tuple[str, str, str]:
    """Return ``(type, sign, name)`` of a resource part; without a type, the whole is the name."""
    place = min((at for sign in "/:" if (at := resource.find(sign)) > 0), default=-1)
    return ("", "", resource) if place < 0 else (resource[:place], resource[place], resource[place + 1 :])


def _of_bucket(written: str, whole: str, matches: Alike, alike: Alike) -> str | None:
    bucket, inside, key = whole.partition("/")
    given, given_inside, given_key = written.partition("/")
    if matches(given, bucket) and inside and not given_inside:
        return f"{written} is the bucket, and its objects {whole} are needed"
    if matches(given, bucket) and given_inside and not inside:
        return f"{written} are the objects, and the bucket {whole} itself is needed"
    if bool(inside) is not bool(given_inside):
        return None
    same_bucket, same_key = matches(given, bucket), matches(given_key, key)
    if (same_bucket and alike(given_key, key)) or (same_key and alike(given, bucket)):
        return f"{written} is granted, {whole} is needed"
    return None
