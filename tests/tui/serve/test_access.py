"""Who may speak to the server of `planescope serve`."""

from __future__ import annotations

import socket

import pytest

from tui.serve.access import Access, is_loopback


@pytest.mark.parametrize(
    ("listens", "host", "is_ours"),
    [
        ("127.0.0.1", "127.0.0.1:8123", True),
        ("127.0.0.1", "LocalHost:8123", True),
        ("::1", "[::1]:8123", True),
        ("127.0.0.1", "127.0.0.1:8124", False),
        ("127.0.0.1", "127.0.0.1", False),
        ("127.0.0.1", "", False),
        ("127.0.0.1", "evil.example:8123", False),
        ("127.0.0.1", "127.0.0.1.evil.example:8123", False),
        ("127.0.0.1", "evil.example:8123:8123", False),
        ("127.0.0.1", f"{socket.gethostname()}.evil:8123", False),
        ("10.1.2.3", "10.1.2.3:8123", True),
        ("10.1.2.3", "127.0.0.1:8123", False),
        ("0.0.0.0", "192.0.2.7:8123", True),  # noqa: S104 - what is asked about
        ("0.0.0.0", f"{socket.gethostname()}:8123", True),  # noqa: S104
        ("0.0.0.0", "evil.example:8123", False),  # noqa: S104
        ("::", "[2001:db8::7]:8123", True),
    ],
)
def test_a_name_that_somebody_else_gives_out_is_none_of_ours(listens: str, host: str, is_ours: bool) -> None:
    access = Access(listens, 8123)
    assert access.is_host(host) is is_ours
    assert access.is_origin(f"http://{host}", host) is is_ours
    assert not access.is_origin(None, host)
    assert not access.is_origin("null", host)
    assert not access.is_origin("http://evil.example:8123", host)
    assert not access.is_origin(f"https://{host}", host)


def test_the_token_is_new_each_time_and_never_shown_by_accident() -> None:
    access = Access("127.0.0.1", 8123)
    assert access.token != Access("127.0.0.1", 8123).token
    assert len(access.token) >= 40
    assert access.knows(access.token)
    assert not any(
        access.knows(wrong) for wrong in ("", access.token[:-1], f"{access.token}x", access.opening, "é\udcff")
    )
    assert access.token not in repr(access)
    assert access.opening not in repr(access)
    assert access.token in access.address
    assert access.token not in access.address_once, "the words with which a browser is started can be read by everybody"


def test_this_machine_alone_is_told_from_others() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "localhost")))
    assert not any(map(is_loopback, ("0.0.0.0", "::", "10.0.0.1", "devbox", "")))  # noqa: S104
