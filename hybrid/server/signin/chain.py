"""From settings to the ways to sign in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hybrid.errors import ConfigError
from hybrid.server.identity import Chain, SignIn
from hybrid.server.scim.directory import Directory
from hybrid.server.settings import ServerSettings
from hybrid.server.signin.bearer import BearerSignIn
from hybrid.server.signin.code_flow import CodeFlow
from hybrid.server.signin.development import DevelopmentSignIn
from hybrid.server.signin.keys import KeySignIn
from hybrid.server.signin.provisioned import Provisioned
from hybrid.server.signin.proxy import ProxySignIn
from hybrid.server.signin.published import Published
from hybrid.server.signin.sealed import Seal
from hybrid.server.signin.sessions import Sessions
from hybrid.server.signin.tokens import Tokens
from hybrid.server.signin.visitors import Visitors

Clock = Callable[[], float]


@dataclass(frozen=True, kw_only=True)
class SignIns:
    """Everything that has to do with signing in."""

    chain: Chain
    """Ways to sign in, asked in order."""

    published: Published | None = None
    """The OpenID Connect provider's keys; to be closed."""

    flow: CodeFlow | None = None
    """Sign-in of people by browser."""

    provisioned: Provisioned | None = None
    """What the directory says of who signed in; None where there is no directory."""


def sign_ins_from_settings(
    settings: ServerSettings, *, dev: bool, directory: Directory | None = None, clock: Clock
) -> SignIns:
    """Return the ways to sign in that settings name; with ``dev`` the development sign-in and no other.

    Args:
        settings: The settings.
        dev: Whether everybody is believed who they are.
        directory: Where an identity provider writes who may come in, and with which groups.
        clock: Seconds since 1970.

    Raises:
        ConfigError: There is none, or one of them cannot work as configured.
    """
    if dev:
        if not settings.people:
            raise ConfigError('nobody is named; write [server.people] into hybrid.toml, such as ana = ["support"]')
        return SignIns(chain=(DevelopmentSignIn(settings.people),))
    oidc = _with_oidc(settings, clock)
    before: list[SignIn] = []
    if settings.proxy.addresses:
        before.append(ProxySignIn(settings.proxy, group_map=settings.group_map))
    if settings.api_keys is not None:
        before.append(KeySignIn(settings.api_keys, clock=clock))
    chain = (*before, *oidc.chain, *([Visitors()] if settings.visitors else []))
    if not chain:
        raise ConfigError(
            "nobody could sign in; set api_keys, [server.oidc] or [server.proxy] in hybrid.toml, or try it with --dev"
        )
    provisioned = Provisioned(directory, settings.scim, group_map=settings.group_map) if directory else None
    return SignIns(chain=chain, published=oidc.published, flow=oidc.flow, provisioned=provisioned)


def _with_oidc(settings: ServerSettings, clock: Clock) -> SignIns:
    oidc = settings.oidc
    if not oidc.issuer:
        return SignIns(chain=())
    if not oidc.audience and not oidc.client_id:
        raise ConfigError("[server.oidc] needs an audience for tokens or a client_id for the page; write one")
    published = Published(oidc.issuer, keys_for=oidc.keys_for, clock=clock)
    tokens = Tokens(
        oidc,
        group_map=settings.group_map,
        published=published,
        reads_groups=not settings.scim.token_sha256,
        clock=clock,
    )
    chain: list[SignIn] = [BearerSignIn(tokens, audience=oidc.audience)] if oidc.audience else []
    if not oidc.client_id:
        return SignIns(chain=tuple(chain), published=published)
    if not settings.public_url:
        raise ConfigError("[server.oidc] client_id needs [server] public_url, to which the provider sends people back")
    seal = Seal(settings.data)
    sessions = Sessions(seal, seconds=oidc.groups_for, https=settings.https, clock=clock)
    flow = CodeFlow(
        oidc, public_url=settings.public_url, published=published, tokens=tokens, sessions=sessions, seal=seal
    )
    return SignIns(chain=(*chain, sessions), published=published, flow=flow)
