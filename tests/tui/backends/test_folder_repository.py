"""What is typed or pasted is a repository's name, an address of it, or a clear sentence."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from no_github import forget_github

from tui.backend import BackendProblem
from tui.backends.folder_repository import typed_repository


@pytest.fixture(autouse=True)
def _no_host(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_github(monkeypatch)


@pytest.mark.parametrize(
    "text",
    ["octo-org/shop", "  octo-org/shop ", "https://github.com/octo-org/shop", "https://github.com/octo-org/shop.git",
     "https://github.com/octo-org/shop/actions/runs/42?pr=1", "github.com/octo-org/shop", "git@github.com:octo-org/shop.git",
     "https://github.com/octo-org/shop/"],
)  # fmt: skip
def test_names_and_addresses(text: str) -> None:
    assert typed_repository(text) == "octo-org/shop"


@pytest.mark.parametrize(
    "text",
    ["", " ", "shop", "octo org/shop", "a/b/c/d", "../..", "octo-org/..", "https://github.com/octo-org", "/etc/passwd",
     "https://user:secret-word@github.com", "\x1b[2J/\x07", "日本/語", "x" * 500, "-rf /", "octo-org/shop; rm", "[red]/x]"],
)  # fmt: skip
def test_nonsense_is_a_sentence_that_says_what_to_write(text: str) -> None:
    with pytest.raises(BackendProblem) as told:
        typed_repository(text)
    assert "OWNER/REPO" in told.value.way_out
    assert told.value.sentence.isprintable()
    assert len(told.value.sentence) < 160
    assert "secret-word" not in str(told.value)


def test_an_address_of_another_host_is_not_taken_for_githubs() -> None:
    with pytest.raises(BackendProblem, match=r"gitlab\.example"):
        typed_repository("https://gitlab.example/octo-org/shop")
    assert typed_repository("https://ghe.example.com/octo-org/shop", "ghe.example.com") == "octo-org/shop"


@given(
    st.text(max_size=60)
    | st.from_regex(r"(https?://)?[a-z.@:]{0,14}/?[A-Za-z./]{0,10}/?[a-z.]{0,6}(/x)?", fullmatch=True)
)
def test_whatever_is_typed_is_a_name_or_a_sentence(text: str) -> None:
    name, problem = "", None
    try:
        name = typed_repository(text)
    except BackendProblem as told:
        problem = told
    if problem is not None:
        assert problem.sentence.isprintable()
        assert problem.way_out
        return
    assert re.fullmatch(r"[\w.-]+/[\w.-]+", name, re.ASCII)
    assert not {".", ".."} & set(name.split("/"))
