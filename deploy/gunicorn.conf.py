"""gunicorn's settings, for production (`Procfile`) and `make run` alike; the command line overrides them.

Threads, because a request waits for the database more than it computes (measured best of gunicorn's kinds here).
"""

import gc
import os

# Platforms that run a Procfile say PORT and mean all interfaces; by ourselves we stand behind a proxy on this machine.
bind = f"0.0.0.0:{os.environ['PORT']}" if os.environ.get("PORT") else f"127.0.0.1:{os.environ.get('HTTP_PORT', 8000)}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", 2))
threads = 8
timeout = 60
graceful_timeout = 20
keepalive = 5
# A worker is replaced now and then, at different times, so that a slow leak never grows large.
max_requests = 20_000
max_requests_jitter = 2_000
# The heartbeat file must not wait for a busy disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
# No control socket: its default place is shared by all instances of a user.
control_socket_disable = True
# No access log: addresses of pages carry the secret of a complaint.
accesslog = None
errorlog = "-"


def post_worker_init(worker):
    """What start-up made stays: the garbage collector need not look at it again with every request."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
