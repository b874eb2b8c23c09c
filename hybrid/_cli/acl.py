"""``hybrid acl``: explain who may read what. For operators: it names documents whatever their readers are."""

from __future__ import annotations

from typing import Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

app = command_app(help="Explain who may read what.")


@app.callback()
def acl() -> None:
    """Explain who may read what."""


@app.command()
def explain(
    document: Annotated[
        str, typer.Argument(metavar="DOCUMENT", help="Id, path or file stem; unique in the index.", show_default=False)
    ],
    user: _options.User = None,
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
    json: _options.Json = False,
    quiet: _options.Quiet = False,
) -> None:
    """Say why somebody may or may not read a document, as the index knows it now.

    This is an operator's command: it answers for every document of the index, and names similar ones where none is
    called so. Do not put it in front of those whom access keeps out.
    """
    from rich.text import Text

    from hybrid._cli._display import Display, plain
    from hybrid._cli._identity import principal_of
    from hybrid._cli._opening import open_pipeline
    from hybrid.access import explain as explained
    from hybrid.access import permits
    from hybrid.evaluation.names import DocumentNames
    from hybrid.evaluation.questions import principal_name
    from hybrid.types import Access

    display, principal = Display(json=json, quiet=quiet), principal_of(user, groups, tenant)
    with open_pipeline(config) as pipeline:
        document_id = DocumentNames(pipeline.knowledge.document_ids()).resolve(document)
        access, owner = pipeline.knowledge.access(document_id) or (Access(), "")
    why = explained(principal, access, tenant=owner)
    fields = {
        "document_id": document_id,
        "principal": {"user": principal.user, "groups": sorted(principal.groups), "tenant": principal.tenant},
        "permitted": permits(principal, access, tenant=owner),
        "why": why,
        "readers": list(access.readers),
        "denied": list(access.denied),
        "tenant": owner,
    }
    display.result(Text(plain(f"{document_id} for {principal_name(principal)}\n{why}")), fields)
