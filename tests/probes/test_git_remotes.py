"""A remote's address is read by an allow-list of forms, and its host is compared as a whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from thoroughness import examples

from probes.git_remotes import is_on, place_of, remotes_here
from probes.github.http.credentials import api_address

PUBLIC = api_address("github.com", {})
LOOPBACK = "http://127.0.0.1:1"
SERVER = api_address("ghe.example.com", {})
PASSWORD = "".join(("hunter", "2", "hunter"))

ON_GITHUB = (
    "https://github.com/octo/shop.git",
    "https://github.com/octo/shop",
    "https://github.com/octo/shop/",
    "https://GitHub.COM/octo/shop",
    "https://github.com:443/octo/shop",
    "http://github.com/octo/shop",
    f"https://user:{PASSWORD}@github.com/octo/shop.git",
    f"https://us@er:{PASSWORD}@github.com/octo/shop.git",
    "git@github.com:octo/shop.git",
    "github.com:octo/shop",
    "org-123@github.com:/octo/shop.git",
    "ssh://git@github.com/octo/shop.git",
    "ssh://git@github.com:22/octo/shop.git",
    "ssh://git@ssh.github.com:443/octo/shop.git",
    "git@ssh.github.com:octo/shop.git",
    "git+ssh://git@github.com/octo/shop",
    "ssh+git://git@github.com/octo/shop",
    "git://github.com/octo/shop",
    "https://www.github.com/octo/shop",
    "https://github.com./octo/shop",
)
ELSEWHERE = (
    "https://gitlab.example.com/octo/shop.git",
    "git@gitlab.example.com:octo/shop.git",
    "git@github-work:octo/shop.git",
    "https://github.com.evil.example/octo/shop",
    "https://evilgithub.com/octo/shop",
    "https://github.co/octo/shop",
    "https://api.github.com/octo/shop",
    "https://gist.github.com/octo/shop",
    "https://github.com@evil.example/octo/shop",
    "https://github.com:pw@evil.example/octo/shop",
    "git@evil.example:github.com/octo/shop",
    "https://evil.example/github.com/octo/shop",
    "https://github.com:8443/octo/shop",
    "ssh://git@github.com:2222/octo/shop",
    "https://ssh.github.com/octo/shop",
    "https://g\u0456thub.com/octo/shop",
    "https://github\u3002com/octo/shop",
    "https://xn--gthub-n4a.com/octo/shop",
    "https://github.com:\u0664\u0664\u0663/octo/shop",
    "https://\uff47ithub.com/octo/shop",
    "https://[::1]/octo/shop",
    "https://ghe.example.com/octo/shop",
)
NO_PLACE = (
    *("", ".", "..", "/srv/git/shop.git", "../shop", "./a/b", "file:///srv/octo/shop", "~/octo/shop"),
    "https://github.com/octo/shop?x=y",
    "https://github.com#@evil.example/octo/shop",
    "https://github.com\\@evil.example/octo/shop",
    "https://github.com\t.evil.example/octo/shop",
    "https://git%68ub.com/octo/shop",
    "https:///octo/shop",
    "https://github.com",
    "ext::sh -c evil% github.com/octo/shop",
    f"token:{PASSWORD}@github.com:octo/shop",
    "https://github.com/octo/sh op",
    "https://github.com/" + "a" * 3000,
)
NO_REPOSITORY = (
    "https://github.com/octo",
    "https://github.com/octo/shop/tree/main",
    "https://github.com/../shop",
    "https://github.com/octo/..",
    "https://github.com//shop",
    "https://github.com/octo/sh\u00f6p",
    "git@github.com:shop",
)


@pytest.mark.parametrize("address", ON_GITHUB)
def test_each_form_of_an_address_on_github_is_understood(address: str) -> None:
    place = place_of(address)
    assert place is not None
    assert place.repository == "octo/shop"
    assert is_on(place, PUBLIC)
    assert is_on(place, LOOPBACK), "an API on loopback stands in for github.com"
    assert not is_on(place, SERVER)
    assert PASSWORD not in repr(place)


@pytest.mark.parametrize("address", ELSEWHERE)
def test_no_other_host_is_taken_for_github(address: str) -> None:
    place = place_of(address)
    if place is not None:
        assert not is_on(place, PUBLIC)
        assert not is_on(place, LOOPBACK)
        assert place.shown.isascii()
        assert place.shown.isprintable()


@pytest.mark.parametrize("address", NO_PLACE)
def test_what_is_no_address_of_a_host_is_none(address: str) -> None:
    assert place_of(address) is None


@pytest.mark.parametrize("address", NO_REPOSITORY)
def test_an_address_without_a_repository_names_none(address: str) -> None:
    place = place_of(address)
    assert place is None or place.repository is None


@pytest.mark.parametrize(
    ("address", "api", "same"),
    [
        ("https://ghe.example.com/octo/shop", "ghe.example.com", True),
        ("git@ghe.example.com:octo/shop", "https://ghe.example.com/api/v3", True),
        ("ssh://git@ghe.example.com:122/octo/shop", "ghe.example.com", True),
        ("https://ghe.example.com:8443/octo/shop", "ghe.example.com:8443", True),
        ("https://ghe.example.com:8443/octo/shop", "ghe.example.com", False),
        ("https://ghe.example.com/octo/shop", "ghe.example.com:8443", False),
        ("https://ghe.example.com.evil.example/octo/shop", "ghe.example.com", False),
        ("https://github.com/octo/shop", "ghe.example.com", False),
        ("https://octo.ghe.com/octo/shop", "octo.ghe.com", True),
        ("git@octo.ghe.com:octo/shop", "api.octo.ghe.com", True),
        ("git@other.ghe.com:octo/shop", "octo.ghe.com", False),
        ("http://127.0.0.1:3000/octo/shop", "http://127.0.0.1:3000", True),
        ("http://127.0.0.1:3001/octo/shop", "http://127.0.0.1:3000", False),
    ],
)
def test_the_host_of_an_enterprise_server_is_its_own(address: str, api: str, same: bool) -> None:
    place = place_of(address)
    assert place is not None
    assert is_on(place, api_address(api, {})) is same


@settings(max_examples=examples(400))
@given(
    host=st.text(st.sampled_from("githubcom.-@:/\\#?%[]\u0456 G\t"), max_size=14),
    form=st.sampled_from(("https://{}/o/r", "git@{}:o/r")),
)
def test_only_its_own_names_are_github(host: str, form: str) -> None:
    place = place_of(form.format(host))
    if place is not None and is_on(place, PUBLIC):
        authority = host.partition("/")[0].rpartition("@")[2].lower()
        assert authority.partition(":")[0].removesuffix(".") == "github.com" == place.host


def git(*words: str) -> None:
    subprocess.run(["git", *words], check=True)


def test_git_tells_the_remotes_of_the_folder_and_runs_nothing_of_its_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert remotes_here() is not None
    assert remotes_here().addresses == {}  # type: ignore[union-attr]
    planted = tmp_path / "evil.sh"
    planted.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    planted.chmod(0o755)
    git("init", "-q")
    git("remote", "add", "origin", "work:octo/shop.git")
    git("remote", "add", "mirror", "https://gitlab.example.com/octo/shop")
    settings = (
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "pager.remote",
        "core.editor",
        "diff.external",
        "credential.helper",
    )
    for name in settings:
        git("config", name, str(planted))
    git("config", "alias.remote", f"!{planted}")
    git("config", "url.https://github.com/.insteadOf", "work:")
    found = remotes_here()
    assert found is not None
    assert found.addresses == {
        "origin": "https://github.com/octo/shop.git",
        "mirror": "https://gitlab.example.com/octo/shop",
    }
    assert found.candidates == ("https://github.com/octo/shop.git",)
    assert not (tmp_path / "ran").exists()
