"""Clear pages for whatever goes wrong. Words that were typed are never thrown away."""

from flask import Flask, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from service.agencies.directory import NoPresetError
from service.complaints.rules import ActRefusedError
from service.database import db
from service.intake.quarantine import NotInQuarantineError
from service.pacts.registry import NoPactError
from service.web.public.form import form_again

# A browser that is cut off while it still sends shows its own error instead of our page: read on, up to here.
MOST_DRAINED = 300 * 1024 * 1024


def register(app: Flask) -> None:
    """Add the error pages to the app."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(429, _too_many)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(NoPresetError, _no_preset)
    app.register_error_handler(NoPactError, _no_preset)
    app.register_error_handler(ActRefusedError, _refused)
    app.register_error_handler(NotInQuarantineError, _refused)
    app.register_error_handler(OperationalError, _no_database)
    app.register_error_handler(500, _broken)


def _page(status: int, title: str, text: str, typed: str = "") -> Response:
    return make_response(render_template("error.html", status=status, title=title, text=text, typed=typed), status)


def _stale_form(_error: CSRFError) -> Response:
    """The form came without a valid token: an old page, or cookies that are switched off."""
    if request.endpoint == "public.file_complaint":
        notice = _(
            "Pengaduan belum terkirim karena halaman ini terlalu lama terbuka atau peramban Anda menolak kuki. Semua "
            "yang Anda tulis masih ada: tekan “Kirim pengaduan” sekali lagi."
        )
        return make_response(form_again(notice), 400)
    text = _("Halaman ini terlalu lama terbuka, atau peramban Anda menolak kuki. Kembali, muat ulang, dan coba lagi.")
    return _page(400, _("Belum terkirim"), text, _typed())


def _too_many(_error: HTTPException) -> Response:
    text = _("Terlalu banyak kiriman dari jaringan ini dalam waktu singkat. Tunggu satu menit, lalu coba sekali lagi.")
    if request.endpoint == "public.file_complaint":
        return make_response(form_again(text), 429)
    return _page(429, _("Tunggu sebentar"), text, _typed())


def _typed() -> str:
    """The words of a form that could not be taken, to be copied from the error page."""
    return request.form.get("text", "") or request.form.get("reason", "")


def _too_large(_error: RequestEntityTooLarge) -> Response:
    _drain()
    text = _(
        "Tulisan paling banyak 20.000 huruf, berkas paling banyak 10 dan masing-masing 10 MB. Tekan tombol kembali di "
        "peramban Anda: tulisan Anda masih ada di sana. Ringkaslah atau kurangi berkasnya, lalu kirim lagi."
    )
    return _page(413, _("Kiriman terlalu besar"), text)


def _drain() -> None:
    if not request.environ.get("wsgi.input_terminated"):
        return  # this server does not mark the end: reading on could wait for ever
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or 0, MOST_DRAINED)
    try:
        while left > 0 and (chunk := stream.read(min(left, 65536))):
            left -= len(chunk)
    except (OSError, ValueError, HTTPException):
        return  # the sender has gone


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    title, text = {
        403: (_("Bukan untuk akun ini"), _("Halaman ini hanya untuk petugas dengan tugas lain.")),
        404: (_("Halaman tidak ditemukan"), _("Alamatnya salah atau tidak lengkap. Salinlah tautan seutuhnya.")),
        405: (_("Cara membuka tidak tepat"), _("Buka halaman ini lewat tautan atau tombolnya.")),
    }.get(error.code, (_("Permintaan tidak dapat diolah"), _("Kembali ke halaman sebelumnya dan coba lagi.")))
    return _page(error.code, title, text)


def _refused(_error: Exception) -> Response:
    db.session.rollback()
    text = _(
        "Keadaannya sudah berubah sejak Anda membuka halaman ini: mungkin orang lain baru saja menanganinya. "
        "Muat ulang halaman untuk melihat keadaan terbaru."
    )
    return _page(409, _("Tidak jadi dilakukan"), text, _typed())


def _no_preset(_error: Exception) -> Response:
    text = _("Data pemerintah daerah belum dimuat. Pengelola menjalankan: flask preset load.")
    return _page(503, _("Belum siap dipakai"), text)


def _no_database(_error: OperationalError) -> Response:
    """The database is away. What a citizen typed stays in front of them."""
    db.session.rollback()
    text = _(
        "Sistem sedang tidak dapat menyimpan. Tulisan Anda belum terkirim: simpan dulu, dan coba lagi sebentar lagi."
    )
    return _page(503, _("Gangguan sementara"), text, _typed())


def _broken(_error: Exception) -> Response:
    db.session.rollback()
    text = _("Terjadi kesalahan di pihak kami, dan sudah tercatat. Coba lagi sebentar lagi.")
    return _page(500, _("Maaf, ada yang tidak beres"), text, _typed())
