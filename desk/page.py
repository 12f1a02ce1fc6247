"""The page: what an analyst opens."""

from litestar import MediaType, Response, get

from desk.desk import Desk
from desk.html import rendered
from desk.views import VIEWS


@get("/", include_in_schema=False)
async def page(desk: Desk) -> Response[str]:
    """The desk at a glance."""
    found = rendered("page.html.j2", views=tuple(VIEWS.values()), synthetic=desk.snapshot.reading.synthetic)
    return Response(found, media_type=MediaType.HTML)


PAGE_ROUTES = [page]
