"""`/metrics`: figures for Prometheus."""

import hmac
from collections.abc import Iterator

from flask import Blueprint, Response, abort, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import RedisError

from service import queues
from service.config import settings
from service.database import db
from service.monitoring.metrics import families
from service.web.limits import is_loopback
from service.web.locks import token_holder

pages = Blueprint("metrics", __name__)
# What proxies add. A request that bears one comes from somebody else, whatever address it comes by.
FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP", "Forwarded", "Via")


class _Reading(Collector):
    """The figures of this moment."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return families(db.session(), _queue_lengths())


@pages.get("/metrics")
@token_holder
def metrics() -> Response:
    """With `Authorization: Bearer METRICS_TOKEN`; where none is set, for this machine only. 404 for all others."""
    if not _may_read():
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Reading())
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _may_read() -> bool:
    token = settings().metrics_token
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return is_loopback() and not any(name in request.headers for name in FORWARDED)


def _queue_lengths() -> dict[str, int]:
    """Empty while Redis is away: the other figures are wanted most then."""
    try:
        return queues.lengths()
    except RedisError:
        return {}
