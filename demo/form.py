"""How a citizen fills in the form at `/`."""

from demo.browser import Browser, WrongPageError
from demo.stories import Story


class Form:
    """`areas` are the codes of kelurahan by name."""

    def __init__(self, public_url: str, areas: dict[str, str]) -> None:
        self.public_url = public_url
        self.areas = areas

    def fill_in(self, story: Story, photo: bytes | None) -> str:
        """Send the form; returns the receipt's address. Raises OSError or WrongPageError: try again."""
        browser = Browser(self.public_url)
        page = browser.get("/")
        form = page.form_with("text", "category")
        values = {
            "text": story.text.strip(),
            "category": story.category,
            "area": self.areas.get(story.area or "", ""),
            "place": story.place or "",
            "name": story.name or "",
            "email": story.email or "",
            "phone": story.phone or "",
        }
        values |= {"anonymous": "1"} if story.anonymous else {}
        values |= {"confidential": "1"} if story.confidential else {}
        files = [("IMG_0001.jpg", "image/jpeg", photo)] if photo else []
        receipt = browser.submit(page, form, values, files)
        if "/terima/" not in receipt.url:
            raise WrongPageError(f"the form was not taken (status {receipt.status})")
        return receipt.url
