"""The HTTP and WebSocket application: routes over a running engine."""

from __future__ import annotations

from fastapi import FastAPI, Response, WebSocket
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streamtrack.runtime.session import Runtime
from streamtrack.server.connections import Connections
from streamtrack.server.events import EventsSocket
from streamtrack.server.readiness import Readiness
from streamtrack.server.stream import StreamSocket
from streamtrack.settings import Settings


def create_app(runtime: Runtime, connections: Connections, readiness: Readiness, settings: Settings) -> FastAPI:
    """The application; it starts nothing and owns nothing."""
    app = FastAPI(title="StreamTrack", version="1", docs_url=None, redoc_url=None)
    stream = StreamSocket(runtime, connections, settings.frame_bytes, settings.idle_seconds)
    events = EventsSocket(runtime.conversations.everyone, connections, settings.seen_seconds)

    @app.websocket("/v1/stream/{conversation_id:path}")
    async def stream_socket(socket: WebSocket, conversation_id: str) -> None:
        await stream(socket, conversation_id)

    @app.websocket("/v1/events")
    async def events_socket(socket: WebSocket) -> None:
        await events(socket)

    @app.get("/healthz", summary="Whether the process answers")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", summary="Whether calls may be sent here")
    async def readyz(response: Response) -> dict[str, str]:
        response.status_code = 200 if readiness.ready else 503
        return {"status": readiness.status}

    @app.get("/metrics", summary="Counters and histograms for Prometheus")
    async def metrics() -> Response:
        return Response(generate_latest(runtime.metrics.registry), media_type=CONTENT_TYPE_LATEST)

    return app
