"""Patterns run side by side: each matches what the policy language says, and the smallest text is the smallest there is."""

from __future__ import annotations

from collections import deque
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.policy.language.matching import string_matcher
from diagnosis.policy.language.variables import read_pieces
from diagnosis.sets.patterns import PatternSet, pattern_of, text_on_the_way, unspelled, unspelled_signs

globs = st.text("ab*?", max_size=5)
WORDS = ["".join(signs) for length in range(5) for signs in product("abx", repeat=length)]


def compiled(*texts, fold=False):
    return PatternSet([pattern_of(read_pieces(text, variables=False, wildcards=True), fold=fold) for text in texts])


def smallest_text(patterns, wanted):
    """A shortest text whose set of matching patterns is wanted: every state breadth first, without any of the shortcuts."""
    alphabet = sorted(patterns.characters | {unspelled(patterns.characters, "x")})
    parents = {patterns.start: None}
    queue = deque([patterns.start])
    while queue:
        state = queue.popleft()
        if wanted(frozenset(patterns.matched(state))):
            return text_on_the_way(parents, state)
        for character in alphabet:
            after = patterns.step(state, character)
            if after not in parents:
                parents[after] = (state, character)
                queue.append(after)
    return None


@given(st.lists(globs, min_size=1, max_size=4))
@settings(max_examples=examples(200))
def test_every_pattern_of_a_set_matches_as_it_does_alone(texts):
    patterns = compiled(*texts)
    for word in WORDS:
        alone = tuple(
            at for at, text in enumerate(texts) if string_matcher(text, variables=False, wildcards=True)(word, {})
        )
        assert patterns.matched(patterns.run(patterns.start, word)) == alone


@given(st.lists(globs, min_size=1, max_size=3), st.lists(globs, min_size=1, max_size=3))
@settings(max_examples=examples(200))
def test_the_smallest_text_of_a_difference_is_the_smallest_there_is(wanted, refused):
    patterns = compiled(*wanted, *refused)
    mine, others = frozenset(range(len(wanted))), frozenset(range(len(wanted), len(wanted) + len(refused)))
    found = smallest_text(patterns, lambda matched: bool(matched & mine) and not matched & others)
    listed = [
        word
        for word in WORDS
        if (matched := set(patterns.matched(patterns.run(patterns.start, word)))) & mine and not matched & others
    ]
    if listed:
        assert found is not None
        assert len(found) == len(listed[0])
    elif found is not None:
        assert len(found) > 4
    if found is not None:
        matched = set(patterns.matched(patterns.run(patterns.start, found)))
        assert matched & mine
        assert not matched & others


def test_letter_case_counts_unless_it_is_folded():
    assert compiled("Ab*").matched(compiled("Ab*").run(compiled("Ab*").start, "abc")) == ()
    folded = compiled("Ab*", fold=True)
    assert folded.matched(folded.run(folded.start, "aBc")) == (0,)


def test_a_wildcard_that_stays_within_a_segment_stops_at_its_end():
    pattern = pattern_of(read_pieces("a:*:b?", variables=False, wildcards=True), stays_within=":")
    patterns = PatternSet([pattern])
    assert [
        bool(patterns.matched(patterns.run(patterns.start, text))) for text in ("a:x:bc", "a:x:y:bc", "a:x:b:")
    ] == [
        True,
        False,
        False,
    ]


def test_a_character_stands_for_all_that_no_pattern_spells():
    assert unspelled("x") != "x"
    every = [chr(code) for code in range(33, 127)]
    assert unspelled(every) not in every
    assert all(sign not in every for sign in unspelled_signs(every))
    assert any(sign.isalpha() for sign in unspelled_signs("x"))
    assert any(sign.isdigit() for sign in unspelled_signs("x"))
