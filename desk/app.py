"""The app: every route of a desk, put together. What each does is in its own module."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec
from litestar import Litestar, MediaType, Response, get
from litestar.config.compression import CompressionConfig
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.static_files import create_static_files_router

from desk.desk import Desk, ended
from desk.events import events
from desk.html import STATIC
from desk.objects import object_routes
from desk.page import PAGE_ROUTES
from desk.problem import answered
from desk.routes import Asker, view_routes
from sealane import __version__

PAGES = {"": "", ".json": ".json", ".csv": ".csv", ".geojson": ".geojson"}
API = {"": ".json", ".csv": ".csv", ".geojson": ".geojson"}


def app_of(desk: Desk) -> Litestar:
    """The app of one desk."""

    @asynccontextmanager
    async def following(_: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(desk.keep_up())
        try:
            yield
        finally:
            await ended(task)

    return Litestar(
        route_handlers=[
            *PAGE_ROUTES,
            *view_routes("", PAGES),
            *object_routes("", as_page=True),
            *view_routes("/api", API),
            *object_routes("/api", as_page=False),
            events,
            healthz,
            openapi,
            create_static_files_router(path="/static", directories=[STATIC]),
        ],
        dependencies={"desk": Provide(lambda: desk, sync_to_thread=False)},
        lifespan=[following],
        exception_handlers={Exception: answered},
        compression_config=CompressionConfig(backend="gzip", exclude=["^/events"]),
        openapi_config=OpenAPIConfig(
            title="sealane desk",
            version=__version__,
            path="/schema",
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],  # the others load their scripts from elsewhere
        ),
    )


@get("/healthz", tags=["care"], summary="Whether the ledger is read.")
async def healthz(desk: Desk) -> Response[dict[str, object]]:
    """Well, or what is not."""
    if desk.away is not None:
        return Response({"status": "away", "detail": desk.away}, status_code=503)
    snapshot = desk.snapshot
    return Response({"status": "ok", "sequence": snapshot.head.sequence, "read_at": desk.read_at})


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Asker) -> Response[bytes]:
    """The document of this API (OpenAPI 3.1)."""
    return Response(msgspec.json.encode(request.app.openapi_schema.to_schema()), media_type=MediaType.JSON)
