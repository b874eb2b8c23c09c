"""Users or groups as SCIM sees them: created, read, replaced, patched, removed, searched (RFC 7644, section 3).

``scim2-models`` knows schemas, filters and the grammar of patches; what is kept is for ``Directory``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pydantic_core import from_json
from scim2_models import (
    Context,
    EnterpriseUser,
    Group,
    GroupMembership,
    InvalidSyntaxException,
    ListResponse,
    Meta,
    NotFoundException,
    PatchOp,
    Resource,
    ScimPolicy,
    SearchRequest,
    UniquenessException,
    User,
)
from scim2_models.path import CompareOperator, Comparison

from hybrid.server.scim.directory import Directory, Draft, Entry, Key, Kind, Taken

MOST = 1_000
"""Largest number of resources in one answer."""

Json = dict[str, Any]
"""A SCIM message as JSON values."""

_USUAL = 100
_MODELS: Mapping[Kind, type[Resource[Any]]] = {"User": User[EnterpriseUser], "Group": Group}
_KEYS: Mapping[str, Key] = {"id": "id", "username": "name", "displayname": "name", "externalid": "external_id"}
# What Entra and Okta send beyond the specification: attributes of their own, members to be removed as a value, and
# paths such as emails[type eq "work"].value before there is such an entry.
_POLICY = ScimPolicy(
    unknown=ScimPolicy.Unknown.ignore,
    remove_value_as_filter=ScimPolicy.RemoveValue.apply,
    unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
)


class Collection:
    """The users or the groups of a directory.

    Methods raise ``SCIMException`` or ``pydantic.ValidationError`` for what a request does wrong.

    Args:
        directory: Where they are kept.
        kind: Which of both.
        address: What their addresses begin with, up to ``/scim/v2``.
    """

    def __init__(self, directory: Directory, kind: Kind, *, address: str) -> None:
        self._directory = directory
        self._kind: Kind = kind
        self._model = _MODELS[kind]
        self._address = f"{address}/{kind}s"

    def create(self, payload: bytes) -> Json:
        """Keep a new one and return it."""
        with _POLICY:
            resource = self._model.model_validate(parsed(payload), scim_ctx=Context.RESOURCE_CREATION_REQUEST)
            try:
                entry = self._directory.add(self._kind, self._draft(resource))
            except Taken:
                raise self._taken() from None
            return self._resource(entry).model_dump(scim_ctx=Context.RESOURCE_CREATION_RESPONSE)

    def read(self, id_: str, query: Mapping[str, str]) -> Json:
        """Return one."""
        asked = SearchRequest[self._model].model_validate(_parameters(query))
        resource = self._resource(self._known(id_))
        return resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)

    def replace(self, id_: str, payload: bytes) -> Json:
        """Put another in its place; its id stays."""
        with _POLICY:
            resource = self._model.model_validate(parsed(payload), scim_ctx=Context.RESOURCE_REPLACEMENT_REQUEST)

            def become(entry: Entry) -> Draft:
                resource.replace(self._resource(entry))
                return self._draft(resource)

            changed = self._changed(id_, become)
            return self._resource(changed).model_dump(scim_ctx=Context.RESOURCE_REPLACEMENT_RESPONSE)

    def patch(self, id_: str, payload: bytes) -> Json:
        """Change it, wholly or not at all."""
        with _POLICY:
            patch = PatchOp[self._model].model_validate(parsed(payload), scim_ctx=Context.RESOURCE_PATCH_REQUEST)

            def become(entry: Entry) -> Draft:
                resource = self._resource(entry)
                patch.patch(resource)
                return self._draft(resource)

            return self._resource(self._changed(id_, become)).model_dump(scim_ctx=Context.RESOURCE_PATCH_RESPONSE)

    def remove(self, id_: str) -> None:
        """Forget it."""
        if not self._directory.remove(self._kind, id_):
            raise self._unknown()

    def search(self, query: Mapping[str, str]) -> Json:
        """Return a page of those that a filter describes, in the order in which they came."""
        asked = SearchRequest[self._model].model_validate(_parameters(query))
        start = (asked.start_index or 1) - 1
        count = min(_USUAL if asked.count is None else asked.count, MOST)
        if asked.filter is None:
            total, found = (
                self._directory.number(self._kind),
                self._directory.page(self._kind, start=start, count=count),
            )
            page = [self._resource(entry) for entry in found]
        else:
            resources = [self._resource(entry) for entry in self._candidates(asked.filter.ast)]
            matching = [each for each in resources if asked.filter.match(each)]
            total, page = len(matching), matching[start : start + count]
        answer = ListResponse[self._model](
            total_results=total, start_index=start + 1, items_per_page=len(page), resources=page
        )
        return answer.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=asked)

    def _candidates(self, condition: object) -> list[Entry]:
        # What identity providers ask before each change has an index; all else is looked for among all.
        if (
            isinstance(condition, Comparison)
            and condition.op is CompareOperator.eq
            and not condition.attr_path.sub_attr
        ):
            key = _KEYS.get(condition.attr_path.attr.lower())
            if key is not None and isinstance(condition.value, str):
                return self._directory.find(self._kind, key, condition.value)
        return self._directory.page(self._kind)

    def _known(self, id_: str) -> Entry:
        if (entry := self._directory.get(self._kind, id_)) is None:
            raise self._unknown()
        return entry

    def _changed(self, id_: str, become: Any) -> Entry:
        try:
            entry = self._directory.change(self._kind, id_, become)
        except Taken:
            raise self._taken() from None
        if entry is None:
            raise self._unknown()
        return entry

    def _resource(self, entry: Entry) -> Resource[Any]:
        resource = self._model.model_validate({**entry.body, "id": entry.id})
        resource.meta = Meta(
            resource_type=self._kind,
            created=datetime.fromtimestamp(entry.created, UTC),
            last_modified=datetime.fromtimestamp(entry.modified, UTC),
            location=f"{self._address}/{entry.id}",
        )
        if isinstance(resource, User):
            groups = self._directory.groups_of(entry.id)
            resource.groups = [
                GroupMembership(value=each.id, ref=None, type=None, display=each.label) for each in groups
            ] or None
        return resource

    def _draft(self, resource: Resource[Any]) -> Draft:
        # A password is of no use here, since nobody signs in with one; so it is not kept.
        body = resource.model_dump(scim_ctx=None, mode="json", by_alias=True, exclude_none=True)
        for name in ("id", "meta", "groups", "password"):
            body.pop(name, None)
        person = resource if isinstance(resource, User) else None
        members = resource.members or [] if isinstance(resource, Group) else []
        label = person.user_name if person else cast("Group", resource).display_name
        return Draft(
            label=label or "",
            external_id=resource.external_id,
            active=person is None or person.active is not False,
            body=body,
            members=[each.value for each in members if each.value],
        )

    def _taken(self) -> UniquenessException:
        return UniquenessException(detail=f"there is another {self._kind.lower()} of this name")

    def _unknown(self) -> NotFoundException:
        return NotFoundException(detail=f"there is no such {self._kind.lower()}")


def parsed(payload: bytes) -> Json:
    """Return the JSON object of a body.

    Raises:
        InvalidSyntaxException: It is none.
    """
    try:
        found = from_json(payload)
    except ValueError:
        raise InvalidSyntaxException(detail="the body is no JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise InvalidSyntaxException(detail="the body is no JSON object")
    return cast("Json", found)


def _parameters(query: Mapping[str, str]) -> Json:
    known = ("filter", "startIndex", "count", "attributes", "excludedAttributes")
    return {name: query[name] for name in known if query.get(name)}
