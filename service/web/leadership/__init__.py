"""What the leader and the inspector see: the city's figures and its worst open cases. The desk may look too."""

from service.web.leadership import counting, decisions, similar
from service.web.leadership.views import pages

__all__ = ["counting", "decisions", "pages", "similar"]
