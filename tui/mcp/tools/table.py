"""All tools of the server, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tui.mcp.tools import catalogue, conform, offline, reading
from tui.mcp.tools.tool import Tool

TOOLS: Mapping[str, Tool] = {
    tool.name: tool for tool in (*reading.TOOLS, conform.TOOL, *offline.TOOLS, *catalogue.TOOLS)
}
"""Those that read a repository first."""
