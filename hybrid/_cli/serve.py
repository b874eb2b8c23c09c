"""``hybrid serve``: the pipeline as a service."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app
from hybrid.errors import MissingExtraError

if TYPE_CHECKING:
    from hybrid.pipeline import Pipeline

app = command_app()


@app.command()
def serve(
    folder: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", help="Folder that holds hybrid.toml; else as for --config.", show_default=False),
    ] = None,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="N", min=0, max=65_535, help="0 takes a free one.")] = 8000,
    dev: Annotated[
        bool, typer.Option("--dev", help="Believe everybody who they are. For trying things out on this machine.")
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Sync also when a source has changed, beside [server] sync_every.")
    ] = False,
    config: _options.Config = None,
    quiet: _options.Quiet = False,
) -> None:
    """Answer questions over HTTP, and keep the index up to date.

    The API is OpenAI's, with citations. Who asks is known from an API key, a token of an OpenID Connect provider, or a
    proxy, as [server] in hybrid.toml says. With --dev the people of [server.people] need no proof; such a server is
    reachable from this machine only. Logs go to stderr as JSON lines. Ctrl-C or SIGTERM stops within 10 seconds.
    """
    from hybrid._cli._display import Display
    from hybrid._cli._opening import settings_of
    from hybrid.pipeline import Pipeline

    try:
        from hybrid.server.app import create_app
        from hybrid.server.logs import log_to_stderr
        from hybrid.server.running import bound, serve
    except ModuleNotFoundError:
        raise MissingExtraError(feature="hybrid serve", extra="serve") from None
    display = Display(quiet=quiet)
    settings = settings_of(folder or config)
    with bound(host, port, dev=dev) as listening, Pipeline.from_settings(settings) as pipeline:
        _load_ranker(pipeline)
        application = create_app(pipeline, dev=dev, watch=watch)
        log_to_stderr()
        if dev:
            display.note("DEVELOPMENT MODE: everybody is believed who they say they are; never use it for others")
        address = f"http://{host}:{listening.getsockname()[1]}"
        if not serve(application, listening, started=lambda: display.note(f"serving on {address}")):
            # Something still uses the index, which cannot be closed under it; what it wrote survives a kill.
            os._exit(0)


def _load_ranker(pipeline: Pipeline) -> None:
    from hybrid.evidence.deferred import DeferredSelector

    # Changed files of the evidence ranker would fail every question; here they stop the start.
    if isinstance(selector := pipeline.composer.selector, DeferredSelector):
        selector.made()
