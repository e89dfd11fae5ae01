"""A case file is rewritten without loss, whole or not at all, and never over what somebody else has written meanwhile."""

from __future__ import annotations

import errno
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from probes.case_file import CaseFileError, read_case_file
from probes.case_rewrite import comments_in, replace_case, rewritten, update_case, write_new_case

OWN = (
    """\
# Packaging, # as we tell it
ticket = "SEC-1 # no comment"   # ours

title = "Packaging"
"runs" = [
    21985402789, # the trust
    # the policy comes next
    21985472266,  # the policy
]
left_out = ["1/2"] # by mistake
[team] # theirs
name = '''a "#" b'''

[[changes]]
text = "created the provider"   # by hand
after_run = 21985402789
reviewed_by = "me"
source = """
    '"""log\n# no comment"""\n# the end\n'
)


def test_comments_order_and_foreign_keys_survive() -> None:
    runs = [21985402789, 21985472266, 5]
    text = rewritten(OWN, {"runs": runs, "splits": ["5"], "digest": None}, "case.toml")
    assert text == OWN.replace("# the policy\n]", "# the policy\n    5,\n]").replace(
        "[team]", 'splits = ["5"]\n\n[team]'
    )
    assert comments_in(OWN)[:3] == ("# Packaging, # as we tell it", "# ours", "# the trust")
    assert comments_in(OWN)[-2:] == ("# by hand", "# the end")
    # What stood beside something that goes stays where that was; the rest does not move.
    text = rewritten(text, {"runs": [21985402789, 5], "left_out": None}, "case.toml")
    assert sorted(comments_in(text)) == sorted(comments_in(OWN))
    wanted = {**tomllib.loads(OWN), "runs": [21985402789, 5], "splits": ["5"]}
    del wanted["left_out"]
    assert tomllib.loads(text) == wanted
    assert rewritten(OWN.replace("\n", "\r\n"), {"title": "x"}, "c") == OWN.replace(
        'title = "Packaging"', 'title = "x"'
    ).replace("\n", "\r\n")


KEYS = st.sampled_from(["ticket", "owner", "runs", "left_out", "title", "zz-top", '"a b"', "a.b"])
VALUES = st.sampled_from(
    [
        *("1", "nan", '"# no"', "'#'", "[1, 2]", "[ # one\n 1, # two\n 2 # three\n]", "[]", "{a = 1}", "07:30:00"),
        *('"""\n#"""', "'''#'''", "2027-03-31", '["1/2", "3"]', "[\n\n1,\n]", "[[1], [2]]", "[{a = 1}]", "0x1F"),
    ]
)
SPACES = st.sampled_from(["", " ", "  # c\u2028d", "# c", ' \t# "quoted', "\n", "\n# alone\n"])
LINES = st.tuples(KEYS, st.sampled_from([" = ", "=", " =\t"]), VALUES, SPACES).map("".join)
TABLES = st.sampled_from(["[team]", "[ team ] # t", "[[changes]]", "[[changes]] # two", "[a.b.c]", "# alone", ""])
RUNS = st.lists(st.integers(1, 9), unique=True)


@settings(max_examples=examples(400))
@given(
    st.lists(LINES, unique_by=lambda line: line.partition("=")[0].strip(), max_size=5),
    st.lists(st.tuples(TABLES, LINES.filter(lambda line: not line.startswith("a.b"))).map("\n".join), max_size=3),
    st.sampled_from(["\n", "\r\n"]),
    RUNS | st.none(),
    RUNS.map(lambda runs: [f"{run}/1" for run in runs]) | st.none(),
)
def test_whatever_stands_in_a_file_stays_in_it(
    top: list[str], tables: list[str], end: str, runs: list[int] | None, left_out: list[str] | None
) -> None:
    text = "\n".join([*top, *tables, ""]).replace("\n", end)
    try:
        before = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    try:
        after = rewritten(text, {"runs": runs, "left_out": left_out}, "case.toml")
    except CaseFileError:
        return  # refused, and nothing written
    wanted: dict[str, Any] = {**before, "runs": runs, "left_out": left_out}
    kept = {name: value for name, value in wanted.items() if value is not None}
    assert repr(sorted(tomllib.loads(after).items())) == repr(sorted(kept.items()))
    assert sorted(comments_in(after)) == sorted(comments_in(text))
    if end == "\r\n" and end in text:
        assert "\n" not in after.replace(end, "")


def test_a_file_is_replaced_whole_and_only_as_it_was_read(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_bytes(b"\xef\xbb\xbf" + OWN.encode())
    file.chmod(0o644)
    link = tmp_path / "link.toml"
    link.symlink_to(file)
    update_case(link, {"runs": [7]})
    assert read_case_file(file).runs == (7,)
    assert file.read_bytes().startswith(b"\xef\xbb\xbf#")
    assert (stat.S_IMODE(file.stat().st_mode), link.is_symlink()) == (0o644, True)
    body = file.read_bytes()
    file.write_bytes(body + b"# mine\n")
    with pytest.raises(CaseFileError, match="was changed meanwhile"):
        replace_case(file, "runs = [1]\n", body)
    assert file.read_bytes() == body + b"# mine\n"
    file.write_bytes(b"runs = [1]\r# old\r")
    with pytest.raises(CaseFileError, match="line ends of an old system"):
        update_case(file, {"runs": [2]})
    assert sorted(each.name for each in tmp_path.iterdir()) == ["case.toml", "link.toml"], "nothing stays beside it"


def _no_links(*_paths: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


def _full(_handle: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_new_file_is_for_the_user_alone_and_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "cases" / "case.toml"
    write_new_case(file, "runs = [1]\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with pytest.raises(CaseFileError, match="is there already"):
        write_new_case(file, "runs = [2]\n")
    assert [each.name for each in file.parent.iterdir()] == ["case.toml"]
    with monkeypatch.context() as without_links:
        without_links.setattr("os.link", _no_links)
        with pytest.raises(CaseFileError, match="is there already"):
            write_new_case(file, "runs = [2]\n")
        write_new_case(file.with_name("b.toml"), "runs = [2]\n")
    with monkeypatch.context() as full:
        full.setattr("os.fsync", _full)
        with pytest.raises(CaseFileError, match="No space left"):
            write_new_case(file.with_name("c.toml"), "runs = [2]\n")
        with pytest.raises(CaseFileError, match="No space left"):
            update_case(file, {"runs": [2]})
    assert sorted(each.name for each in file.parent.iterdir()) == ["b.toml", "case.toml"]
    assert file.read_text(encoding="utf-8") == "runs = [1]\n"
    for name, text in (("a\0b", ""), ("d.toml", "\ud800")):
        with pytest.raises(CaseFileError, match="holds such characters"):
            write_new_case(file.with_name(name), text)
    secret = "AKIA" + "IOSFODNN7EXAMPL3"
    with pytest.raises(CaseFileError, match="line 2, would hold a secret"):
        write_new_case(tmp_path / "new" / "case.toml", f"runs = [1]\n# {secret}\n")
    assert not (tmp_path / "new").exists()
    file.write_text(f"# {secret}\n", encoding="utf-8")
    with pytest.raises(CaseFileError, match="line 1, would hold a secret"):
        update_case(file, {"runs": [2]})
