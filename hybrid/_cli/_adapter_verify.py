"""``hybrid adapter verify``: whether versions are what they were, and do what they did."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def verify(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="An adapter or one version; all, when left out.")
    ] = None,
    base: Annotated[
        str | None, typer.Option("--base", metavar="FOLDER", help="The base, where its name does not find it.")
    ] = None,
    contract: Annotated[
        str | None, typer.Option("--contract", metavar="MODULE:CLASS", help="Else the one that is configured.")
    ] = None,
    registry: _options.Registry = None,
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Check the files of versions and, where their base is here, load them and prove their effect.

    Exit code 1 where a version is not what it was; one whose base is not here counts as checked by its files.
    """
    from hybrid import _plugins
    from hybrid._cli._adapters import configured_answer, registry_folder
    from hybrid._cli._display import Display
    from hybrid._cli._findings import Finding, findings_fields, findings_view, require_healthy

    folder = registry_folder(registry, config)
    taught = contract or configured_answer(config).contract
    found = _plugins.load("hybrid_adapters.local.verifying:verified")(folder, name, base, taught)
    findings = [Finding(**each) for each in found] or [Finding(subject=str(folder), text="holds no adapters")]
    Display(json=json, quiet=quiet).result(findings_view(findings), findings_fields(findings))
    require_healthy(findings)
