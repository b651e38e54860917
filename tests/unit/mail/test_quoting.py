"""Reply trimming: only what the writer wrote."""

import pytest

from service.mail.html_text import html_to_text
from service.mail.quoting import trim

ANSWER = "Jalan sudah kami tambal kemarin.\n\nHormat kami,\nDinas PUPR"


@pytest.mark.parametrize(
    "history",
    [
        "Pada Sen, 23 Nov 2026 pukul 09.15 Lapor Kota <lapor@kota.test>\nmenulis:\n\n> Jalan rusak\n> parah",
        "Pada tanggal Sen, 23 Nov 2026 09.15, Lapor <\nlapor+k7@kota.test> menulis:\n\n> Jalan rusak",
        "Pada Senin, 23 November 2026 09.15.00 WIB, Lapor <lapor@kota.test> menulis:\n\nJalan rusak tanpa tanda kutip",
        "> Pada 23 Nov 2026, pukul 09.15, Lapor <lapor@kota.test> menulis:\n>\n> Jalan rusak",
        "On Mon, Nov 23, 2026 at 9:15 AM Lapor <lapor@kota.test> wrote:\n\n> Jalan rusak",
        "________________________________\nDari: Lapor <lapor@kota.test>\nDikirim: Senin, 23 November 2026 09.15\n"
        "Kepada: PUPR\nPerihal: [A-1] Jalan\n\nJalan rusak",
        "*From:* Lapor\n*Sent:* Monday, November 23, 2026 9:15 AM\n*To:* PUPR\n*Subject:* Jalan\n\nJalan rusak",
        "-------- Pesan Asli --------\nDari: Lapor\n\nJalan rusak",
        "-----Original Message-----\nFrom: Lapor\n\nJalan rusak",
        "---------- Pesan terusan ---------\nDari: Lapor\n\nJalan rusak",
        "Begin forwarded message:\n\n> From: Lapor\n> Jalan rusak",
        "Dikirim dari iPhone saya\n\n> Pada 23 Nov 2026, Lapor <lapor@kota.test> menulis:\n> Jalan rusak",
        "Dikirim dari Yahoo Mail di Android\n\n Pada Sen, 23 Nov 2026 pada 9:15, "
        "Lapor<lapor@kota.test> menulis:   Jalan rusak",
        "Dapatkan Outlook untuk Android\n________________________________\nFrom: Lapor <lapor@kota.test>\n"
        "Sent: Monday, November 23, 2026 9:15:00 AM\nTo: pupr@kota.test\nSubject: Jalan\n\nJalan rusak",
        "Sent from my Samsung Galaxy smartphone.\n-------- Original message --------\nFrom: Lapor",
        "2026-11-23 9:15 GMT+07:00 Lapor <lapor@kota.test>:\n\n> Jalan rusak",
        "23.11.2026, 9:15, \"Lapor\" <lapor@kota.test>:\n> Jalan rusak",
        "fre. 23. nov. 2026 kl. 09.15 skrev Lapor <lapor@kota.test>:\n\nJalan rusak",
        "23. marraskuuta 2026 klo 9.15 Lapor <lapor@kota.test> kirjoitti:\n\n> Jalan rusak",
        "在 2026年11月23日 9:15，Lapor <lapor@kota.test>写道：\n\n> Jalan rusak",
        "Am 23.11.2026 um 09:15 schrieb Lapor:\n> Jalan rusak",
        "--- Balas di atas garis ini ---\n\nJalan rusak",
        "-- \nBudi Santoso\nDinas PUPR\nTelp. 0736-12345",
        "-- \nBudi\n\nPada Sen, 23 Nov 2026 09.15 Lapor <lapor@kota.test> menulis:\n> Jalan rusak",
    ],
)  # fmt: skip
def test_history_signature_and_phone_are_taken_off(history):
    assert trim(f"{ANSWER}\n\n{history}\n") == ANSWER


@pytest.mark.parametrize(
    "text",
    [
        "Pada hari Senin saya lewat di sana:\n- lubang satu\n- lubang dua\nPada malam hari gelap.",
        "Kepada Yth. Wali Kota\nDari: Sari\nTanggal: 12 November 2026\nPerihal: Jalan rusak\n\nJalan rusak parah.",
        "Dokumen sudah dikirim.\nDikirim melalui pos kemarin.",
        "Pada rapat kemarin Pak RT menulis:\nJalan harus ditambal.",
        "Nama: Sari\nEmail: sari@surel.test\nTanggal: 23 November 2026 09.15\nHal: jalan rusak\n\nMohon bantuan.",
        "On this day\n\nI wrote something\n\nwhich was very interesting.",
        "Rapat pukul 12.30:\n> kutipan peraturan\nlanjut kerja",
        "Tanggal: 5\nHal: tidak ada",
        "> Kapan selesai?\n\nBesok.",
        "",
    ],
)
def test_an_ordinary_text_is_left_alone(text):
    assert trim(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "> Jalan rusak\n> parah",
        "Pada Sen, 23 Nov 2026 09.15 Lapor <lapor@kota.test> menulis:\n> Jalan rusak",
        "Pada Sen, 23 Nov 2026 09.15 Lapor <lapor@kota.test> menulis:\n\nJalan rusak tanpa tanda",
        "\n-----Original Message-----\nFrom: Lapor\nJalan rusak",
        "Dikirim dari iPhone saya",
        " \n\u200b\n",
    ],
)
def test_a_mail_of_nothing_but_quotation_says_nothing(text):
    assert trim(text) == ""


def test_an_answer_below_the_quotation_is_kept():
    text = "Pada Sen, 23 Nov 2026 09.15 Lapor <lapor@kota.test> menulis:\n> Kapan?\n\nBesok pagi."
    assert trim(text) == "Besok pagi."


def test_answers_between_quoted_questions_are_kept():
    text = "On Mon, Nov 23, 2026 Lapor <lapor@kota.test> wrote:\n> 1. Kapan?\nBesok.\n> 2. Siapa?\nBudi."
    assert trim(text) == "Besok.\n> 2. Siapa?\nBudi."


@pytest.mark.parametrize(
    "html",
    [
        '<div>Sudah selesai.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Dari:</b> Lapor '
        "&lt;lapor@kota.test&gt;<br><b>Dikirim:</b> Senin, 23 November 2026 09.15<br><b>Kepada:</b> PUPR<br>"
        "<b>Perihal:</b> x</div><div>Jalan rusak</div>",
        '<div dir="ltr">Sudah selesai.</div><br><div class="gmail_quote"><div class="gmail_attr">Pada Sen, 23 Nov 2026 '
        'pukul 09.15 Lapor &lt;<a href="mailto:lapor@kota.test">lapor@kota.test</a>&gt; menulis:<br></div><blockquote '
        'class="gmail_quote" style="border-left:1px solid">Jalan rusak</blockquote></div>',
        "<html><head></head><body>Sudah selesai.<br><br><div>Dikirim dari iPhone saya</div><div><br><blockquote "
        'type="cite">Pada 23 Nov 2026, pukul 09.15, Lapor &lt;lapor@kota.test&gt; menulis:<br><br></blockquote></div>'
        '<blockquote type="cite"><div>Jalan rusak</div></blockquote></body></html>',
    ],
)
def test_history_in_html_replies_is_taken_off(html):
    assert trim(html_to_text(html)) == "Sudah selesai."


def test_indented_html_is_no_quotation():
    html = '<p>Mohon:</p><blockquote style="margin:0 0 0 40px;border:none;padding:0px">Jalan ditambal</blockquote>'
    assert trim(html_to_text(html)) == "Mohon:\n\nJalan ditambal"
