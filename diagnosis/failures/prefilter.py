"""Where in a large text a line may matter: a fast search that misses nothing the rules know.

A search for some thirty plain fragments runs at memory speed each; a pattern whose alternatives begin with rare letters
does the rest. Every word of every rule holds one of these fragments (a test sees to it), so a line without any of them
cannot be a finding.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import accumulate

from diagnosis.logs.line_search import lines_holding

STRUCTURE = ("##[", "Post job cleanup", "Cleaning up orphan")
"""What tells where steps begin and end."""

FRAGMENTS: tuple[str, ...] = (
    "ailed",
    "ailing",
    "ailure",
    "ccess role",
    "enied",
    "uthoriz",
    "redential",
    "nvalid",
    "unknown",
    "imeout",
    "mmutable",
    "not found",
    "not exist",
    "not ok ",
    "not read Username",
    "auth config",
    "be assumed",
    "login prior",
    "dentity provider",
    "id-token",
    "oken included",
    "onnection re",
    "ssume ",
    "toomany",
    "orbidden",
    "such host",
    "send request",
    "request send",
    "request canceled",
    "connection issue",
    "network connection",
    "broken pipe",
    "ttempts",
    "codeartifact",
    "state lock",
    "Docker daemon",
    "space left",
    "of memory",
    "imed out",
    "maximum allowed",
    "by integration",
    "canceled",
    "shutdown signal",
    "ecr.",
    "ecr-fips.",
    ".io/",
    "refers to",
    "push",
    "role-to-assume",
    "-access-key-id",
    "mporting cache",
    "digest: sha",
)

_WEB_BEGINNINGS = ("Run ", "Error: ")
"""How a step and an error annotation begin in a copy of GitHub's web page."""

RARE = re.compile(
    r"x(?:it code|it status|ited with|pired|pected (?:HTTP )?status|509: |ceed|ception)"
    r"|'(?:message'|roleArn)"
    r"|A(?:ADSTS|CTIONS_ID_TOKEN|ssuming role|uthenticated as|RN is)"
    r"|Bad Request|Could not connect|DENIED"
    r"|E(?:AI_AGAIN|NEEDAUTH|CONN|NOTFOUND|TIMEDOUT|OF\b|CR repository|CR image)"
    r"|FAIL(?:ED|URE|:|\t| )"
    r"|HTTP(?:S certificate| 4)"
    r"|I(?:DP[CR]|AM Role \(|MDS role|NVALID|naccessible host|ncorrect token|nput required|D [Tt]oken)"
    r"|Issuer must be|Missing a required claim|Permission denied"
    r"|Log(?:ging into|in Succeeded)"
    r"|M(?:issing (?:Auth|region)|issingAuth|ethod Not)"
    r"|ImageManifest|Not Found|status 4"
    r"|O(?:OMKilled|penIDConnect|IDC\b)"
    r"|P(?:ackedPolicy|ermission ['\"])"
    r"|R(?:OLLBACK_|egion is|egionDisabled)"
    r"|S(?:ignature|tatusCode: 4|ecurityTokenService|ource image|ource Account)"
    r"|T(?:OOMANY|oken must|TY device|oo Many|he config profile|he (?:self-)?hosted runner)"
    r"|U(?:NAUTHORIZED|NKNOWN|nauthenticated|nable to find a region)"
    r"|You must"
)


def interesting_lines(block: str) -> list[tuple[int, bool]]:
    """Where the lines begin that may matter, in order, each with whether it may be a finding or only gives structure."""
    starts = lines_holding(block, FRAGMENTS)
    for found in RARE.finditer(block):
        starts.add(block.rfind("\n", 0, found.start()) + 1)
    structure = lines_holding(block, STRUCTURE)
    for beginning in _WEB_BEGINNINGS:
        if block.startswith(beginning):
            structure.add(0)
        at = block.find(f"\n{beginning}")
        while at >= 0:
            structure.add(at + 1)
            at = block.find(f"\n{beginning}", at + 1)
    return sorted([(start, True) for start in starts] + [(start, False) for start in structure - starts])


def that_may_matter(texts: Sequence[str]) -> set[int]:
    """The positions of the texts that :func:`may_matter`: asked of all at once, which takes half the time."""
    block = "\n".join(texts)
    if block.count("\n") != len(texts) - 1:
        return {place for place, text in enumerate(texts) if may_matter(text)}
    starts = lines_holding(block, FRAGMENTS)
    starts.update(block.rfind("\n", 0, found.start()) + 1 for found in RARE.finditer(block))
    begins = accumulate((len(text) + 1 for text in texts), initial=0)
    return {place for place, begin in enumerate(begins) if begin in starts} if starts else set()


def may_matter(text: str) -> bool:
    """Whether one line may matter: the same question for lines that were read already."""
    # A plain loop: asked of every line, a generator would take half as long again.
    for fragment in FRAGMENTS:
        if fragment in text:
            return True
    return RARE.search(text) is not None
