"""The product with the mail reader beside it; what gunicorn serves in `make run` and `make demo`."""

import os
from pathlib import Path

from deploy.local import viewer
from service.app import create_app

app = create_app()
viewer.register(
    app,
    home=Path(os.environ["TUNTAS_HOME"]),
    mail_address=os.environ["MAIL_ADDRESS"],
    smtp_port=int(os.environ["SMTP_PORT"]),
)
