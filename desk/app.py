"""The app: every route of a desk, put together. What each does is in its own module."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.config.compression import CompressionConfig
from litestar.config.csrf import CSRFConfig
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, YamlRenderPlugin
from litestar.static_files import create_static_files_router

from desk.access import Access, admitting, login_routes
from desk.care import CARE_ROUTES
from desk.desk import Desk, ended
from desk.events import events
from desk.feedroutes import feed_routes
from desk.guard import BODY_BYTES
from desk.html import STATIC
from desk.objects import evidence, object_routes
from desk.page import PAGE_ROUTES
from desk.problem import answered
from desk.routes import view_routes
from desk.writes import write_routes
from sealane import __version__

PAGES = {"": "", ".json": ".json", ".csv": ".csv", ".geojson": ".geojson"}
API = {"": ".json", ".csv": ".csv", ".geojson": ".geojson"}
NO_FORMS = ["^/api/", "^/csp"]  # where cookies count for nothing


def app_of(desk: Desk, access: Access, secret: str) -> Litestar:
    """The app of one desk. `secret`: what the tokens of its forms are signed with."""

    @asynccontextmanager
    async def following(_: Litestar) -> AsyncIterator[None]:
        task = asyncio.create_task(desk.keep_up())
        try:
            yield
        finally:
            await ended(task)
            await desk.writer.close()

    return Litestar(
        route_handlers=[
            *PAGE_ROUTES,
            *view_routes("", PAGES),
            *object_routes("", as_page=True),
            *view_routes("/api", API),
            *object_routes("/api", as_page=False),
            *feed_routes(""),
            *feed_routes("/api"),
            *write_routes(""),
            *write_routes("/api"),
            *login_routes(),
            *CARE_ROUTES,
            events,
            evidence,
            create_static_files_router(path="/static", directories=[STATIC]),
        ],
        dependencies={
            "desk": Provide(lambda: desk, sync_to_thread=False),
            "access": Provide(lambda: access, sync_to_thread=False),
        },
        lifespan=[following],
        before_request=admitting(access),
        exception_handlers={Exception: answered},
        csrf_config=CSRFConfig(secret=secret, cookie_samesite="strict", exclude=NO_FORMS),
        compression_config=CompressionConfig(backend="gzip", exclude=["^/events"]),
        request_max_body_size=BODY_BYTES,
        openapi_config=OpenAPIConfig(
            title="sealane desk",
            version=__version__,
            description="Views of a ledger, its events as they come, and what people add. See docs/api.md.",
            path="/schema",
            render_plugins=[JsonRenderPlugin(), YamlRenderPlugin()],  # the others load their scripts from elsewhere
        ),
    )
