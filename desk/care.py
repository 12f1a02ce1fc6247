"""Care: how the desk is, for who looks after it: /healthz, /metrics, /openapi.json, and where browsers report to."""

import msgspec
from litestar import MediaType, Response, get, post

from desk.access import Asker
from desk.desk import Desk
from desk.metrics import TYPE
from streams.log import log

REPORT_SHOWN = 300  # characters of a report


@get("/healthz", tags=["care"], summary="Whether the ledger is read.")
async def healthz(desk: Desk) -> Response[dict[str, object]]:
    """Well, or what is not."""
    if desk.away is not None:
        return Response({"status": "away", "detail": desk.away}, status_code=503)
    return Response({"status": "ok", "sequence": desk.snapshot.head.sequence, "read_at": desk.read_at})


@get("/metrics", tags=["care"], summary="How the desk is, for Prometheus.", media_type=MediaType.TEXT)
async def metrics(desk: Desk) -> Response[bytes]:
    """Counts of the desk."""
    alerts = desk.snapshot.reading.standing.alerts
    exposed = desk.metrics.exposed(
        readers=desk.outflow.readers.total(),
        sequence=desk.snapshot.head.sequence,
        firing=sum(alert.state == "firing" for alert in alerts),
        away=desk.away is not None,
    )
    return Response(exposed, media_type=TYPE)


@get("/openapi.json", include_in_schema=False)
async def openapi(request: Asker) -> Response[bytes]:
    """The document of this API (OpenAPI 3.1)."""
    return Response(msgspec.json.encode(request.app.openapi_schema.to_schema()), media_type=MediaType.JSON)


@post("/csp", include_in_schema=False, status_code=204)
async def csp(request: Asker, desk: Desk) -> None:
    """A browser says that a page broke its policy: counted, and its first words logged."""
    desk.metrics.csp_report()
    body = await request.body()
    log().warning("a page broke its content policy", report=ascii(body[:REPORT_SHOWN].decode(errors="replace")))


CARE_ROUTES = [healthz, metrics, openapi, csp]
