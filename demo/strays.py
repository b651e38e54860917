"""What also comes by mail in any city: an advertisement, an empty letter, an address with a mistake in it. Pure."""

from datetime import datetime, timedelta

from demo.acts import Act, FillForm, Post
from demo.clients import Letter
from demo.stories import Story

# The local mail server refuses such an address for good.
MISTYPED = "bounce550.lina@pos.example"


def strays(start: datetime, mail_address: str) -> list[Act]:
    """They end in quarantine and on the shelf of dead letters, where the desk looks after them."""
    advertisement = Letter(
        "Promo Gudang Elektronik", "promo@gudang.example", mail_address, "DISKON AKHIR TAHUN s.d. 70%",
        "Kulkas, AC, TV LED! Hanya sampai Minggu. Balas STOP untuk berhenti berlangganan.", start,
        headers=(("List-Unsubscribe", "<https://gudang.example/stop>"), ("Precedence", "bulk")),
    )  # fmt: skip
    empty = Letter("Novi", "novi.hp@surel.example", mail_address, "", "", start)
    mistyped = Story(
        id="alamat-salah", category="sampah", right_agency="dlh", channel="form", tone="plain", answers=("umum-short",),
        text="Gerobak sampah di gang kami sudah dua minggu tidak lewat, padahal iuran Rp20.000 tetap ditagih.",
        area="Kebun Tebeng", place="Gang Melati 3", name="Lina Marlina", email=MISTYPED,
    )  # fmt: skip
    return [
        Post(start + timedelta(hours=3), "gmail", advertisement, "Surat iklan datang (Tuntas menahannya di karantina)"),
        FillForm(start + timedelta(hours=5), mistyped, "Lina Marlina mengisi formulir dengan alamat email yang salah"),
        Post(start + timedelta(hours=8), "gmail", empty, "Surat tanpa isi datang (Tuntas menahannya di karantina)"),
    ]
