"""Secrets are replaced wherever they stand; what only looks like one stays."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diagnosis.logs.scrub import Scrubber, scrub, scrub_pieces

# Made up, in the right shapes; put together here so that no scanner takes this file for a leak.
KEY_ID = "AKIA" + "Q7EXAMPLE3JK2LMN"
TEMPORARY_KEY_ID = "ASIA" + "Q7EXAMPLE3JK2LMN"
SECRET_KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLEKE"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE" + "Abc123+/" * 20 + "=="
GITHUB_TOKENS = [f"gh{kind}_" + "Ab0" * 12 for kind in "pousr"] + ["github_pat_" + "Ab0_" * 20]
INSTALLATION_TOKEN = "v1." + "0123456789abcdef" * 2 + "01234567"
JWT = "eyJhbGciOiJSUzI1NiJ9" + ".eyJzdWIiOiJyZXBvOmFjbWUvYXBwIn0" + ".c2lnbmF0dXJlLXdvcmRz"
ECR_PASSWORD = "eyJwYXlsb2Fk" + "IjoiQ1dZ" * 30 + "=="
PRIVATE_KEY = "MIIEpAIBAAKCAQEA" + "abcd1234" * 6

SECRETS = {
    "access key id": (KEY_ID, KEY_ID),
    "temporary key id": (TEMPORARY_KEY_ID, TEMPORARY_KEY_ID),
    "secret key in the environment": (f"AWS_SECRET_ACCESS_KEY: {SECRET_KEY}", SECRET_KEY),
    "secret key in a profile": (f"aws_secret_access_key = {SECRET_KEY}", SECRET_KEY),
    "secret key in JSON": (f'"SecretAccessKey": "{SECRET_KEY}",', SECRET_KEY),
    "secret key beside its id": (f"{KEY_ID} {SECRET_KEY}", SECRET_KEY),
    "session token": (SESSION_TOKEN, SESSION_TOKEN[:-2]),
    "session token by name": ('"SessionToken": "opaque0value0opaque0value"', "opaque0value0opaque0value"),
    "installation token": (INSTALLATION_TOKEN, INSTALLATION_TOKEN),
    "identity token": (JWT, JWT),
    "registry password": (ECR_PASSWORD, ECR_PASSWORD[:-2]),
    "docker login": ("docker login -u AWS -p hunter2hunter2 registry", "hunter2hunter2"),
    "docker configuration": ('{"auths":{"r":{"auth":"dXNlcjpwYXNzd29yZA=="}}}', "dXNlcjpwYXNzd29yZA=="),
    "basic header": ("AUTHORIZATION: basic eC1hY2Nlc3M6aHVudGVyMg==", "eC1hY2Nlc3M6aHVudGVyMg=="),
    "bearer header": ("authorization: Bearer 0123456789abcdef", "0123456789abcdef"),
    "bare header": ("Authorization: 0123456789abcdef0123", "0123456789abcdef0123"),
    "signed header": ("Authorization: AWS4-HMAC-SHA256 Credential=x/y, Signature=0a1b2c3d", "0a1b2c3d"),
    "address with a password": ("https://deploy:hunter2@git.acme.example/app.git", "hunter2"),
    "signed address": ("https://b/o?X-Amz-Signature=0a1b2c3d4e5f&x=1", "0a1b2c3d4e5f"),
    "named password": ("DB_PASSWORD=correct-horse-battery", "correct-horse-battery"),
    "GitLab token": ("glpat-" + "Ab0_" * 6, "glpat-" + "Ab0_" * 6),
    "npm token": ("npm_" + "Ab0" * 12, "npm_" + "Ab0" * 12),
    "Docker Hub token": ("dckr_pat_" + "Ab0_" * 6, "dckr_pat_" + "Ab0_" * 6),
} | {f"GitHub token {token[:8]}": (token, token) for token in GITHUB_TOKENS}

FRAMES = [
    "{}",
    "2026-03-02T09:15:00.1234567Z {}",
    "job\tstep\t2026-03-02T09:15:00.1Z {}",
    "\x1b[36;1m{}\x1b[0m",
    "xx{}",
]


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_does_not_survive(name: str, frame: str) -> None:
    text, secret = SECRETS[name]
    scrubbed = scrub(f"before\n{frame.format(text)}\nafter")
    assert secret not in scrubbed
    assert "[scrubbed:" in scrubbed
    assert scrubbed.startswith("before\n")
    assert scrubbed.endswith("\nafter")
    assert scrub(scrubbed) == scrubbed


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:sts::111122223333:assumed-role/ci-release/GitHubActions",
        "Authenticated as assumedRoleId AROAQ7EXAMPLE3JK2LMN:GitHubActions",
        "aws-access-key-id: ***",
        "  token: ***",
        "AWS_SECRET_ACCESS_KEY: ***",
        "authorization: basic ***",
        "https://x-access-token:***@github.com/acme/app",
        "Did you mean to set the `id-token` permission?",
        "permissions: id-token: write",
        "The security token included in the request is invalid.",
        "denied: Your authorization token has expired. Reauthenticate and try again.",
        "server message: insufficient_scope: authorization failed",
        "require authorization: server message: no",
        "Error: Unable to get ACTIONS_ID_TOKEN_REQUEST_URL env variable",
        "sha256:d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56",
        "HEAD is now at 799d398a7daf34857cf363c9a1a629c40ec25d5e",
        "GITHUB_TOKEN: ${{ secrets.GITHUB_TOKEN }}",
        "export AWS_SESSION_TOKEN=$TOKEN",
        "uses: actions/checkout@v4",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


def pem(kind: str = "RSA PRIVATE KEY") -> list[str]:
    return [f"-----BEGIN {kind}-----", PRIVATE_KEY, PRIVATE_KEY, "c2hvcnQ=", f"-----END {kind}-----"]


@pytest.mark.parametrize("frame", FRAMES[:4])
@pytest.mark.parametrize(
    "kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "CERTIFICATE"]
)
def test_a_pem_block_goes_and_what_follows_stays(kind: str, frame: str) -> None:
    lines = [frame.format(line) for line in pem(kind)]
    scrubbed = scrub("\n".join(["before", *lines, "after it all"]))
    assert PRIVATE_KEY not in scrubbed
    assert "c2hvcnQ=" not in scrubbed
    assert scrubbed.count("\n") == 6
    assert scrubbed.endswith("\nafter it all")


def test_a_pem_block_on_one_line() -> None:
    scrubbed = scrub("KEY: " + "\\n".join(pem()) + " tail")
    assert PRIVATE_KEY not in scrubbed
    assert scrubbed.endswith(" tail")


def test_a_block_without_an_end_does_not_swallow_the_log() -> None:
    text = "-----BEGIN PRIVATE KEY-----\nthis is an example of a header\nERROR: denied: no\n"
    assert scrub(text).endswith("ERROR: denied: no\n")


def test_what_begins_behind_the_end_of_a_block_is_scrubbed_too() -> None:
    value = "h7Kq92mZx0LpQv8tRn3w"
    for begun in ("password: |", 'token: "aB3dE5gH7jK9', "export TOKEN=aB3dE5gH7jK9\\", '"name": "password",'):
        text = "\n".join([*pem()[:-1], f"{pem()[-1]}, {begun}", f'  "value": "{value}"' if "name" in begun else value])
        assert value not in scrub(text), begun


def test_what_was_replaced_names_nothing() -> None:
    text = "[scrubbed:github-token] =\nh7Kq92mZx0LpQv8tRn3w"
    assert scrub(text) == text


def test_line_by_line_gives_the_same() -> None:
    text = "\n".join([*(text for text, _ in SECRETS.values()), *pem(), "end"])
    scrubber = Scrubber()
    assert "\n".join(scrubber.line(line) for line in text.split("\n")) == scrub(text)


PIECES = st.sampled_from(
    [text for text, _ in SECRETS.values()]
    + pem()
    + ["denied: ", "\n", " ", "***", "[scrubbed:jwt]", "://", "@"]
    + ["password: ", "token: |", 'secret="', "= @'", "\\", '" +', "h7Kq92mZx0LpQv8t", "DB_PASSWORD=", "\x1b[0m"]
)


@given(st.lists(PIECES | st.text(max_size=12), max_size=12).map("".join))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


@given(
    st.sampled_from(sorted(SECRETS)),
    st.text(alphabet=" \t\"'<>()|;,{}", max_size=5),
    st.text(alphabet=" \t\"'<>()|;,{}", max_size=5),
)
def test_no_neighbour_saves_a_secret(name: str, before: str, after: str) -> None:
    text, secret = SECRETS[name]
    assert secret not in scrub(f"{before}{text} {after}")


def test_long_lines_take_linear_time() -> None:
    for unit in ("eyJ", "ghp_", "://", "AKIA", "Authorization", "SECRET_", "A", "docker login "):
        scrub(unit * 20_000)


def test_a_second_password_behind_the_first_is_found_too() -> None:
    command = "docker login -u AWS -p hunter2hunter2 registry"
    scrubbed = scrub(f"{command}AWS_SECRET_ACCESS_KEY: wJalrXUtnFEMI/K7MDENG+bPxRfiCYzEXAMPLEKE{command}")
    assert "hunter2hunter2" not in scrubbed
    assert scrub(scrubbed) == scrubbed


def test_a_word_before_the_end_of_code_in_a_page_is_evidence() -> None:
    for line in ("`step 7 “Read some API key”: success`", "- `client secret: skipped`"):
        assert scrub(line) == line
    assert "hunter2" not in scrub("`password: hunter2Hunter2`")


_LINES = st.sampled_from(
    [
        "plain",
        "",
        "password=Xk29dk3lmq0Z",
        "password:",
        "export AWS_SECRET_ACCESS_KEY=\\",
        "h7Kq92mZx0LpQv8tRn3w",
        *pem(),
        *pem()[1:2],
    ]
)


@given(st.lists(_LINES, max_size=12).map("\n".join), st.lists(st.integers(0, 400), max_size=6))
def test_a_text_in_pieces_is_scrubbed_as_the_whole(text: str, cuts: list[int]) -> None:
    ends = [0, *sorted(cut for cut in cuts if cut < len(text)), len(text)]
    pieces = [text[start:end] for start, end in pairwise(ends)]
    assert "".join(scrub_pieces(pieces)) == scrub(text)


def test_the_end_of_a_piece_is_no_line_of_its_own() -> None:
    for name in ("password:", "aws_secret_access_key =", "secret: >"):
        for blanks in range(5):
            text = "\n".join([name, *([""] * blanks), "  hunter2hunter2XX9", "tail", ""])
            assert "".join(scrub_pieces(text.splitlines(keepends=True))) == scrub(text)


def test_a_line_without_an_end_is_cut_between_its_words() -> None:
    secret, size = f"ghp_{'a1B2' * 9}", 1 << 16
    for before in (3, 20, len(secret)):
        text = f"{' zz' * 400_000}"[: 17 * size - before] + f" {secret} password: hunter2hunter2XX9 tail"
        pieces = [text[start : start + size] for start in range(0, len(text), size)]
        assert "".join(scrub_pieces(pieces)) == scrub(text)
