"""``hybrid acl``: explain who may read what. For operators: it names documents whatever their readers are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app

if TYPE_CHECKING:
    from hybrid.types import StoredDocument

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
    from hybrid._cli._opening import open_silent_pipeline
    from hybrid.access import explain as explained
    from hybrid.access import permits
    from hybrid.evaluation.names import DocumentNames
    from hybrid.evaluation.questions import principal_name
    from hybrid.types import Access

    display, principal = Display(json=json, quiet=quiet), principal_of(user, groups, tenant)
    with open_silent_pipeline(config) as pipeline:
        document_id = DocumentNames(pipeline.knowledge.document_ids()).resolve(document)
        access, owner = pipeline.knowledge.access(document_id) or (Access(), "")
        stored = pipeline.knowledge.document(document_id, principal=principal)
    why = explained(principal, access, tenant=owner) + (_outdated(stored) if stored else "")
    fields = {
        "document_id": document_id,
        "principal": {"user": principal.user, "groups": sorted(principal.groups), "tenant": principal.tenant},
        "permitted": permits(principal, access, tenant=owner),
        "why": why,
        "readers": list(access.readers),
        "denied": list(access.denied),
        "tenant": owner,
        "holds": stored.holds_at(datetime.now(UTC)) if stored else None,
    }
    display.result(Text(plain(f"{document_id} for {principal_name(principal)}\n{why}")), fields)


def _outdated(document: StoredDocument) -> str:
    """Return what validity does to a document that may be read."""
    now, start, end = datetime.now(UTC), document.valid_from, document.valid_until
    if document.holds_at(now):
        return ""
    when = f"holds from {start:%Y-%m-%d %H:%M} UTC" if start and now < start else f"expired {end:%Y-%m-%d %H:%M} UTC"
    return f"; {when}, so searches leave it out and only --as-of finds it"
