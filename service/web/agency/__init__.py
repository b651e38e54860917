"""What agencies see: one case behind the signed link of a mail, and, signed in, the list of their cases and figures.

In: answers and refusals. Out: `casework.respond`, `casework.decline`. No page here holds a citizen's email or phone.
"""

from service.web.agency import clock, evidence, figures, link, office, similar
from service.web.agency.pages import pages

__all__ = ["clock", "evidence", "figures", "link", "office", "pages", "similar"]
