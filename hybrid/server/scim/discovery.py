"""What this service says about itself (RFC 7643, sections 5 to 7)."""

from __future__ import annotations

from typing import Any

from scim2_models import (
    AuthenticationScheme,
    Bulk,
    ChangePassword,
    Context,
    EnterpriseUser,
    ETag,
    Filter,
    Group,
    ListResponse,
    NotFoundException,
    Patch,
    Resource,
    ResourceType,
    Schema,
    ScimProvider,
    ServiceProviderConfig,
    Sort,
    User,
)

from hybrid.server.scim.collection import MOST, Json

_CONFIG = ServiceProviderConfig(
    patch=Patch(supported=True),
    bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
    filter=Filter(supported=True, max_results=MOST),
    change_password=ChangePassword(supported=False),
    sort=Sort(supported=False),
    etag=ETag(supported=False),
    authentication_schemes=[
        AuthenticationScheme(
            type=AuthenticationScheme.Type.oauthbearertoken,
            name="Bearer token",
            description="The token that hybrid keys scim has made.",
        )
    ],
)
_PROVIDER = ScimProvider(
    models=[User, EnterpriseUser, Group],
    resource_types=[ResourceType.from_resource(User[EnterpriseUser]), ResourceType.from_resource(Group)],
    config=_CONFIG,
)


def config() -> Json:
    """Return what this service can do."""
    return _dumped(_CONFIG)


def resource_types() -> Json:
    """Return the kinds of resources."""
    return _listed(ResourceType, _PROVIDER.resource_types)


def resource_type(name: str) -> Json:
    """Return one kind of resources.

    Raises:
        NotFoundException: There is none of this name.
    """
    return _dumped(_one([each for each in _PROVIDER.resource_types if each.name == name]))


def schemas() -> Json:
    """Return the schemas of the resources."""
    return _listed(Schema, _PROVIDER.schemas)


def schema(id_: str) -> Json:
    """Return one schema.

    Raises:
        NotFoundException: There is none of this id.
    """
    return _dumped(_one([each for each in _PROVIDER.schemas if str(each.id) == id_]))


def _one(found: list[Any]) -> Resource[Any]:
    if not found:
        raise NotFoundException(detail="there is no such resource type or schema")
    return found[0]


def _dumped(resource: Resource[Any]) -> Json:
    return resource.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)


def _listed(model: Any, found: tuple[Any, ...]) -> Json:
    answer = ListResponse[model](
        total_results=len(found), start_index=1, items_per_page=len(found), resources=list(found)
    )
    return answer.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE)
