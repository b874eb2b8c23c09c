"""Whom the identity provider has provisioned: the directory says who may come in, and with which groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hybrid.access import mapped_groups
from hybrid.server.faults import SignInError
from hybrid.server.identity import Identity
from hybrid.server.scim.directory import Directory, Key, Member
from hybrid.server.settings import ScimSettings

_KEYS: Mapping[str, Key] = {"userName": "name", "externalId": "external_id", "id": "id"}


class Provisioned:
    """Takes groups from the directory instead of from the sign-in, at each request.

    So what was taken away there is gone at the next request, whatever an older token or session says, and a token that
    leaves its groups out because they are too many does no harm.

    Args:
        directory: Users and groups.
        settings: By what they are recognised.
        group_map: Group of the access lists by group of the directory.
    """

    def __init__(self, directory: Directory, settings: ScimSettings, *, group_map: Mapping[str, str]) -> None:
        self._directory = directory
        self._key: Key = _KEYS[settings.user_attribute]
        self._by_external_id = settings.group_attribute == "externalId"
        self._group_map = group_map

    def current(self, identity: Identity) -> Identity:
        """Return an identity as the directory knows it now.

        Visitors stay visitors. API keys keep the groups that they were made with, as the operator's own, until the
        directory says that their user is not to come in.

        Raises:
            SignInError: The directory does not know the user, or the user was deactivated or deleted there.
        """
        principal = identity.principal
        if principal.user is None:
            return identity
        person = self._directory.person(self._key, principal.user)
        if person is None and identity.method == "key":
            return identity
        if person is None or not person.active:
            raise SignInError("the directory does not let you in; ask whoever assigns this application to people")
        if identity.method == "key":
            return identity
        groups = mapped_groups((name for each in person.groups if (name := self._name(each))), self._group_map)
        return replace(identity, principal=replace(principal, groups=groups))

    def _name(self, group: Member) -> str | None:
        return group.external_id if self._by_external_id else group.label
