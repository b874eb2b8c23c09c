"""One search for one request: in the audit log before it is shown."""

from __future__ import annotations

import asyncio

from hybrid.access import Narrowing
from hybrid.server.gate import Slot
from hybrid.server.identity import Identity
from hybrid.server.records import Shown
from hybrid.server.services import Services
from hybrid.types import SearchResult


async def searched(
    question: str,
    identity: Identity,
    services: Services,
    slot: Slot,
    *,
    limit: int,
    trace_id: str,
    narrowing: Narrowing | None = None,
) -> SearchResult:
    """Return the best passages that somebody may read; their versions are in the audit log.

    Raises:
        Fault: It takes too long.
        HybridError: The documents cannot be searched.
    """
    principal = identity.principal
    found = await slot.run(
        lambda: services.pipeline.search(question, principal=principal, limit=limit, narrowing=narrowing)
    )
    shown = [Shown(document_id=each.document_id, version=each.version) for each in found.passages]
    await asyncio.to_thread(services.records.show, trace_id, principal, "search", shown)
    return found
