"""``hybrid mcp``: search and ask as tools for a program that speaks the Model Context Protocol."""

from __future__ import annotations

import asyncio

from hybrid._cli import _options
from hybrid._cli._lazy import command_app
from hybrid.errors import MissingExtraError

app = command_app()


@app.command()
def mcp(
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    adapter: _options.Adapter = None,
    config: _options.Config = None,
) -> None:
    """Serve search and ask as tools over stdin and stdout, for a program that starts this command.

    All is read on behalf of the named user and groups, whatever the program asks; nobody named sees what is public. The
    same tools are at /mcp of hybrid serve, for whoever is signed in there.
    """
    from hybrid._cli._identity import principal_of
    from hybrid._cli._opening import open_pipeline

    try:
        from hybrid.server.mcp.local import serve_stdio
    except ModuleNotFoundError:
        raise MissingExtraError(feature="hybrid mcp", extra="mcp") from None
    principal = principal_of(user, groups, tenant)
    with open_pipeline(config, adapter=adapter) as pipeline:
        asyncio.run(serve_stdio(pipeline, principal))
