"""Headers that every answer carries."""

from flask import Flask, Response, request

# One line a directive. No inline script or style anywhere, nothing from other hosts.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# "no-cache" where people type: with "no-store" browsers would forget the words on the way back from an error.
PAGES = "private, no-cache"
SECURE_AGE = "max-age=31536000"


def register(app: Flask) -> None:
    """Add the headers to every answer of the app."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", PAGES)
    if request.is_secure:
        response.headers.setdefault("Strict-Transport-Security", SECURE_AGE)
    return response
