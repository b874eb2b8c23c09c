"""The tools over stdio: for a program on this machine that starts them, on behalf of one principal."""

from __future__ import annotations

import asyncio

from mcp.server.stdio import stdio_server

from hybrid.pipeline import Pipeline
from hybrid.server.mcp.tools import AskArguments, AskOutcome, Context, SearchArguments, SearchOutcome, tools_server
from hybrid.types import Principal


class LocalDesk:
    """Answers from a pipeline in this process.

    Args:
        pipeline: Finds and answers.
        principal: On whose behalf, whatever a call says.
    """

    def __init__(self, pipeline: Pipeline, principal: Principal) -> None:
        self._pipeline = pipeline
        self._principal = principal

    async def search(self, asked: SearchArguments, context: Context) -> SearchOutcome:
        """Return the best passages that the principal may read."""
        found = await asyncio.to_thread(
            self._pipeline.search, asked.question, principal=self._principal, limit=asked.limit
        )
        return SearchOutcome.of(found.passages)

    async def ask(self, asked: AskArguments, context: Context) -> AskOutcome:
        """Return an answer from what the principal may read."""
        answer = await asyncio.to_thread(
            self._pipeline.ask, asked.question, principal=self._principal, earlier=asked.earlier
        )
        return AskOutcome.of(answer)


async def serve_stdio(pipeline: Pipeline, principal: Principal) -> None:
    """Serve the tools over stdin and stdout until stdin ends."""
    server = tools_server(LocalDesk(pipeline, principal))
    async with stdio_server() as (read, write):
        await server.run(read, write, server.create_initialization_options())
