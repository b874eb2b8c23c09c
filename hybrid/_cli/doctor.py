"""``hybrid doctor``: is the installation complete, and is the index well?"""

from __future__ import annotations

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app()


@app.command()
def doctor(config: _options.Config = None, json: _options.Json = False, quiet: _options.Quiet = False) -> None:
    """Check the installation, the configuration and the index.

    Every line is ok, a warning or a problem, with what to do about it. The exit code is 1 where there is a problem.
    """
    from hybrid._cli._display import Display
    from hybrid._cli._findings import findings_fields, findings_view, require_healthy
    from hybrid._cli._index_findings import configured_findings
    from hybrid._cli._installation import installation_findings

    findings = [*installation_findings(), *configured_findings(config)]
    Display(json=json, quiet=quiet).result(findings_view(findings), findings_fields(findings))
    require_healthy(findings)
