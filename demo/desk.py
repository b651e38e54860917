"""How Dewi works at the desk: signed in over HTTP, on the pages that every operator uses."""

import threading

from demo.browser import Browser, Page, PageForm, WrongPageError

REASON = "Sesuai isi laporan, ini urusan dinas tersebut."


class Desk:
    """One operator in one browser, for several threads."""

    def __init__(self, public_url: str, email: str, password: str) -> None:
        self.email = email
        self.password = password
        self._browser = Browser(public_url)
        self._lock = threading.Lock()

    def assign(self, number: str, agency: str) -> bool:
        """Give a case to an agency; False when it lies at the desk no more. Raises OSError or WrongPageError."""
        return self._act(number, "/teruskan", {"agency": agency, "reason": REASON})

    def reject(self, number: str, reason: str) -> bool:
        """End a case with a reason; False when it lies at the desk no more. Raises OSError or WrongPageError."""
        return self._act(number, "/tolak", {"reason": reason})

    def answer(self, number: str, text: str) -> bool:
        """Answer a case; False when it lies at the desk no more. Raises OSError or WrongPageError."""
        return self._act(number, "/jawab", {"text": text})

    def _act(self, number: str, action: str, values: dict[str, str]) -> bool:
        with self._lock:
            page = self._page(f"/meja/kasus/{number}")
            if _form(page, "/jawab") is None:  # somebody else has taken it in hand
                return False
            form = _form(page, action)
            if form is None:
                raise WrongPageError(f"nothing ends with {action} on {page.url} (status {page.status})")
            after = self._browser.submit(page, form, values)
            if after.status != 200:
                raise WrongPageError(f"status {after.status} from {action}")
            return True

    def _page(self, address: str) -> Page:
        """A page of the desk, after signing in when that is needed."""
        page = self._browser.get(address)
        if "/masuk" not in page.url:
            return page
        after = self._browser.submit(
            page, page.form_with("email", "password"), {"email": self.email, "password": self.password}
        )
        if after.status != 200:
            raise WrongPageError(f"sign-in was refused (status {after.status})")
        return self._browser.get(address)


def _form(page: Page, action: str) -> PageForm | None:
    return next((form for form in page.forms() if form.action.endswith(action)), None)
