"""The application: routes, what they share, and what happens at start and stop."""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

from fastapi import APIRouter, FastAPI
from starlette.middleware import Middleware

import hybrid
from hybrid._onnx import available_cpus
from hybrid.access import parse_access
from hybrid.channel.listening import Channel
from hybrid.errors import MissingExtraError
from hybrid.models.extractive import ExtractiveModel
from hybrid.pipeline import Pipeline
from hybrid.review.desk import Desk
from hybrid.server.abandoning import Abandoning
from hybrid.server.answers import add_handlers
from hybrid.server.bodies import Bodies
from hybrid.server.gate import Gate
from hybrid.server.metrics import Metrics
from hybrid.server.observing import Observing
from hybrid.server.page import route as page
from hybrid.server.rates import Rates
from hybrid.server.readiness import Readiness
from hybrid.server.records import Records
from hybrid.server.retention import Retention
from hybrid.server.routes import (
    auth,
    chat,
    dashboard,
    embeddings,
    feedback,
    models,
    operation,
    review,
    search,
    source,
    sync,
)
from hybrid.server.scim.directory import Directory
from hybrid.server.services import Services
from hybrid.server.settings import LoadSettings, ServerSettings
from hybrid.server.signin.chain import sign_ins_from_settings
from hybrid.server.syncing import Changes, Syncing
from hybrid.server.voices import Voices
from hybrid.watching import changes_beside, require_watching, watched_paths

_ROUTERS = (chat, models, embeddings, search, source, feedback, review, dashboard, sync, operation, page)
_STOPS_IN = 5.0


def create_app(
    pipeline: Pipeline,
    *,
    settings: ServerSettings | None = None,
    dev: bool = False,
    watch: bool = False,
    clock: Callable[[], float] = time.time,
) -> FastAPI:
    """Return the application that serves a pipeline.

    Args:
        pipeline: What is served; whoever made it closes it when the application has stopped.
        settings: As the pipeline's configuration says, when left out.
        dev: Whether everybody is believed who they are; never where anybody else can reach the server.
        watch: Whether to sync also when a source has changed.
        clock: Seconds since 1970.

    Raises:
        ConfigError: Nobody could sign in, or a way to sign in is only half configured.
        AccessError: An administrator is not named as ``user:NAME`` or ``group:NAME``.
        StorageError: The records cannot be written.
        MissingExtraError: The package that watches folders is not installed.

    Example:
        >>> from hybrid.testing.knowledge import WordOverlapKnowledge, public_document
        >>> import tempfile
        >>> from pathlib import Path
        >>> pipeline = Pipeline(knowledge=WordOverlapKnowledge([public_document("a.md", "Refunds take 5 days.")]))
        >>> settings = ServerSettings(data=Path(tempfile.mkdtemp()), people={"ana": ("support",)})
        >>> app = create_app(pipeline, settings=settings, dev=True)
        >>> "/v1/chat/completions" in app.openapi()["paths"]
        True
    """
    settings = settings or (pipeline.settings.server if pipeline.settings else ServerSettings())
    services = _services(pipeline, settings, dev=dev, watch=watch, clock=clock)
    app = FastAPI(
        title="hybrid",
        version=hybrid.__version__,
        summary="Answers from documents, each with citations that were re-read, for those who may read them.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        lifespan=partial(_lifespan, services),
        middleware=[
            Middleware(Observing, metrics=services.metrics, https=settings.https),
            Middleware(Bodies, most=settings.load.body_bytes, seconds=settings.load.body_seconds),
        ],
    )
    app.state.services = services
    add_handlers(app)
    for module in _ROUTERS:
        app.include_router(module.router)
    app.include_router(auth.me)
    if services.sign_ins.flow is not None:
        app.include_router(auth.sign_in_router(services.sign_ins.flow))
    if services.directory is not None:
        app.include_router(_provisioning(services.directory, settings))
    if find_spec("mcp") is not None:
        from hybrid.server.mcp.over_http import mcp_router, tools_manager

        app.state.tools = tools_manager(services)
        app.include_router(mcp_router(app.state.tools))
    return app


def _provisioning(directory: Directory, settings: ServerSettings) -> APIRouter:
    try:
        from hybrid.server.scim.routes import scim_router
    except ModuleNotFoundError:
        raise MissingExtraError(feature="[server.scim]", extra="scim") from None
    return scim_router(directory, public_url=settings.public_url)


def _services(
    pipeline: Pipeline, settings: ServerSettings, *, dev: bool, watch: bool, clock: Callable[[], float]
) -> Services:
    load = settings.load
    directory = Directory(settings.data, clock=clock) if settings.scim.token_sha256 else None
    gate = Gate(workers=_workers(pipeline, load), waiting=load.waiting, wait=load.wait, deadline=load.deadline)
    syncing = Syncing(
        pipeline,
        every=settings.sync_every if pipeline.connectors else 0.0,
        changes=_changes(pipeline, settings) if watch else None,
    )
    records = Records(settings.data, clock=clock)
    return Services(
        pipeline=_abandoning(pipeline),
        settings=settings,
        gate=gate,
        sign_ins=sign_ins_from_settings(settings, dev=dev, directory=directory, clock=clock),
        directory=directory,
        admins=frozenset(parse_access(settings.admins).readers) - {"public"},
        reviewers=frozenset(parse_access(settings.review.reviewers).readers) - {"public"},
        rates=Rates(per_minute=load.per_minute),
        voices=Voices(pipeline, experiment=pipeline.settings.answer.experiment if pipeline.settings else None),
        retention=Retention(
            settings.data, shown_days=settings.audit_days, question_days=settings.review.keep_days, clock=clock
        ),
        records=records,
        desk=Desk(pipeline, settings, records, clock=clock),
        clock=clock,
        syncing=syncing,
        channel=Channel(pipeline, pipeline.settings, sync=syncing.run) if pipeline.settings else None,
        metrics=Metrics(lambda: gate.admitted),
        readiness=Readiness(pipeline, gate),
    )


def _changes(pipeline: Pipeline, settings: ServerSettings) -> Changes:
    require_watching("hybrid serve --watch")
    written = [settings.data, *([pipeline.settings.index.path] if pipeline.settings else [])]
    return partial(changes_beside, watched_paths(pipeline.connectors), ignored=written)


def _workers(pipeline: Pipeline, load: LoadSettings) -> int:
    # Without a language model the CPUs do all the work: more at once would make each answer later and none sooner.
    fewest = 2 if isinstance(pipeline.composer.model, ExtractiveModel) else 4
    return load.workers or max(fewest, available_cpus())


def _abandoning(pipeline: Pipeline) -> Pipeline:
    served = copy.copy(pipeline)
    served.composer = replace(pipeline.composer, model=Abandoning(pipeline.composer.model))
    return served


@asynccontextmanager
async def _lifespan(services: Services, app: FastAPI) -> AsyncGenerator[None]:
    keeping = asyncio.gather(services.syncing.keep_up(), services.retention.keep())
    if services.channel is not None:
        await services.channel.open()
    try:
        async with app.state.tools.run() if hasattr(app.state, "tools") else nullcontext():
            yield
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping
        stops = [services.syncing.stop, services.gate.stop]
        services.gate.close()
        if services.channel is not None:
            services.channel.close()
            stops.append(services.channel.stop)
        app.state.at_rest = all(await asyncio.gather(*(asyncio.to_thread(stop, _STOPS_IN) for stop in stops)))
        if services.sign_ins.published is not None:
            await services.sign_ins.published.close()
        services.records.close()
        if services.directory is not None:
            services.directory.close()
