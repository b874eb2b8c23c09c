"""``hybrid chat``: one question after another, answered with verified citations."""

from __future__ import annotations

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def chat(
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    adapter: _options.Adapter = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
    no_progress: _options.NoProgress = False,
) -> None:
    """Ask one question after another; a question may lean on the ones before it.

    Text is shown as it is verified, and below it what it cites. Between questions, /sources shows all that was found
    for the last answer, /clear forgets the questions so far, /exit or Ctrl-D leaves; Ctrl-C stops an answer. A pipe is
    read line by line; with --json every event is one line. Only questions are remembered, and nothing is written down.
    """
    from hybrid._cli._chatting import Chat
    from hybrid._cli._display import Display
    from hybrid._cli._identity import principal_of
    from hybrid._cli._opening import open_pipeline

    display, principal = Display(json=json, quiet=quiet, no_progress=no_progress), principal_of(user, groups, tenant)
    with open_pipeline(config, adapter=adapter) as pipeline:
        Chat(pipeline.conversation(principal=principal), display).run()
