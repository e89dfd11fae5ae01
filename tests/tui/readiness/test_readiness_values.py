"""How checks add up: to an exit code, and to what works already."""

from __future__ import annotations

import itertools

import pytest

from diagnosis.documents.exit_code import ExitCode
from tui.readiness.check import Check, State, What, exit_code, missing, note, ready, unknown
from tui.readiness.works import Part, works

ALL = tuple(ready(what, "There.") for what in What)


def having(*changed: Check) -> tuple[Check, ...]:
    found = {check.what: check for check in (*ALL, *changed)}
    return tuple(found.values())


def working(*changed: Check) -> set[str]:
    return {part.part.value for part in works(having(*changed)) if part.works}


def test_all_that_is_there_ends_with_0_and_notes_change_nothing() -> None:
    assert exit_code(ALL) is ExitCode.PASSED
    assert exit_code([note(what, "Well.", "Do something.") for what in What]) is ExitCode.PASSED
    assert working() == {"recorded", "live", "demo"}


@pytest.mark.parametrize("codes", itertools.product(("", "2", "3", "4"), repeat=2))
def test_credentials_come_before_what_is_wrong_and_that_before_what_is_unknown(codes: tuple[str, str]) -> None:
    checks = [
        missing(what, "Not there.", "Get it.", code=ExitCode(int(code))) if code else ready(what, "There.")
        for what, code in zip((What.TOKEN, What.AWS), codes, strict=True)
    ]
    given = set(codes)
    assert exit_code(checks) == next((int(code) for code in "423" if code in given), 0)


def test_what_lacks_is_named_by_what_hangs_on_it() -> None:
    assert working(missing(What.TOKEN, "None.", "Set it.", code=ExitCode.CREDENTIALS)) == {"live", "demo"}
    assert working(unknown(What.AWS, "Not answered.")) == {"recorded", "demo"}
    assert working(note(What.DEMO, "No moto.", "Install it.")) == {"recorded", "live"}
    assert working(note(What.AWS, "Not asked.", "Leave the option out.")) == {"recorded", "demo"}
    assert working(missing(What.SETTINGS, "Wrong.", "Correct it.", code=ExitCode.USAGE)) == set()
    told = {part.part: part.sentence for part in works(having(unknown(What.REACH, "?"), unknown(What.TOKEN, "?")))}
    assert told[Part.RECORDED].endswith("It needs: token, token's reach.")


def test_what_was_never_looked_at_does_not_count_as_working() -> None:
    assert [part.works for part in works([])] == [False, False, False]


def test_no_secret_stands_in_a_check() -> None:
    token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz12"
    check = Check(What.TOKEN, State.NOTE, f"says {token}", f"use {token}", (f"export GH_TOKEN={token}",))
    assert token not in repr(check)
