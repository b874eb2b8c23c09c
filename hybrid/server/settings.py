"""The ``[server]`` tables of ``hybrid.toml``."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hybrid.review.settings import ReviewSettings

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures with a public key; one with a shared secret could be made by whoever can check it."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LoadSettings(_Table):
    """How much is done at once, and what is turned away."""

    workers: int | None = Field(default=None, ge=1, le=256)
    """Requests worked on at once; when left out one for each CPU, and 4 at least where a language model writes."""

    waiting: int = Field(default=128, ge=0)
    """Requests that may wait for a worker; one more is answered 503."""

    wait: float = Field(default=5.0, gt=0)
    """Seconds that a request may wait for a worker; one that would wait longer is answered 503 at once."""

    deadline: float = Field(default=60.0, gt=0)
    """Seconds that a request may take, waiting included."""

    body_bytes: int = Field(default=1_048_576, ge=1_024)
    """Largest body of a request; a larger one is answered 413."""

    body_seconds: float = Field(default=10.0, gt=0)
    """Seconds that a client may take to send a body."""

    per_minute: int = Field(default=120, ge=1)
    """Requests that one principal may make in a minute; one more is answered 429."""


class OidcSettings(_Table):
    """Sign-in with an OpenID Connect provider; it is off where ``issuer`` is empty."""

    issuer: str = ""
    """Address of the provider, exactly as its tokens say."""

    audience: str = ""
    """Audience that bearer tokens must be made for; none are taken where it is empty."""

    client_id: str = ""
    """Name of this server at the provider; people cannot sign in to the page where it is empty."""

    client_secret_env: str = "HYBRID_OIDC_SECRET"
    """Environment variable with the client secret; a public client has none."""

    user_claim: str = "sub"
    """Claim that names the user; it must be one that nobody can choose for himself."""

    groups_claim: str = "groups"
    """Claim that lists the groups."""

    algorithms: tuple[Algorithm, ...] = ("RS256", "ES256")
    """Signatures that are taken."""

    clock_skew: int = Field(default=60, ge=0, le=600)
    """Seconds by which the provider's clock may differ."""

    keys_for: float = Field(default=600.0, gt=0)
    """Seconds after which the provider's keys are fetched again."""

    groups_for: float = Field(default=3600.0, gt=0)
    """Seconds after which a token or session is too old to say in which groups somebody is."""


def _network(address: str) -> str:
    ip_network(address)
    return address


class ProxySettings(_Table):
    """Sign-in by a proxy that names the user in a header; it is off where ``addresses`` is empty."""

    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    """Addresses or networks of the proxy; headers from anywhere else are refused."""

    secret_env: str = "HYBRID_PROXY_SECRET"
    """Environment variable with the secret that the proxy sends as ``X-Proxy-Secret``."""

    user_header: str = "X-Forwarded-User"
    """Header that names the user."""

    groups_header: str = "X-Forwarded-Groups"
    """Header that lists the groups, separated by commas."""


class ScimSettings(_Table):
    """Users and groups that an identity provider writes here; it is off where ``token_sha256`` is empty."""

    token_sha256: str = Field(default="", pattern=r"^([0-9a-f]{64})?$")
    """Hash of the identity provider's token, as ``hybrid keys scim`` prints it."""

    user_attribute: Literal["userName", "externalId", "id"] = "userName"
    """What of a provisioned user is the same as the user of a sign-in."""

    group_attribute: Literal["displayName", "externalId"] = "displayName"
    """What of a provisioned group names it, for ``group_map`` and access lists."""


class ServerSettings(_Table):
    """How ``hybrid serve`` serves."""

    data: Path = Path(".hybrid-server")
    """Folder of the audit log, the feedback and the key of the session cookies."""

    public_url: str = ""
    """Address under which people reach the server; cookies are for https only where it says so."""

    admins: tuple[str, ...] = ()
    """Who may sync and read metrics: ``user:NAME`` or ``group:NAME``."""

    visitors: bool = False
    """Whether those who do not sign in may ask about public documents."""

    api_keys: Path | None = None
    """File of API keys, as ``hybrid keys add`` writes it."""

    group_map: dict[str, str] = {}
    """Group of the access lists by group of the sign-in; where it is empty names are taken as they are."""

    people: dict[str, tuple[str, ...]] = {}
    """Groups by user, for ``hybrid serve --dev`` alone."""

    sync_every: float = Field(default=300.0, ge=0)
    """Seconds between two syncs, the first at start; 0 syncs only when an administrator asks."""

    audit_days: int = Field(default=365, ge=0)
    """Days after which it is forgotten who was shown what; 0 keeps it for good."""

    load: LoadSettings = LoadSettings()
    """How much is done at once."""

    oidc: OidcSettings = OidcSettings()
    """Sign-in with OpenID Connect."""

    proxy: ProxySettings = ProxySettings()
    """Sign-in by a proxy."""

    scim: ScimSettings = ScimSettings()
    """Users and groups from an identity provider."""

    review: ReviewSettings = ReviewSettings()
    """The review desk and the dashboard."""

    @property
    def https(self) -> bool:
        """Whether people reach the server by https."""
        return self.public_url.startswith("https://")

    def resolved(self, folder: Path) -> ServerSettings:
        """Return the settings with every path resolved against a folder."""
        keys = None if self.api_keys is None else folder / self.api_keys
        review = self.review.resolved(folder)
        return self.model_copy(update={"data": folder / self.data, "api_keys": keys, "review": review})
