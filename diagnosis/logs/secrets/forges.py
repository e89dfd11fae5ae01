"""How tokens of forges, registries and package indexes look."""

from __future__ import annotations

import re
from collections.abc import Iterator

from diagnosis.logs.secrets.finding import Detector, Finding
from diagnosis.logs.secrets.shapes import ALNUM, ALONE, HEX, WORD, Shape

_GITLAB = ["pat", "dt", "rt", "rtr", "cbt", "ptt", "ft", "imt", "agent", "wt", "soat", "ffct", "oas", "asp"]

_SHAPES = (
    Shape(
        "github-token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        (rf"gh[pousr]_[A-Za-z0-9_]{WORD}{{15,}}(?:\.{WORD}{{10,}}){{0,2}}", r"github_pat_[A-Za-z0-9_]{16,}"),
    ),
    Shape(
        "gitlab-token",
        (*(f"gl{name}-" for name in _GITLAB), "GR1348941"),
        (rf"gl(?:{'|'.join(_GITLAB)})-{WORD}{{16,}}(?:\.[a-z0-9]{{2,12}}){{0,3}}", rf"GR1348941{WORD}{{16,}}"),
    ),
    Shape(
        "atlassian-token",
        ("ATATT", "ATCTT", "ATSTT", "ATBB"),
        (r"AT(?:ATT|CTT|STT)3x[A-Za-z0-9=_-]{40,}", rf"{ALONE}ATBB[A-Za-z0-9=_-]{{24,}}"),
    ),
    Shape("registry-password", ("eyJwYXlsb2Fk", "QVdTOm"), (r"(?:eyJwYXlsb2Fk|QVdTOm)[A-Za-z0-9+/=_-]{16,}",)),
    Shape("docker-token", ("dckr_",), (rf"dckr_[a-z]{{1,6}}_{WORD}{{16,}}",)),
    Shape("npm-token", ("npm_",), (rf"npm_{ALNUM}{{30,}}",)),
    Shape("pypi-token", ("pypi-AgE",), (rf"pypi-AgE{WORD}{{16,}}",)),
    Shape("rubygems-token", ("rubygems_",), (rf"rubygems_{HEX}{{32,}}",)),
    Shape("nuget-token", ("oy2",), (rf"{ALONE}oy2[a-z0-9]{{43}}(?!{ALNUM})",)),
    Shape("crates-token", ("cio",), (rf"{ALONE}cio{ALNUM}{{32}}(?!{ALNUM})",)),
    Shape("clojars-token", ("CLOJARS_",), (r"CLOJARS_[A-Za-z0-9]{40,}",)),
    Shape("artifactory-key", ("AKCp", "cmVmdGtu"), (rf"AKCp{ALNUM}{{60,}}", rf"cmVmdGtu{ALNUM}{{40,}}")),
    Shape("sonar-token", ("sqp_", "squ_", "sqa_"), (rf"{ALONE}sq[pua]_{HEX}{{40}}",)),
    Shape("snyk-token", ("snyk_",), (r"snyk_[a-z]{2,4}\.[A-Za-z0-9._-]{30,}",)),
    Shape(
        "ci-token",
        ("CCIPAT_", "CCIPRJ_", "bkua_"),
        (rf"CCIP(?:AT|RJ)_{ALNUM}{{10,}}_{HEX}{{40}}", rf"bkua_{HEX}{{40}}"),
    ),
)

_RUN = re.compile(r"eyJ[A-Za-z0-9_-]*+(?:(?:\.[A-Za-z0-9_-]*+){1,4})?")
"""A run is taken whole, whether or not it turns out to be a token: no second look begins inside."""
_LONGEST_START = 8
_INSTALLATION = re.compile(r"(?<![:/@.\d-])v1\.(?![0-9a-f]{64}(?![0-9a-f]))[0-9a-f]{40,}")
_TAGGED = re.compile(
    r"(?:tag|version|release|image|ref|sha|commit|branch)s?[\"'`]?\s?[:=]?\s{0,3}[\"'`]?$", re.IGNORECASE
)


def _web_tokens(text: str) -> Iterator[Finding]:
    for found in _RUN.finditer(text):
        head, *rest = found[0].split(".", 5)
        if len(head) > _LONGEST_START and rest and (len(rest) > 1 or rest[0].startswith("eyJ")):
            yield Finding(found.start(), found.end(), "jwt")


def _installation_tokens(text: str) -> Iterator[Finding]:
    for found in _INSTALLATION.finditer(text):
        # A tag of an image may be called like this; docker tells what it pushed and pulled.
        of_a_tag = text.startswith((": digest", ": Pulling"), found.end())
        if not of_a_tag and not _TAGGED.search(text[max(0, found.start() - 16) : found.start()]):
            yield Finding(found.start(), found.end(), "github-token")


DETECTORS = (
    *(shape.detector() for shape in _SHAPES),
    Detector(("eyJ",), _web_tokens),
    Detector(("v1.",), _installation_tokens),
)
