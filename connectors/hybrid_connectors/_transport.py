"""HTTP that reaches public addresses only: checked where the connection is made, so that no spelling gets around it."""

from __future__ import annotations

import socket
from collections.abc import Collection, Sequence

from hybrid.errors import MissingExtraError
from hybrid_connectors._addresses import is_public

try:
    import httpx
except ImportError as error:
    raise MissingExtraError(feature="the Web connector", extra="server") from error


class RefusedAddress(httpx.RequestError):
    """A host's address is not public and the host was not allowed by name."""


class GuardedTransport(httpx.BaseTransport):
    """Resolves a host once, refuses it unless every address is public, and connects to just the address it checked.

    A request after a redirect comes through here again. As the name is not resolved a second time, a name server that
    changes its answer in between (DNS rebinding) gains nothing.
    """

    def __init__(self, allow_hosts: Collection[str] = ()) -> None:
        self._allowed = frozenset(host.lower() for host in allow_hosts)
        self._inner = httpx.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request to a checked address.

        Raises:
            RefusedAddress: An address of the host is not public.
            httpx.ConnectError: The host has no address, or none of them answers.
        """
        if request.url.scheme not in ("http", "https") or not request.url.host:
            raise RefusedAddress(f"{request.url.scheme}: addresses are not read", request=request)
        for address in (addresses := self._addresses(request)):
            try:
                return self._inner.handle_request(_pinned(request, address))
            except httpx.ConnectError:
                if address == addresses[-1]:
                    raise
        raise httpx.ConnectError("the host has no address", request=request)

    def close(self) -> None:
        """Close all connections."""
        self._inner.close()

    def _addresses(self, request: httpx.Request) -> Sequence[str]:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError, ValueError) as error:
            raise httpx.ConnectError(f"host {host!r} has no address", request=request) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if self._allowed.isdisjoint((host.lower(), f"{host.lower()}:{port}")):
            for address in addresses:
                if not is_public(address):
                    raise RefusedAddress(
                        f"host {host!r} is at {address}, which is not public; is it meant, name it in allow_hosts",
                        request=request,
                    )
        return addresses


def _pinned(request: httpx.Request, address: str) -> httpx.Request:
    # The Host header and the name that TLS verifies stay those of the host.
    return httpx.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": request.url.host},
    )
