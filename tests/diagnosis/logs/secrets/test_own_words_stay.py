"""No sentence of the tool is eaten by its own scrubber, whatever names and evidence stand in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from parsed_modules import parsed_modules
from thoroughness import some

from diagnosis.gates import Gate
from diagnosis.logs.scrub import scrub

DIGEST = "d71cbe335ec0ced59a40721f0e1f6016b276ec17f34e52708d3fd02c04d79f56"
COMMIT = "9cb4dd0f1d329f65b2365c5a5ec873d10c88eb29"
NAMES = (
    "get-authorization-token",
    "aws ecr get-authorization-token --region eu-west-1",
    "aws ecr get-login-password",
    "aws sts get-session-token",
    "aws secretsmanager get-secret-value --secret-id prod/db",
    "aws iam create-access-key",
    "ecr:GetAuthorizationToken",
    "GetAuthorizationToken",
    "sts:GetSessionToken",
    "codeartifact:GetAuthorizationToken",
    "Get an authorization token",
    "Registry authorization",
    "Check Authorization",
    "Set the password",
    "Rotate API key",
    "Fetch client secret",
    "Docker auth",
    "AWS_SECRET_ACCESS_KEY",
    "secrets.AWS_SECRET_ACCESS_KEY",
    "aws-secret-access-key",
    "AWS_SESSION_TOKEN",
    "GITHUB_TOKEN",
    "token.actions.githubusercontent.com:sub",
)
"""How steps, commands, actions, variables and gates are called of which a sentence speaks."""
EVIDENCE = (
    f"sha256:{DIGEST}",
    DIGEST,
    COMMIT,
    "arn:aws:iam::230372904534:role/GitHubAction-AssumeRoleWithAction",
    "arn:aws:secretsmanager:eu-west-1:230372904534:secret:prod/db-AbCdEf",
    f"230372904534.dkr.ecr.eu-west-2.amazonaws.com/app:git-{COMMIT}",
    "https://github.com/acme/app/actions/runs/21985472266/attempts/1#step:4:12",
    "repo:acme/app:ref:refs/heads/dev",
    "AROAEXAMPLEEXAMPLEEXA:GitHubActions",
    "2026-02-13T12:00:00Z",
)
"""What proves something in a sentence, and opens nothing."""
_WORDS = re.compile(r"[a-z]{2,}[,;:]? [a-z]{2,}")
_PATTERN = re.compile(r"\(\?|\\[bSswd]|\]\{|\[\^")


@cache
def templates() -> tuple[tuple[str, ...], ...]:
    """The sentences of all code, each as the pieces between which something is named."""
    found: dict[tuple[str, ...], None] = {}
    for path, module in parsed_modules().items():
        if "/secrets/" not in path:
            texts = _Texts()
            texts.visit(module)
            found |= dict.fromkeys(texts.found)
    return tuple(found)


class _Texts(ast.NodeVisitor):
    """Collects the texts of a module that are neither its documentation nor a pattern."""

    def __init__(self) -> None:
        self.found: list[tuple[str, ...]] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if not (isinstance(node.func, ast.Attribute) and node.func.attr == "compile"):
            self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._add(node.value)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        pieces = [""]
        for part in node.values:
            if isinstance(part, ast.Constant):
                pieces[-1] += part.value
            else:
                pieces.append("")
                self.generic_visit(part)
        self._add(*pieces)

    def _add(self, *pieces: str) -> None:
        if _WORDS.search("".join(pieces)) and not any(map(_PATTERN.search, pieces)):
            self.found.append(pieces)


def eaten(texts: Iterator[str]) -> list[str]:
    return [f"{text} -> {now}" for text in texts if (now := scrub(text)) != text]


def test_there_are_many() -> None:
    assert len(templates()) > 2500
    assert sum(len(pieces) > 1 for pieces in templates()) > 800


SENTENCE = "the call stands in a script that is not in the repository"
_SENTENCE = re.compile(r"[A-Z][^\n ]*(?: [^\n ]+){3,}\.")
SCHEMES = ("AWS", "Key", "Token", "Digest", "Basic", "Pat", "Bot", "OAuth")
_ASKS = re.compile(r"token(?:: | `)$")


def test_every_sentence_of_the_code_stays_whatever_it_names() -> None:
    whole = [pieces[0] for pieces in templates() if len(pieces) == 1]
    parts = [pieces for pieces in templates() if len(pieces) > 1]
    assert not eaten(whole)
    assert not eaten(_filled(pieces, name, SENTENCE) for pieces in parts for name in some(NAMES, 4))
    assert not eaten(
        proof.join(pieces) for pieces in parts if not any(map(_ASKS.search, pieces)) for proof in some(EVIDENCE, 3)
    )


def _filled(pieces: tuple[str, ...], name: str, other: str) -> str:
    """Return the sentence with a name in every other place, and something else in those between."""
    places = [name if place % 2 == 0 else other for place in range(len(pieces) - 1)]
    return "".join(piece + place for piece, place in zip(pieces, [*places, ""], strict=True))


def test_every_sentence_stays_behind_a_name() -> None:
    sentences = [pieces[0] for pieces in templates() if len(pieces) == 1 and _SENTENCE.fullmatch(pieces[0])]
    assert len(sentences) > 300
    for name in NAMES:
        assert not eaten(f"step 3 \u201c{name}\u201d: {each}" for each in some(sentences, 20))


def test_what_a_gate_says_stays() -> None:
    """A gate's name ends like a header of HTTP: its reasons are none of the schemes of one."""
    sentences = [pieces[0] for pieces in templates() if len(pieces) == 1 and _SENTENCE.fullmatch(pieces[0])]
    for gate in Gate:
        assert not eaten(f"{gate.label}: {each}" for each in some(sentences, 8))
        assert not eaten(
            f"{gate.label}: {word} {rest}."
            for word in SCHEMES
            for rest in ("of the account are not known", "refuses the call")
        )
        assert not eaten(f"{gate.label}: Step \u201c{name}\u201d printed a denial" for name in NAMES)
        assert not eaten(f"{gate.label}: {proof} is not the one" for proof in EVIDENCE)
        assert not eaten(f"{gate.label}, digest {proof}" for proof in EVIDENCE)
        assert not eaten(f"{gate.label}: digest {proof} was pushed" for proof in EVIDENCE)


@pytest.mark.parametrize("secret", ["correct-horse", "Tr0ub4dor&3x", "wJalrXUtnFEMIK7MDENGbPxRfiCY"])
def test_a_secret_goes_whoever_speaks_of_it(secret: str) -> None:
    """What makes a sentence of a value is words, never its place."""
    for name in ("AWS_SECRET_ACCESS_KEY", "DB_PASSWORD", "GITHUB_TOKEN", "x-amz-security-token"):
        for text in (
            f"{name}: {secret}",
            f"step \u201c{name}\u201d: {secret}",
            f"{name}={secret}",
            f"\u201c{name}\u201d: \u201c{secret}\u201d",
        ):
            assert secret not in scrub(text), text
    for text in (
        f"Authorization: Basic {secret}9Qz4",
        f"Proxy-Authorization: Bearer {secret}9Qz4",
        f"Authorization: AWS {secret}9Qz4:a/b=",
        f"Authorization: aws {secret}9Qz4/k7",
        f"Authorization: digest {secret}9Qz4k7T",
        f"X-Authorization-Token: {secret}9Qz4",
        f"DB_PASSWORD: {secret} is what it was set to by the script",
    ):
        assert secret not in scrub(text), text
    for name in ("get-session-token", "GetSecretValue"):
        drawn = "IQoJb3JpZ2luX2VjEJr4Qz9aQ2V1LXdlc3Qt"
        assert drawn not in scrub(f"{name}: {drawn}")
