"""``hybrid keys``: API keys of the server."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from hybrid._cli import _options
from hybrid._cli._lazy import command_app
from hybrid.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from hybrid.server.signin.keys import KeyRecord

app = command_app(help="Make and remove API keys of the server.")

_Name = Annotated[str, typer.Argument(metavar="NAME", help="What the key is for.", show_default=False)]


@app.callback()
def keys() -> None:
    """Make and remove API keys of the server.

    The file is the one that api_keys under [server] names. It holds hashes, never keys; a running server notices a
    change at the next request.
    """


@app.command()
def add(
    name: _Name,
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="On whose behalf it reads.", show_default=False)],
    groups: _options.Groups = None,
    tenant: _options.Tenant = "",
    config: _options.Config = None,
) -> None:
    """Make a key and print it, once."""
    from hybrid._cli._identity import principal_of

    principal_of(user, groups, tenant)
    path, records = _kept(config)
    if any(record.name == name for record in records):
        raise ConfigError(f"there is a key {name!r} already; remove it first, or choose another name")
    key, record = _keys().new_key(name, user=user, groups=tuple(groups or ()), tenant=tenant)
    _keys().save_keys(path, (*records, record))
    typer.echo(key)


@app.command(name="list")
def list_keys(config: _options.Config = None) -> None:
    """Show what keys there are, without the keys."""
    _, records = _kept(config)
    for record in records:
        ends = f", until {record.expires:%Y-%m-%d %H:%M} UTC" if record.expires else ""
        typer.echo(f"{record.name}: {record.user}, groups {', '.join(record.groups) or 'none'}{ends}")


@app.command()
def remove(name: _Name, config: _options.Config = None) -> None:
    """Remove a key; who has it is refused from now on."""
    path, records = _kept(config)
    left = tuple(record for record in records if record.name != name)
    if len(left) == len(records):
        raise ConfigError(f"there is no key {name!r}; hybrid keys list shows them")
    _keys().save_keys(path, left)


@app.command()
def scim(quiet: _options.Quiet = False) -> None:
    """Make a token for an identity provider that writes users and groups, and print it, once.

    The server keeps its hash alone: write the shown lines into hybrid.toml and start the server again.
    """
    from hybrid._cli._display import Display

    try:
        from hybrid.server.scim.token import new_token
    except ModuleNotFoundError:
        raise MissingExtraError(feature="hybrid keys scim", extra="serve") from None
    token, sha256 = new_token()
    typer.echo(token)
    Display(json=False, quiet=quiet, no_progress=True).note(f'for hybrid.toml: [server.scim] token_sha256 = "{sha256}"')


def _kept(config: Path | None) -> tuple[Path, tuple[KeyRecord, ...]]:
    from hybrid._cli._opening import settings_of

    path = settings_of(config).server.api_keys
    if path is None:
        raise ConfigError('there is no file for keys; write api_keys = "keys.json" under [server] in hybrid.toml')
    return path, _keys().load_keys(path) if path.exists() else ()


def _keys() -> ModuleType:
    try:
        from hybrid.server.signin import keys as kept
    except ModuleNotFoundError:
        raise MissingExtraError(feature="hybrid keys", extra="serve") from None
    return kept
