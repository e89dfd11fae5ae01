"""A pasted address names exactly one run, whatever stands around it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.runs.run_address import RunAddress, address_in, addresses_within, id_in, number_in

BASE = "https://github.com/octo-org/My.repo_1/actions/runs/21985402789"
PLAIN = RunAddress("github.com", "octo-org/My.repo_1", 21985402789)


@pytest.mark.parametrize(("text", "expected"), [
    (BASE, PLAIN), (f"  {BASE}\n", PLAIN), (f"<{BASE}>", PLAIN), (f"{BASE}/", PLAIN), (f"{BASE}?pr=7", PLAIN),
    (f"{BASE}#summary-1", PLAIN), (f"({BASE}).", PLAIN), (f"`{BASE}`", PLAIN), (f"{BASE}/workflow", PLAIN),
    (BASE.removeprefix("https://"), PLAIN), (BASE.replace("github.com", "WWW.GitHub.com"), PLAIN),
    (BASE.replace("https://github.com/", "https://api.github.com/repos/"), PLAIN),
    (f"{BASE}/attempts/2", RunAddress("github.com", "octo-org/My.repo_1", 21985402789, 2)),
    (f"{BASE}/attempts/2?check_suite_focus=true#x", RunAddress("github.com", "octo-org/My.repo_1", 21985402789, 2)),
    (f"{BASE}/job/63411?pr=1#step:4:12", RunAddress("github.com", "octo-org/My.repo_1", 21985402789, None, 63411)),
    (f"{BASE}/attempts/3/job/63411", RunAddress("github.com", "octo-org/My.repo_1", 21985402789, 3, 63411)),
    ("https://ghe.corp.example:8443/o/r/actions/runs/5", RunAddress("ghe.corp.example:8443", "o/r", 5)),
    ("https://ghe.corp.example/api/v3/repos/o/r/actions/runs/5", RunAddress("ghe.corp.example", "o/r", 5)),
    ("https://api.acme.ghe.com/repos/o/r/actions/runs/5", RunAddress("acme.ghe.com", "o/r", 5)),
    ("https://user:secret@ghe.example/o/r/actions/runs/5", RunAddress("ghe.example", "o/r", 5)),
    ("user:secret@ghe.example/o/r/actions/runs/5", RunAddress("ghe.example", "o/r", 5)),
    ("github.com@evil.example/o/r/actions/runs/5", RunAddress("evil.example", "o/r", 5)),
    ("https://github.com:x@evil.example/o/r/actions/runs/5", RunAddress("evil.example", "o/r", 5)),
    ("", None), ("login", None), ("https://github.com/o/r", None), ("https://github.com/o/r/actions/runs/", None),
    ("https://github.com/o/r/actions/runs/0", None), ("https://github.com/o/r/actions/runs/12ab", None),
    ("https://github.com/o/r/actions/runs/" + "9" * 30, None), ("https://github.com/../r/actions/runs/5", None),
    ("https://github.com/o/r/actions/runs/٤", None), ("javascript://github.com/o/r/actions/runs/5", None),
    (f"{BASE} {BASE}", None), (f"{BASE}" + "x" * 30_000, None),
])  # fmt: skip
def test_what_a_pasted_text_names(text: str, expected: RunAddress | None) -> None:
    assert address_in(text) == expected


def test_addresses_within_other_words_are_found_once_each() -> None:
    text = f"Failed again: {BASE} (see also {BASE}/attempts/2), not {BASE}."
    assert [each.attempt for each in addresses_within(text)] == [None, 2]
    assert addresses_within("nothing here") == ()
    assert addresses_within("a" * 3_000_000) == ()


def test_ids_and_numbers() -> None:
    assert (id_in(" 21985402789\n"), id_in("#12"), id_in("x1"), id_in("0"), id_in("1" * 25)) == (
        21985402789,
        *[None] * 4,
    )
    assert (number_in(" #12 "), number_in("12"), number_in("#"), number_in("##1")) == (12, None, None, None)


_names = st.from_regex(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,20}", fullmatch=True)
_numbers = st.integers(1, 10**18 - 1)


@given(
    host=st.from_regex(r"[a-z][a-z0-9-]{0,9}\.[a-z]{2,6}(:[1-9][0-9]{3})?", fullmatch=True),
    owner=_names,
    name=_names,
    run=_numbers,
    attempt=st.none() | st.integers(1, 999),
    job=st.none() | _numbers,
    after=st.sampled_from(["", "/", "?pr=1", "#step:2:3", "?a=b#c"]),
    around=st.sampled_from([("", ""), (" ", "\r\n"), ("<", ">"), ('"', '",'), ("\ufeff", " ")]),
)
def test_every_address_reads_back(
    host: str,
    owner: str,
    name: str,
    run: int,
    attempt: int | None,
    job: int | None,
    after: str,
    around: tuple[str, str],
) -> None:
    path = f"{f'/attempts/{attempt}' if attempt else ''}{f'/job/{job}' if job else ''}"
    text = f"{around[0]}https://{host}/{owner}/{name}/actions/runs/{run}{path}{after}{around[1]}"
    found = address_in(text)
    assert found == RunAddress(host, f"{owner}/{name}", run, attempt, job)
    assert found.is_in(f"https://{host.upper()}/{owner.upper()}/{name}")
    assert not found.is_in(f"https://{host}/{owner}/{name}x")


@given(st.text(max_size=80) | st.text("htps:/.gub#?0123456789 \n<>@[]", max_size=80))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    found = address_in(text), *addresses_within(text)
    assert all(each is None or each.run > 0 for each in found)
    assert (id_in(text) or 1) > 0
    assert (number_in(text) or 0) >= 0
