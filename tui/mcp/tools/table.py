"""All tools of the server, by name."""

from __future__ import annotations

from collections.abc import Mapping

from tui.mcp.tools import offline, reading
from tui.mcp.tools.tool import Tool

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in (*reading.TOOLS, *offline.TOOLS)}
"""Those that read a repository first."""
