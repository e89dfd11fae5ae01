"""Patterns that others wrote, against texts that others wrote: twice the text is twice the work, whatever they are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cost import cost
from thoroughness import THOROUGH

from diagnosis.facts.ref_filters import may_push
from diagnosis.failures import explain
from diagnosis.policy.language.globs import covers, meet, pattern_cells
from diagnosis.policy.language.matching import (
    action_matcher,
    arn_condition_matcher,
    resource_matcher,
    string_matcher,
)
from diagnosis.steps.shell.words import matches
from diagnosis.trust.subject_typo import misspelling

STARS = "*a" * 40 + "*b"
QUEUE, BUCKET = "arn:aws:sqs:eu-west-1:111122223333:", "arn:aws:s3:::"
SUBJECT = "repo:octo/shop:ref:refs/heads/"

WORK: dict[str, Callable[[int], object]] = {
    "a string": lambda n: string_matcher(STARS, variables=False, wildcards=True)("a" * n, {}),
    "a string with question marks": lambda n: string_matcher("*?a" * 40 + "*b", variables=False, wildcards=True)(
        "a" * n, {}
    ),
    "an action": lambda n: action_matcher([f"sqs:{STARS}"])("sqs:" + "a" * n),
    "a resource": lambda n: resource_matcher(QUEUE + STARS, variables=False)(QUEUE + "a" * n, {}),
    "a resource of short form": lambda n: resource_matcher("*:*:*:*x", variables=False, complete=False)(":" * n, {}),
    "a resource over its segments": lambda n: resource_matcher("arn:*:*:*:*:*a*", variables=False)(
        "arn:" + ":".join(["b" * (n // 60)] * 60), {}
    ),
    "a resource of colons": lambda n: resource_matcher("arn:*:*:*:*:*a*:?*a:*x", variables=False)(
        "arn:" + "a:" * (n // 2), {}
    ),
    "an ARN of a condition": lambda n: arn_condition_matcher(BUCKET + STARS, variables=False)(BUCKET + "a" * n, {}),
    "a pattern beside another": lambda n: meet(pattern_cells("*a" * 20 + "b"), pattern_cells("a" * n)),
    "a pattern within another": lambda n: covers(pattern_cells("*a" * 20 + "b"), pattern_cells("a" * n)),
    "a subject in another case": lambda n: misspelling(f"Repo:octo/shop:ref:refs/heads/{STARS}", SUBJECT + "a" * n),
    "a pattern of the shell": lambda n: matches("a" * n, STARS),
    "a branch's filter": lambda n: may_push({"branches": [STARS]}, "branches", "a" * min(n, 256)),
    "times before an event": lambda n: explain("2026-01-01T10:00  " * (n // 18) + "x"),
    "marks before a line": lambda n: explain(">" * n + "AccessDenied: x"),
    "blanks behind a time": lambda n: explain("10:00:00" + " " * n + "ERROR"),
}


@pytest.mark.parametrize("name", WORK)
def test_twice_the_text_is_twice_the_work(name: str) -> None:
    work = WORK[name]
    work(1_000)  # what is compiled once is compiled
    half, whole = (min(cost(lambda n=n: work(n)) for _ in range(1 + THOROUGH)) for n in (8_000, 16_000))
    assert whole < 3 * half + 0.5
    assert whole < 25  # a power of the length would take hours
