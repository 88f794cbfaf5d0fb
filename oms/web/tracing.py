"""OpenTelemetry, where its packages are installed (``pip install .[otel]``) and ``OTEL_…`` says where spans go.

A span is a route's name, its time and its status: no address, no id, no person, no statement of the database.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from flask import Flask, g, request
from werkzeug.wrappers import Response

log = logging.getLogger(__name__)
ASKED_BY = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def _tracer() -> Any:
    """Sends spans to the collector the environment names; None where none is named or the packages are not there."""
    if not any(os.environ.get(name) for name in ASKED_BY):
        return None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        log.warning("OTEL is set, but a package is missing: %s", error.name)
        return None
    provider = TracerProvider(resource=Resource({"service.name": "oms"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.get_tracer("oms")


def install(app: Flask, tracer: Any = None) -> None:
    """One span a request."""
    tracer = tracer or _tracer()
    if tracer is None:
        return

    def begin(endpoint: str | None, _values: dict[str, Any] | None) -> None:
        g.span = tracer.start_span(endpoint or "none")

    def end(response: Response) -> Response:
        span = g.pop("span", None)
        if span is not None:
            span.set_attribute("http.response.status_code", response.status_code)
            span.set_attribute("http.request.method", request.method)
            span.end()
        return response

    app.url_value_preprocessor(begin)
    app.after_request(end)
