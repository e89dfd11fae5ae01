"""A subject is a misspelling where it names the same repository and ref and only its writing departs from the grammar."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from thoroughness import examples

from diagnosis.trust.subject_typo import misspelling

REPO = "repo:octo-org/octo-repo"
names = st.text("abcdefghij-_.", min_size=1, max_size=8).filter(lambda text: text.strip("-_.") == text)
contexts = st.one_of(
    names.map("ref:refs/heads/".__add__),
    st.tuples(names, names).map(lambda pair: f"ref:refs/heads/{pair[0]}/{pair[1]}"),
    names.map("ref:refs/tags/".__add__),
    names.map("environment:".__add__),
    st.just("pull_request"),
)
ids = st.sampled_from([("", ""), ("@1", "@22")])
subjects = st.builds(
    lambda owner, name, numbers, context: f"repo:{owner}{numbers[0]}/{name}{numbers[1]}:{context}",
    names,
    names,
    ids,
    contexts,
)
SLIPS = {
    "a space at the end": lambda text: f"{text} ",
    "a space before": lambda text: f" {text}",
    "a line break": lambda text: f"{text}\n",
    "an unseen character": lambda text: f"\u200b{text}",
    "quotes": lambda text: f'"{text}"',
    "no repo:": lambda text: text.removeprefix("repo:"),
    "repository:": lambda text: f"repository:{text.removeprefix('repo:')}",
    "an address": lambda text: f"repo:https://github.com/{text.removeprefix('repo:')}",
    "upper case": lambda text: f"Repo:{text.removeprefix('repo:')}",
    "no ref:": lambda text: text.replace(":ref:refs/", ":refs/"),
    "branch:": lambda text: text.replace(":ref:refs/heads/", ":branch:").replace(":ref:refs/tags/", ":tag:"),
    "no refs/": lambda text: text.replace(":ref:refs/heads/", ":ref:").replace(":ref:refs/tags/", ":ref:tags/"),
    "env:": lambda text: text.replace(":environment:", ":env:"),
    "%3A": lambda text: text.replace(":ref:", ":ref%3A").replace(":environment:", ":environment%3A"),
    "no owner": lambda text: re.sub(r"repo:[^/]*/([^@:]*)[^:]*", r"repo:\1", text),
    "a dash": lambda text: text.replace(":pull_request", ":pull-request"),
}


@settings(max_examples=examples(400))
@given(subjects, st.sampled_from(sorted(SLIPS)))
@example("repo:a/a:ref:refs/heads/a/a", "no owner")
@example("repo:a@1/a@2:ref:refs/heads/a/a", "no owner")
def test_a_slip_is_found_and_the_subject_is_what_is_meant(subject, slip):
    written = SLIPS[slip](subject)
    found = misspelling(written, subject)
    if written == subject:
        assert found is None
        return
    assert found is not None, (written, subject)
    assert found.meant == subject
    assert found.differences
    assert not any(difference.endswith(".") for difference in found.differences)


@settings(max_examples=examples(400))
@given(subjects, subjects)
def test_another_subject_is_no_misspelling(one, other):
    if one.lower() != other.lower():
        found = misspelling(other, one)
        # A branch "x" of a subject and the environment "x" of another are two meanings.
        assert found is None, (other, one, found)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (f"{REPO}:refs/heads/main", "ref: is missing before refs/heads/main"),
        (f"{REPO}:branch:main", "branch: is no part of a subject: ref:refs/heads/ belongs there"),
        (f"{REPO}:ref:refs/heads/main ", "a space stands at its end"),
        ("octo-org/octo-repo:ref:refs/heads/main", "repo: is missing"),
        (f"{REPO}.git:ref:refs/heads/main", ".git is no part of a repository's name"),
        ("repo:octo-org:octo-repo:ref:refs/heads/main", ": stands between owner and repository in the place of /"),
        ("repo:octo-repo:ref:refs/heads/main", "the owner is missing: repo:octo-org/octo-repo belongs there"),
        (f"{REPO}:main", "ref:refs/heads/ is missing before main"),
        (
            "repo:Octo-Org/octo-repo:ref:refs/heads/main",
            "the letter case differs: Octo-Org/octo-repo where GitHub writes octo-org/octo-repo",
        ),
        (f"{REPO}:ref%3Arefs/heads/main", "%3A stands in the place of :"),
        (f"{REPO}:ref:refs/head/main", "ref:refs/head/ stands in the place of ref:refs/heads/"),
        (f"{REPO}::ref:refs/heads/main", ":: stands before ref:refs/heads/ in the place of one colon"),
        (
            "repo:octo-org / octo-repo:ref:refs/heads/main",
            "' / ' stands between owner and repository in the place of /",
        ),
        (f"{REPO}:ref:refs/heads/main\t", "a tab stands at its end"),
        (f"{REPO}:ref:refs/heads/main/", "'/' stands at its end"),
        (f"{REPO}:ref:refs/heads/Main", "the letter case differs: Main where GitHub writes main"),
        (f"{REPO}:REF:refs/heads/main", "the letter case differs: REF:refs/heads/ where GitHub writes ref:refs/heads/"),
    ],
)
def test_the_difference_is_told(written, words):
    found = misspelling(written, f"{REPO}:ref:refs/heads/main")
    assert found is not None
    assert found.differences == (words,)


@pytest.mark.parametrize(
    ("written", "subject", "words"),
    [
        (f"{REPO}:environment:a:b", f"{REPO}:environment:a%3Ab", "a colon inside the name is written %3A"),
        (f"{REPO}:Env:prod", f"{REPO}:environment:prod", "Env: stands in the place of environment:"),
        ("Repository_Owner:octo-org", "repository_owner:octo-org", "the letter case differs"),
        ("repository_owner:octo-org ", "repository_owner:octo-org", "a space stands at its end"),
    ],
)
def test_the_difference_from_other_subjects_is_told(written, subject, words):
    found = misspelling(written, subject)
    assert found is not None
    assert (found.meant, found.differences) == (subject, (words,))


@pytest.mark.parametrize(
    ("written", "subject"),
    [
        (f"{REPO}:pull/7", f"{REPO}:pull_request"),
        (f"{REPO}:", f"{REPO}:pull_request"),
        (f"{REPO}@9:pull_request", f"{REPO}:pull_request"),
        ("acme:octo-org/octo-repo:pull_request", f"{REPO}:pull_request"),
        ("repository_owner:acme", "repository_owner:octo-org"),
    ],
)
def test_other_subjects_that_mean_something_else_are_none(written, subject):
    assert misspelling(written, subject) is None


@pytest.mark.parametrize(
    "written",
    [
        f"{REPO}:environment:main",
        f"{REPO}:ref:refs/tags/main",
        f"{REPO}:ref:refs/heads/feature/main",
        f"{REPO}:ref:refs/heads/maintenance",
        f"{REPO}-two:ref:refs/heads/main",
        "repo:octo-repo:ref:refs/heads/dev",
        "repo:acme/octo-repo:ref:refs/heads/main",
        "repo:octo-repo",
        "repo:octo-org/*",
        f"{REPO}:*",
        "",
    ],
)
def test_what_means_something_else_is_none(written):
    assert misspelling(written, f"{REPO}:ref:refs/heads/main") is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"{REPO}:refs/heads/*", f"{REPO}:ref:refs/heads/*"),
        ("octo-org/*", "repo:octo-org/*"),
        ("repo:OCTO-org/octo-repo:*", f"{REPO}:*"),
    ],
)
def test_a_pattern_keeps_its_wildcards(written, meant):
    found = misspelling(written, f"{REPO}:ref:refs/heads/main")
    assert found is not None
    assert found.meant == meant


@given(st.text(), st.text())
def test_nothing_raises(written, subject):
    misspelling(written, subject)
