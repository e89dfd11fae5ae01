"""No repetition of anything that the rules look for costs more than in proportion to its length."""

from __future__ import annotations

import re
import time
import tracemalloc
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples, some

from diagnosis.logs.scrub import scrub
from diagnosis.logs.secrets.search import DETECTORS

OWN = (
    "-----BEGIN PRIVATE KEY----------END PRIVATE KEY-----",
    *(
        "-----BEGIN PRIVATE KEY-----",
        "-----BEGIN ",
        "-----END ",
        "-----",
        "eyJ",
        "eyJ.",
        "eyJhbGciOi.",
        "a:a:a:@",
        "://a:",
        "://a:@",
        "://${a",
        "://$",
    ),
    *(
        "xxxx=",
        'password="',
        "password='\"",
        "password: ",
        "password=",
        "--password ",
        "docker login -p ",
        "docker login ",
        "echo a ",
        "echo a|",
    ),
    *(
        "curl -u ",
        "Authorization: ",
        "Authorization: Basic",
        "Cookie: a=",
        "Bearer ",
        "A",
        "a0",
        "AKIA",
        "Aa1/",
        "${{",
        "$(",
        "{{",
        "<",
        "%25",
        "%3D",
    ),
    *(
        "&quot;",
        "&amp;amp;",
        "\x1b[0m",
        "\x1b[",
        '\\"',
        "token=https://a",
        "token=arn:aws:",
        "token=a-b-",
        "token=a.b.",
        "token=/a",
        "password:a:",
    ),
    *(
        "password is ",
        "password for a ",
        '"name":"password",',
        "password -> ",
        "password|",
        "password=a;",
        "password=a,",
        "password=a&",
        "password\\",
    ),
    *(
        "cGFzc3dvcmQ",
        "cGFzc3dvcmQ=",
        "IQoJb3JpZ2lu",
        "v1.a",
        "secret:",
        "arn:aws:iam::1:role/",
        "?sig=a",
        "[scrubbed:jwt]",
        "[scrubbed:",
        "password: |\n",
    ),
)
WORDS = sorted({re.sub(r"\s+", " ", word.lower()) for detector in DETECTORS for word in detector.fragments})
SIGNS = st.sampled_from([*OWN, *WORDS, *" =:\"'@/-.,a1\\%&<>|"])
LENGTH = 6_000


def seconds(text: str, rounds: int) -> float:
    best = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        scrub(text)
        best = min(best, time.process_time() - begun)
    return best


def growth(unit: str, length: int) -> float:
    """How many times as long four times as much takes: four where time is linear, sixteen where it is quadratic."""
    text = unit * (length // len(unit) + 1)
    base = partial(seconds, text[:length])
    if base(1) < 0.001:
        return seconds(text[:length] * 4, 1) / 0.001
    return seconds(text[:length] * 4, 1) / base(1)


def is_linear(unit: str) -> bool:
    # A busy machine may slow one measurement: what is quadratic is so every time, and at each length.
    return any(growth(unit, LENGTH * factor) < 9 for factor in (1, 2, 3))


@pytest.mark.parametrize("unit", some(OWN, 2))
def test_what_was_thought_of_is_linear(unit: str) -> None:
    assert is_linear(unit)


def test_every_word_that_is_looked_for_is_linear() -> None:
    assert [word for word in some(WORDS, 9) if not is_linear(word)] == []


@settings(max_examples=examples(300), deadline=None)
@given(st.lists(SIGNS, min_size=1, max_size=4).map("".join))
def test_any_mixture_of_them_is_linear(unit: str) -> None:
    assert is_linear(unit)


@pytest.mark.parametrize(
    "unit", ["password=", "A", "\x1b[1mb", "%41", "&#65;", "password%3D%41%41", "xo" + "xb-1", "echo A"]
)
def test_a_long_line_of_one_kind_takes_little_memory(unit: str) -> None:
    text = ("password=" + unit * 40_000)[:40_000]
    scrub(text[:1000])  # what is made once
    tracemalloc.start()
    scrub(text)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 30 * len(text)
