"""From settings to the ways to sign in."""

from __future__ import annotations

from collections.abc import Callable

from hybrid.errors import ConfigError
from hybrid.server.identity import Chain, SignIn
from hybrid.server.settings import ServerSettings
from hybrid.server.signin.development import DevelopmentSignIn
from hybrid.server.signin.keys import KeySignIn
from hybrid.server.signin.visitors import Visitors


def chain_from_settings(settings: ServerSettings, *, dev: bool, clock: Callable[[], float]) -> Chain:
    """Return the ways to sign in that settings name; with ``dev`` the development sign-in and no other.

    Raises:
        ConfigError: There is none, or one of them cannot work as configured.
    """
    if dev:
        if not settings.people:
            raise ConfigError('nobody is named; write [server.people] into hybrid.toml, such as ana = ["support"]')
        return (DevelopmentSignIn(settings.people),)
    chain: list[SignIn] = []
    if settings.api_keys is not None:
        chain.append(KeySignIn(settings.api_keys, clock=clock))
    if settings.visitors:
        chain.append(Visitors())
    if not chain:
        raise ConfigError(
            "nobody could sign in; set api_keys, [server.oidc] or [server.proxy] in hybrid.toml, or try it with --dev"
        )
    return tuple(chain)
