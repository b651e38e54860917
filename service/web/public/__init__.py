"""What citizens see: the form, the receipt, the tracking page. Nobody signs in here.

In: complaints and follow-ups. Out: `casework.open_case`, `casework.follow_up`; pages that only the token of a case
opens, and that name no member of staff.
"""

from service.web.public import clock, form, tracking, unsubscribe, verdict
from service.web.public.pages import pages

__all__ = ["clock", "form", "pages", "tracking", "unsubscribe", "verdict"]
