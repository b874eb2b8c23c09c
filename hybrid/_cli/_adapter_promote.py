"""``hybrid adapter promote``: into service, if the gate lets it through."""

from __future__ import annotations

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def promote(
    name: _options.AdapterName,
    margin: _options.Margin = 0.02,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Put a version into service if its last evaluation beats the base's best prompt and what is in service.

    Exit code 1 where it does not, or an error class, the format or general ability got worse; then nothing changes.
    The report goes into the registry in either case.
    """
    from hybrid import _plugins
    from hybrid._cli._adapter_evaluate import evaluation_view
    from hybrid._cli._adapters import registry_folder
    from hybrid._cli._display import Display
    from hybrid.evaluation.gate import Limits

    folder = _plugins.load("hybrid_adapters.registry:Registry")(registry_folder(registry, config))
    found = _plugins.load("hybrid_adapters.evaluation.promote:promote")(folder, name, Limits(margin=margin))
    display = Display(json=json, quiet=quiet)
    display.result(evaluation_view(found), found)
    display.note(f"{found.adapter} is in service")
