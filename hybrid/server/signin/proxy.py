"""A proxy that has signed the user in and says so in headers."""

from __future__ import annotations

import ipaddress
import os
import secrets
from collections.abc import Mapping

from starlette.requests import HTTPConnection

from hybrid.access import mapped_groups
from hybrid.errors import ConfigError
from hybrid.server.faults import SignInError
from hybrid.server.identity import Identity
from hybrid.server.settings import ProxySettings
from hybrid.types import Principal

_SECRET_HEADER = "X-Proxy-Secret"


class ProxySignIn:
    """Believes headers that come from a listed address together with the proxy's secret, and no others.

    Args:
        settings: Addresses, headers, and where the secret is.
        group_map: Group of the access lists by group of the proxy.

    Raises:
        ConfigError: The secret is not set.
    """

    def __init__(self, settings: ProxySettings, *, group_map: Mapping[str, str]) -> None:
        secret = os.environ.get(settings.secret_env, "")
        if len(secret) < 16:
            raise ConfigError(
                f"[server.proxy] needs a secret of at least 16 characters in {settings.secret_env}; set it"
            )
        self._secret = secret.encode()
        self._networks = [ipaddress.ip_network(address) for address in settings.addresses]
        self._settings = settings
        self._group_map = group_map

    async def sign_in(self, connection: HTTPConnection) -> Identity | None:
        """Return whom the headers name, or None where there are none.

        Raises:
            SignInError: They do not come from the proxy, or name more than one user.
        """
        users = connection.headers.getlist(self._settings.user_header)
        if not users:
            return None
        if not self._from_proxy(connection) or len(users) > 1:
            raise SignInError("only the configured proxy may say who somebody is; sign in through it")
        named = ",".join(connection.headers.getlist(self._settings.groups_header)).split(",")
        groups = mapped_groups((name.strip() for name in named if name.strip()), self._group_map)
        return Identity(principal=Principal(user=users[0], groups=groups), method="proxy", key=f"proxy:{users[0]}")

    def _from_proxy(self, connection: HTTPConnection) -> bool:
        if connection.client is None:
            return False
        sent = connection.headers.get(_SECRET_HEADER, "").encode("latin-1")
        address = ipaddress.ip_address(connection.client.host)
        return secrets.compare_digest(sent, self._secret) and any(address in network for network in self._networks)
