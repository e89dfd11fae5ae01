"""Recognize what runners, terminals and people put before the lines that a tool printed."""

from __future__ import annotations

import re

NAMED = re.compile(
    r"(?:\d{1,7}[:-]|[^\t\[\]{}=\"]{1,80}?(?: \||[ :]) {0,40})(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z)(?: |$)"
)
"""The runner's seven digits behind a job's name or the number that ``grep -n`` puts before a line."""
CODEBUILD = re.compile(r"\s*\[Container\] \d{4}/\d\d/\d\d \d\d:\d\d:\d\d(?:\.\d+)? ")
GITLAB = re.compile(r"\d\d[EO][ +]")
"""What GitLab's runner puts after the timestamp: stream number, error or output, whether the line goes on."""
GITLAB_WIDTH = 4
CLOCK = re.compile(
    r"\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\] (?! *\[?(?:[A-Z]{4,8})\b)|\d\d:\d\d:\d\d(?:\.\d+)?  (?=\S| {2})"
    r"|#\d+ \d+\.\d+ |\[[^\]/]{1,80}/[^\]/]{1,80}\] +\| "
)
"""What Jenkins, a build and act put before what something printed; a level after a time belongs to an application."""
CLOCK_BEGINS = frozenset("[#0123456789")
LOCAL_CLOCK = re.compile(
    r"\[?[\w.,/ -]{0,40}?\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
    r"(?: (?!ERR|WARN|INFO|FAIL)(?:[AP]M|[A-Z]{3,4})\b)?(?:\]:?| ?:)? ++"
    r"(?!\[?(?:[A-Z]{4,8}|ERR|[Ee]rr|[Ww]arn|info|debug)\b|[A-Z]{3,4}$)"
)
"""A date and a time as the place where the log was written has them."""
CLOCK_WITHIN = 48
STEP_LINK = re.compile(r"\[(\d*)\]\(https://github\.com/[^\s()]{1,300}#step:\d+:\d+\)")
"""A link to the line, as a copy of the web page has it in Markdown: before a line, or around a number in it."""
BESIDE = re.compile(r"\d{1,6}|\w{3}, \d\d? \w{3} \d{4} \d\d:\d\d:\d\d GMT")
"""Numbers and times that the web page shows beside the lines; a copy has them on lines of their own."""
GUTTER = re.compile(r"^\d{1,6} \| ?")
"""Line numbers that were copied with the text; the numbered source that BuildKit quotes is indented."""
FRAMED = ("│", "┃", "╷", "╵", "err: ", "out: ")
FRAME = re.compile(r"(?:[│┃╷╵] ?)+|(?:err|out): ")
"""Boxes that Terraform draws around its errors, and what actions that run commands over SSH put before a line."""
QUOTED = re.compile(
    r"(?<!>)(?<!> )> ?(?:> ?)*+(?=(?:An error occurred|[Ee]rror(?: response|:)|ERROR|##\[error|[Dd]enied:|DENIED"
    r"|[Uu]nauthorized:|User: arn"
    r"|Could not |(?:is )?[Nn]ot authorized|on resource|because no |with an explicit|name unknown|tag invalid|no basic auth"
    r"|Credentials could|Assuming role|It looks like|Did you mean|fatal:|\w+(?:Exception|Denied|Error):))"
)
"""A reply's quotation mark before a line that speaks of a failure; npm and BuildKit put the same mark before headings."""
STRAIGHT = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
    }
)
"""Quotation marks that no tool prints: a word processor or a chat put them there."""
