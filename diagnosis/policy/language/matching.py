"""Compile the strings of a policy into matchers: wildcards, ARNs by segment, actions.

Wildcards become regular expressions whose stars are atomic: each takes the leftmost match of what follows it and never
gives it back, which is right for globs and keeps a hostile pattern from running away.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from diagnosis.policy.language.variables import Context, Piece, Wildcard, has_variables, read_pieces, resolve

Matcher: TypeAlias = Callable[[str, Context], bool]
"""Whether a value of the request matches one pattern of the policy."""

_CACHED = 256
"""Patterns whose variables are resolved are compiled per value; the last ones are kept."""
_ARN_SEGMENTS = 6


def glob_pattern(pieces: Sequence[Piece], any_character: str = ".") -> str:
    """Return a regular expression for resolved pieces, to be used with ``fullmatch`` and DOTALL."""
    stretches: list[str] = [""]
    for piece in pieces:
        if piece is Wildcard.ANY:
            stretches.append("")
        elif piece is Wildcard.ONE:
            stretches[-1] += any_character
        elif isinstance(piece, str):
            stretches[-1] += re.escape(piece)
    first, *rest = stretches
    if not rest:
        return first
    middle = "".join(f"(?>{any_character}*?{stretch})" for stretch in rest[:-1] if stretch)
    return f"{first}{middle}{any_character}*{rest[-1]}"


@lru_cache(maxsize=_CACHED)
def _glob(pieces: tuple[Piece, ...], *, fold: bool = False) -> re.Pattern[str]:
    return re.compile(glob_pattern(pieces), re.DOTALL | (re.IGNORECASE if fold else 0))


def string_matcher(text: str, *, variables: bool, wildcards: bool) -> Matcher:
    """Return a case-sensitive comparison with one policy string: exact, or with ``*`` and ``?``."""
    pieces = read_pieces(text, variables=variables, wildcards=wildcards)
    if has_variables(pieces):

        def with_variables(value: str, context: Context) -> bool:
            resolved = resolve(pieces, context)
            return resolved is not None and _glob(resolved).fullmatch(value) is not None

        return with_variables
    if all(isinstance(piece, str) for piece in pieces):
        literal = "".join(piece for piece in pieces if isinstance(piece, str))
        return lambda value, _context: value == literal
    if pieces == (Wildcard.ANY,):
        return lambda _value, _context: True
    match = _glob(pieces).fullmatch
    return lambda value, _context: match(value) is not None


# ------------------------------------------------------------------------------------------------------------- ARNs


def cut_at_colons(pieces: Iterable[Piece], most: int | None = None) -> list[tuple[Piece, ...]]:
    """Return the pieces as colon-separated segments, at most ``most`` of them; a variable's value is never cut."""
    segments: list[list[Piece]] = [[]]
    for piece in pieces:
        if not isinstance(piece, str):
            segments[-1].append(piece)
            continue
        for position, part in enumerate(piece.split(":")):
            if position and (most is None or len(segments) < most):
                segments.append([])
            elif position:
                segments[-1].append(":")
            if part:
                segments[-1].append(part)
    return [tuple(segment) for segment in segments]


def _arn_regex(segments: Sequence[Sequence[Piece]], *, fold_head: bool) -> str:
    """Join six segments to a regular expression: a wildcard stays between its colons, but in the last matches anything."""
    head = ":".join(glob_pattern(segment, "[^:]") for segment in segments[: _ARN_SEGMENTS - 1])
    tail = glob_pattern(segments[_ARN_SEGMENTS - 1])
    return f"(?i:{head}):{tail}" if fold_head else f"{head}:{tail}"


@lru_cache(maxsize=_CACHED)
def _compiled_arn(segments: tuple[tuple[Piece, ...], ...], fold_head: bool) -> re.Pattern[str]:
    return re.compile(_arn_regex(segments, fold_head=fold_head), re.DOTALL)


def _is_arn(value: str) -> bool:
    return value.startswith("arn:") and value.count(":") >= _ARN_SEGMENTS - 1


def arn_condition_matcher(text: str, *, variables: bool) -> Callable[[str, Context], bool | None]:
    """Return the comparison of ArnLike and ArnEquals: six components, each compared on its own, case-sensitive.

    The answer is None where the value or the pattern is no ARN, so that nothing can be compared; a pattern that lacks
    the last component alone is compared, and is like no ARN.
    """
    segments = tuple(cut_at_colons(read_pieces(text, variables=variables, wildcards=True), _ARN_SEGMENTS))
    if len(segments) < _ARN_SEGMENTS:
        nearly = len(segments) == _ARN_SEGMENTS - 1 and segments[0] == ("arn",)
        return lambda value, _context: False if nearly and _is_arn(value) else None
    dynamic = any(has_variables(segment) for segment in segments)
    fixed = None if dynamic else _compiled_arn(segments, False)

    def matches(value: str, context: Context) -> bool | None:
        if not _is_arn(value):
            return None
        if fixed is not None:
            return fixed.fullmatch(value) is not None
        resolved = [resolve(segment, context) for segment in segments]
        if any(segment is None for segment in resolved):
            return False
        known = tuple(segment for segment in resolved if segment is not None)
        return _compiled_arn(known, False).fullmatch(value) is not None

    return matches


def matches_everything(text: str) -> bool:
    """Return whether a Resource pattern is ``*`` (however often written): the only one for actions without resource level."""
    return bool(text) and not text.strip("*")


def names_no_resource(text: str, *, complete: bool) -> bool:
    """Return whether a Resource pattern is of no form that AWS takes: "must be in ARN format or *"."""
    if matches_everything(text):
        return False
    short = text.count(":") < _ARN_SEGMENTS - 1
    return not text.lower().startswith("arn:") or (short and not complete)


def resource_matcher(text: str, *, variables: bool, complete: bool = True) -> Matcher:
    """Return the matcher of one pattern of Resource or NotResource.

    A wildcard stays inside its segment; a ``*`` that ends a segment may also reach across colons ("it can expand to
    match beyond the colon boundaries"). Partition, service, region and account know no letter case, the rest does.
    With ``complete`` an ARN of fewer than six fields is completed with ``*``, as AWS does in identity-based policies.
    """
    if matches_everything(text):
        return lambda _value, _context: True
    pieces = read_pieces(text, variables=variables, wildcards=True)
    segments = tuple(cut_at_colons(pieces, _ARN_SEGMENTS))
    if complete and text.lower().startswith("arn:") and len(segments) < _ARN_SEGMENTS:
        segments += ((Wildcard.ANY,),) * (_ARN_SEGMENTS - len(segments))
    if len(segments) > 1 and any(has_variables(segment) for segment in segments[:-1]):
        return lambda _value, _context: False  # before the fifth colon AWS replaces no variable
    if has_variables(pieces):

        def with_variables(value: str, context: Context) -> bool:
            tail = resolve(segments[-1], context)
            return tail is not None and _arn_or_glob((*segments[:-1], tail))(value)

        return with_variables
    fixed = _arn_or_glob(segments)
    return lambda value, _context: fixed(value)


@lru_cache(maxsize=_CACHED)
def _arn_or_glob(segments: tuple[tuple[Piece, ...], ...]) -> Callable[[str], bool]:
    """Return the test for resolved segments of a Resource pattern."""
    if len(segments) < _ARN_SEGMENTS:
        # One glob over all segments: a star that each of them had would be tried against the others' at every colon.
        joined = [piece for segment in segments for piece in (":", *segment)][1:]
        whole = re.compile(glob_pattern(joined), re.DOTALL).fullmatch
        return lambda value: whole(value) is not None
    every = [*segments[:-1], *cut_at_colons(segments[-1])]
    may_reach = any(segment[-1:] == (Wildcard.ANY,) for segment in every[: _ARN_SEGMENTS - 1])
    segmentwise = _compiled_arn(segments, True).fullmatch
    if not may_reach:
        return lambda value: segmentwise(value) is not None
    reaching = _ReachingGlob(every)
    # A star takes a further segment only where the value has more of them than the pattern.
    return lambda value: segmentwise(value) is not None or (value.count(":") >= len(every) and reaching.matches(value))


class _ReachingGlob:
    """A pattern in which a star that ends a segment may take further segments with it; its other wildcards stay inside theirs.

    The states of the pattern are the bits of a number, all of which go on with each character: no pattern and no value
    is tried twice.
    """

    def __init__(self, segments: Sequence[tuple[Piece, ...]]) -> None:
        self._letters: dict[str, int] = {}
        self._any_letter = self._inner_letter = self._stars = self._inner_stars = 0
        self._length = 0
        for position, segment in enumerate(segments):
            if position:
                self._add_letter(":")
            reaching = segment[-1:] == (Wildcard.ANY,)
            for piece in segment:
                if isinstance(piece, str):
                    for letter in piece:
                        self._add_letter(letter, fold=position < _ARN_SEGMENTS - 1)
                else:
                    self._add_wildcard(piece, reaching=reaching)

    def _add_letter(self, letter: str, *, fold: bool = False) -> None:
        for same in {letter, letter.lower(), letter.upper()} if fold else {letter}:
            self._letters[same] = self._letters.get(same, 0) | 1 << self._length
        self._length += 1

    def _add_wildcard(self, piece: Piece, *, reaching: bool) -> None:
        here = 1 << self._length
        if piece is Wildcard.ONE:
            self._any_letter |= here
            self._inner_letter |= 0 if reaching else here
        else:
            if self._stars & here >> 1:
                return  # one star after another is one star
            self._stars |= here
            self._inner_stars |= 0 if reaching else here
        self._length += 1

    def matches(self, value: str) -> bool:
        """Return whether the pattern stands for the whole value."""
        states = self._past_stars(1)
        for letter in value:
            wildcards, stars = self._any_letter, self._stars
            if letter == ":":
                wildcards, stars = wildcards & ~self._inner_letter, stars & ~self._inner_stars
            advancing = states & (self._letters.get(letter, 0) | wildcards)
            states = self._past_stars(advancing << 1 | states & stars)
            if not states:
                return False
        return bool(states >> self._length & 1)

    def _past_stars(self, states: int) -> int:
        return states | (states & self._stars) << 1


# ---------------------------------------------------------------------------------------------------------- actions


def names_every_action(pattern: str) -> bool:
    """Return whether an action pattern is ``*`` or ``*:*``, however often the stars are written."""
    service, _, name = pattern.partition(":")
    return matches_everything(pattern) or (matches_everything(service) and matches_everything(name))


def names_no_service(pattern: str) -> bool:
    """Return whether an action pattern has a wildcard in its service, which AWS refuses but for ``*`` and ``*:*``."""
    return bool(set(pattern.partition(":")[0]) & {"*", "?"}) and bool(pattern.strip("*:"))


def action_matcher(patterns: Iterable[str]) -> Callable[[str], bool]:
    """Return the test of whether a folded action (``ecr:putimage``) matches any pattern; letter case does not matter.

    Wildcards stay on their side of the colon; a lone ``*`` matches every action.
    """
    exact: set[str] = set()
    globs: list[Callable[[str], re.Match[str] | None]] = []
    for pattern in patterns:
        folded = pattern.lower()
        if matches_everything(folded):
            return lambda _action: True
        if "*" in folded or "?" in folded:
            pieces = read_pieces(folded, variables=False, wildcards=True)
            globs.append(re.compile(glob_pattern(pieces, "[^:]")).fullmatch)
        else:
            exact.add(folded)
    names = frozenset(exact)
    if not globs:
        return names.__contains__
    if len(globs) == 1 and not names:
        only = globs[0]
        return lambda action: only(action) is not None
    return lambda action: action in names or any(match(action) is not None for match in globs)
