"""What gunicorn and the flask command import."""

from service.app import create_app

app = create_app()
