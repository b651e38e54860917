"""`/kota/terhitung`: the inspector lets words count that were not taken for an answer."""

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from service.casework.let_count import let_count
from service.complaints.rules import ActRefusedError
from service.database import transaction
from service.web.filters import directory_of_request
from service.web.leadership.decisions import MOST_REASON, acting, locked_case
from service.web.leadership.views import pages
from service.web.locks import role_required
from service.web.words import tidy


@pages.post("/kota/terhitung/<number>/<int:seq>")
@role_required("inspector")
def count_words(number: str, seq: int) -> Response:
    """Count the words of one event as an answer, with a reason that the agency reads."""
    reason = tidy(request.form.get("reason", ""))[:MOST_REASON]
    if not reason:
        flash(_("Tuliskan alasannya."))
        return redirect(url_for("desk.case", number=number), 303)
    try:
        with transaction() as session:
            case = locked_case(session, number)
            let_count(session, directory_of_request(), case, seq=seq, reason=reason, actor=acting())
        flash(_("Pesan itu sekarang dihitung sebagai jawaban, sejak saat tibanya."))
    except ActRefusedError:
        flash(_("Tidak jadi: pesan itu sudah dihitung, atau kasusnya sudah berpindah."))
    return redirect(url_for("desk.case", number=number), 303)
