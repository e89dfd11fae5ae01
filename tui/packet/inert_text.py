"""Foreign text as the pages of a packet take it: drawn as it is, on one line, and never read as Markdown, HTML or a link.

A link is made of an address alone, never of a text in which one stands, and only of a legal one: https, or http on this
machine. What is no legal address stays text.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from diagnosis.verdicts.run_end import columns
from diagnosis.visible_text import visible

_MARKDOWN = re.compile(r"([\\`*_\[\]<>|#~&$]|:(?=//)|(?<!:)/(?=/)|(?<=www)\.)", re.IGNORECASE)
"""What Markdown reads something into. GitHub's also makes a link of a bare address, and mathematics of what dollars enclose;
other readers make a link of ``//host``."""
_ESCAPED = r"\\\1"
_LIST = re.compile(r"[-+=](?=[-+=\s]|$)|[0-9]{1,9}(?=[.)](?:\s|$))")
"""The beginning of a line that would begin a list, a rule or an underlined heading."""
_SCRUBBED = re.compile(r"(\[scrubbed:[a-z0-9-]{1,40}\])")

_ADDRESS = re.compile(r"https?://[A-Za-z0-9.\-:\[\]]+(?:[/?#][A-Za-z0-9\-._~%!$&'()*+,;=:@/?#]*)?")
"""An address of the characters that RFC 3986 lets stand in one, without a user in front of its host."""
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})
_LONGEST_ADDRESS = 2_000
_ENTITY = re.compile(r"&(?=[A-Za-z0-9#]+;)")
_LINE = re.compile(r"L\d+")
_RUN = re.compile(r"/actions/runs/(\d+)")
_GITHUB_STEP = re.compile(r"step:(\d+):(\d+)")


def line(text: object) -> str:
    """Return foreign text on one line, without characters that could steer the terminal in which somebody reads the page."""
    return " ".join(visible(str(text)).split())


def markdown(text: object) -> str:
    """Return foreign text so that Markdown reads nothing into it.

    What stands for a secret stays as it is, to be known as such by who looks for secrets; with what may follow it, it is
    neither a link nor the target of one.
    """
    parts = _SCRUBBED.split(line(text))
    return "".join(
        part if number % 2 else f"{_escape_first(part, number)}{_MARKDOWN.sub(_ESCAPED, part)}"
        for number, part in enumerate(parts)
    )


def _escape_first(part: str, number: int) -> str:
    return "\\" if number and part.startswith(("(", ":")) else ""


def paragraph(text: object) -> str:
    """Return foreign text that begins a line of Markdown, so that it begins no list and no heading either."""
    escaped = markdown(text)
    begins = _LIST.match(escaped)
    if begins is None:
        return escaped
    number = begins[0] if begins[0].isdigit() else ""
    return f"{number}\\{escaped.removeprefix(number)}"


def code(text: object) -> str:
    """Return foreign text inside backticks."""
    return line(text).replace("`", "ʼ").replace("|", "¦")


def link(address: object) -> str:
    """Return a legal address as it is; empty for anything else, which is not made a link."""
    text = str(address)
    if len(text) > _LONGEST_ADDRESS or not _ADDRESS.fullmatch(text) or _BROKEN_ESCAPE.search(text):
        return ""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme == "http" and host not in _HERE:
        return ""
    return (
        text
        if _HOST.fullmatch(parts.netloc.lower().removesuffix(f":{_port}") if _port else parts.netloc.lower())
        else ""
    )


def markdown_link(address: object, words: object) -> str:
    """Return a link in Markdown; words alone, and the address as text, where it is no legal one."""
    target = link(address)
    if not target:
        shown = markdown(address)
        return f"{markdown(words)}: {shown}" if shown else markdown(words)
    target = _ENTITY.sub("&amp;", target)
    if "(" in target or ")" in target:
        target = f"<{target}>"
    return f"[{markdown(words)}]({target})"


def words_of_link(words: str, address: object) -> str:
    """Return the words of a link, with the host where it is not github.com: a reader sees where it leads."""
    target = link(address)
    host = urlsplit(target).hostname if target else ""
    return f"{words} ({host})" if host and host != "github.com" else words


def place_words(address: object) -> str:
    """Return what an address of GitHub points at: ``job log, step 4, line 23``."""
    target = link(address)
    parts = urlsplit(target)
    step = _GITHUB_STEP.fullmatch(parts.fragment)
    if step:
        return f"job log, step {step[1]}, line {step[2]}"
    if "/job/" in parts.path:
        return "job log"
    if "/blob/" in parts.path:
        name = parts.path.rpartition("/")[2]
        return f"{name}, line {parts.fragment[1:]}" if _LINE.fullmatch(parts.fragment) else name or "file"
    run = _RUN.search(parts.path)
    return f"run {run[1]}" if run else "source"


def short(text: object, width: int) -> str:
    """Return foreign text in so many columns at most, its middle left out."""
    shown = line(text)
    if columns(shown) <= width:
        return shown
    half = (width - 1) // 2
    return f"{_beginning(shown, width - 1 - half)}…{_beginning(shown[::-1], half)[::-1]}"


def _beginning(text: str, width: int) -> str:
    while columns(text) > width:
        text = text[: width if len(text) > width else -1]
    return text
