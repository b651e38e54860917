"""Replies as the mail programs of the world write them: what the person wrote is what is left."""

import pytest

from service.mail.html_text import html_to_text
from service.mail.parse import parse
from service.mail.quoting import trim
from tests.unit.mail.letters import letter, parts

ANSWER = "Jalan sudah kami tambal kemarin.\n\nTerima kasih,\nDinas PUPR"
QUOTED = "\n> Jalan di depan rumah saya rusak.\n> Mohon diperbaiki."
BARE = "\nJalan di depan rumah saya rusak.\nMohon diperbaiki."


def outlook(sender: str, sent: str, to: str, subject: str, colon: str = ":") -> str:
    return (
        f"{sender}{colon} Lapor Kota <lapor@kota.test>\n{sent}{colon} Senin, 23 November 2026 09.15\n"
        f"{to}{colon} pupr@kota.test\n{subject}{colon} [BKL-12] Jalan rusak\n{BARE}"
    )


HISTORIES = {
    "Outlook, English": outlook("From", "Sent", "To", "Subject"),
    "Outlook, Indonesian": outlook("Dari", "Dikirim", "Kepada", "Perihal"),
    "Outlook, Indonesian of another version": outlook("Dari", "Terkirim", "Ke", "Subjek"),
    "Outlook, Malay": outlook("Daripada", "Dihantar", "Kepada", "Subjek"),
    "Outlook, German": outlook("Von", "Gesendet", "An", "Betreff"),
    "Outlook, French": outlook("De", "Envoyé", "À", "Objet", " :"),
    "Outlook, Spanish": outlook("De", "Enviado el", "Para", "Asunto"),
    "Outlook, Spanish of the web": outlook("De", "Enviado", "Para", "Asunto"),
    "Outlook, Dutch": outlook("Van", "Verzonden", "Aan", "Onderwerp"),
    "Outlook, Portuguese": outlook("De", "Enviada em", "Para", "Assunto"),
    "Outlook, Italian": outlook("Da", "Inviato", "A", "Oggetto"),
    "Outlook, Polish": outlook("Od", "Wysłano", "Do", "Temat"),
    "Outlook, Russian": outlook("От", "Отправлено", "Кому", "Тема"),
    "Outlook, Chinese": outlook("发件人", "发送时间", "收件人", "主题", "："),
    "Outlook, Japanese": outlook("差出人", "送信日時", "宛先", "件名"),
    "Outlook with a rule above": "________________________________\n" + outlook("From", "Sent", "To", "Subject"),
    "Outlook with stars": outlook("*From", "*Sent", "*To", "*Subject", ":*"),
    "Outlook on a phone": "Get Outlook for Android<https://aka.test/x>\n" + outlook("From", "Sent", "To", "Subject"),
    "Outlook on an Indonesian phone": "Dapatkan Outlook untuk iOS\n" + outlook("Dari", "Dikirim", "Kepada", "Subjek"),
    "Outlook Express": "----- Original Message ----- \n" + outlook("From", "Sent", "To", "Subject"),
    "Outlook of old": "-----Original Message-----\n" + outlook("From", "Sent", "To", "Subject"),
    "Outlook of old, Indonesian": "-----Pesan Asli-----\n" + outlook("Dari", "Dikirim", "Kepada", "Perihal"),
    "Outlook of old, German": "-----Ursprüngliche Nachricht-----\nVon: Lapor" + BARE,
    "Outlook of old, Dutch": "-----Oorspronkelijk bericht-----\nVan: Lapor" + BARE,
    "Gmail, English": "On Mon, 23 Nov 2026 at 09:15, Lapor Kota <lapor@kota.test> wrote:\n" + QUOTED,
    "Gmail, Indonesian": "Pada Sen, 23 Nov 2026 pukul 09.15 Lapor Kota <lapor@kota.test> menulis:\n" + QUOTED,
    "Gmail, Indonesian, broken": "Pada tanggal Sen, 23 Nov 2026 pukul 09.15 Lapor Kota "
    "<\nlapor+k1.abc@kota.test>\nmenulis:\n" + QUOTED,
    "Gmail, Malay": "Pada Isn, 23 Nov 2026 pada 09:15 Lapor Kota <lapor@kota.test> menulis:\n" + QUOTED,
    "Gmail, German": "Am Mo., 23. Nov. 2026 um 09:15 Uhr schrieb Lapor <lapor@kota.test>:\n" + QUOTED,
    "Gmail, French": "Le lun. 23 nov. 2026 à 09:15, Lapor <lapor@kota.test> a écrit :\n" + QUOTED,
    "Gmail, Spanish": "El lun, 23 nov 2026 a las 9:15, Lapor (<lapor@kota.test>) escribió:\n" + QUOTED,
    "Gmail, Dutch": "Op ma 23 nov 2026 om 09:15 schreef Lapor <lapor@kota.test>:\n" + QUOTED,
    "Gmail, Portuguese": "Em seg., 23 de nov. de 2026 às 09:15, Lapor <lapor@kota.test> escreveu:\n" + QUOTED,
    "Gmail, Italian": "Il giorno lun 23 nov 2026 alle ore 09:15 Lapor <lapor@kota.test> ha scritto:\n" + QUOTED,
    "Gmail, Polish": "pon., 23 lis 2026 o 09:15 Lapor <lapor@kota.test> napisał(a):\n" + QUOTED,
    "Gmail, Turkish": "Lapor <lapor@kota.test>, 23 Kas 2026 Pzt, 09:15 tarihinde şunu yazdı:\n" + QUOTED,
    "Gmail, Vietnamese": "Vào Th 2, 23 thg 11, 2026 vào lúc 09:15 Lapor <lapor@kota.test> đã viết:\n" + QUOTED,
    "Gmail, Japanese": "2026年11月23日(月) 9:15 Lapor <lapor@kota.test>:\n" + QUOTED,
    "Gmail, Chinese": "Lapor <lapor@kota.test> 于2026年11月23日周一 09:15写道：\n" + QUOTED,
    "Gmail, old": "2026-11-23 9:15 GMT+07:00 Lapor Kota <lapor@kota.test>:\n" + QUOTED,
    "Gmail, forwarded": "---------- Forwarded message ---------\nFrom: Lapor <lapor@kota.test>" + BARE,
    "Gmail, forwarded, Indonesian": "---------- Forwarded message ---------\nDari: Lapor <lapor@kota.test>" + BARE,
    "Yahoo": "On Monday, November 23, 2026 at 09:15:00 AM GMT+7, Lapor <lapor@kota.test> wrote:  \n" + BARE,
    "Yahoo, Indonesian": "Pada Senin, 23 November 2026 pukul 09.15.00 WIB, Lapor <lapor@kota.test> menulis:  \n" + BARE,
    "Yahoo on a phone": "Sent from Yahoo Mail on Android\n\n  On Mon, Nov 23, 2026 at 9:15, "
    "Lapor<lapor@kota.test> wrote:   Jalan rusak",
    "Yahoo on an Indonesian phone": "Dikirim dari Yahoo Mail di Android \n \n  Pada Sen, 23 Nov 2026 pada 9:15, "
    "Lapor<lapor@kota.test> menulis:   Jalan",
    "Apple Mail": "On 23 Nov 2026, at 09:15, Lapor Kota <lapor@kota.test> wrote:\n" + QUOTED,
    "Apple Mail, Indonesian": "Pada 23 Nov 2026, pukul 09.15, Lapor Kota <lapor@kota.test> menulis:\n" + QUOTED,
    "Apple Mail, quoted whole": "> On 23 Nov 2026, at 09:15, Lapor Kota <lapor@kota.test> wrote:\n> \n> Jalan rusak",
    "iPhone": "Sent from my iPhone\n\nOn 23 Nov 2026, at 09:15, Lapor <lapor@kota.test> wrote:\n" + QUOTED,
    "iPhone, Indonesian": "Dikirim dari iPhone saya\n\nPada 23 Nov 2026, pukul 09.15, Lapor <lapor@kota.test> "
    "menulis:\n" + QUOTED,
    "Thunderbird": "On 23/11/2026 09.15, Lapor Kota wrote:\n" + QUOTED,
    "Thunderbird, Indonesian": "Pada 23/11/2026 09.15, Lapor Kota menulis:\n" + QUOTED,
    "Thunderbird, French": "Le 23/11/2026 à 09:15, Lapor Kota a écrit :\n" + QUOTED,
    "Thunderbird, Spanish": "El 23/11/26 a las 9:15, Lapor escribió:\n" + QUOTED,
    "Thunderbird, forwarded": "-------- Forwarded Message --------\nSubject: Jalan\nDate: Mon" + BARE,
    "Samsung": "-------- Original message --------\nFrom: Lapor <lapor@kota.test>\nDate: 23/11/2026 09:15 "
    "(GMT+07:00)" + BARE,
    "Samsung, Indonesian": "Dikirim dari ponsel cerdas Samsung Galaxy saya.\n-------- Pesan asli "
    "--------\nDari: Lapor <lapor@kota.test>" + BARE,
    "Zimbra": "----- Original Message -----\nFrom: \"Lapor\" <lapor@kota.test>\nTo: \"PUPR\" <pupr@kota.test>" + BARE,
    "Zimbra, Indonesian": "----- Pesan Asli -----\nDari: \"Lapor\" <lapor@kota.test>\nKepada: pupr@kota.test" + BARE,
    "Zimbra of today": 'From: "Lapor" <lapor@kota.test>\nTo: "PUPR" <pupr@kota.test>\nSent: Monday, November '
    '23, 2026 9:15:00 AM\nSubject: Jalan' + BARE,
    "Roundcube": "On 2026-11-23 09:15, Lapor Kota wrote:\n" + QUOTED,
    "Roundcube, Indonesian": "Pada 2026-11-23 09:15, Lapor Kota menulis:\n" + QUOTED,
    "SquirrelMail": "On Mon, November 23, 2026 9:15 am, Lapor Kota wrote:\n" + QUOTED,
    "Lotus Notes": "From: Lapor <lapor@kota.test>\nTo: pupr@kota.test\nDate: 23/11/2026 09:15\nSubject: Jalan" + BARE,
    "Proton": "On Monday, November 23rd, 2026 at 9:15 AM, Lapor <lapor@kota.test> wrote:\n" + QUOTED,
    "Zoho": "---- On Mon, 23 Nov 2026 09:15:00 +0700 Lapor <lapor@kota.test> wrote ---\n" + QUOTED,
    "Xiaomi": "Lapor Kota <lapor@kota.test> 于 2026年11月23日周一 上午9:15写道：\n" + QUOTED,
    "BlueMail": "Get BlueMail for Android\n\nOn 23 Nov 2026, at 09:15, Lapor <lapor@kota.test> wrote:\n" + QUOTED,
    "BlackBerry": "Sent from my BlackBerry 10 smartphone.\nFrom: Lapor\nSent: Monday, November 23, 2026 "
    "09:15\nTo: pupr@kota.test\nSubject: Jalan" + BARE,
    "a mark of ours": "--- Balas di atas garis ini ---\n" + BARE,
}  # fmt: skip


@pytest.mark.parametrize("program", HISTORIES)
def test_the_history_is_taken_off_that_is_written_by(program):
    assert trim(f"{ANSWER}\n\n{HISTORIES[program]}\n") == ANSWER


@pytest.mark.parametrize("program", HISTORIES)
def test_a_reply_without_words_says_nothing_in(program):
    assert trim(f"\n{HISTORIES[program]}\n") == ""


SIGNATURES = [
    "-- \nBudi Santoso\nKepala Seksi Jalan",
    "--\nBudi Santoso\nKepala Seksi Jalan",
    "Sent from my iPhone",
    "Sent from my Galaxy",
    "Sent from Mail for Windows",
    "Sent from Outlook for Android",
    "Dikirim dari iPhone saya",
    "Dikirim dari ponsel saya",
    "Dikirim dari Outlook untuk Android",
    "Dikirim dari Yahoo Mail di Android",
    "Terkirim dari Samsung Mobile",
    "Dikirim dengan Gmail Mobile",
    "Dikirim dari perangkat Galaxy saya",
    "Von meinem iPhone gesendet",
    "Envoyé de mon iPhone",
    "Enviado desde mi iPhone",
    "Verstuurd vanaf mijn iPhone",
    "Get Outlook for iOS",
    "Dapatkan Outlook untuk Android",
    "Powered by Telkomsel BlackBerry®",
    "________________________________",
]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_what_is_signed_below_is_no_part_of_the_answer(signature):
    assert trim(f"{ANSWER}\n\n{signature}\n") == ANSWER


LETTERS = [
    "Surat kami tanggal 20 November dikirim dari kantor lurah.",
    "Saya baca di koran, Pak Camat menulis:\njalan akan diperbaiki.",
    "Pada 23 November 2026 saya lapor:\n1. jalan rusak\n2. lampu mati",
    "Kepada: Dinas PUPR\nDari: Warga RT 5\nPerihal: Jalan rusak\n\nMohon diperbaiki.",
    "From the river to the market: the road is broken.\nTo whom it may concern: please repair it.",
    "Jalan dari: Simpang Lima\nSampai: Pasar Minggu\nTanggal: 23 November 2026",
    "On the road near 12 Suprapto street there are holes.\nPlease repair:\nthe asphalt",
    "Rincian:\n---------\nLubang 1\n---------\nLubang 2",
    "Waktu: 09.15\nTempat: Jalan Suprapto\nKe: arah pasar",
    "Bukti ada di tautan berikut: https://foto.test/a\nTerima kasih.",
    "Mohon tulis jawaban di atas kertas berkop.",
    "Balasan di atas sudah saya baca.",
    "Dikirim ulang karena belum dijawab.\nJalan masih rusak.",
    "a > b adalah tanda lebih besar",
    "-- bukan tanda tangan --\nTeks lanjut.",
]


@pytest.mark.parametrize("text", LETTERS)
def test_a_letter_is_left_whole(text):
    assert trim(text) == text


def test_answers_among_the_quoted_lines_are_kept_in_any_language():
    for start in ("Pada 23/11/2026 09.15, Lapor menulis:", "Le 23/11/2026 à 09:15, Lapor a écrit :"):
        text = f"{start}\n> Kapan selesai?\nBesok.\n> Siapa yang mengerjakan?\nBudi."
        assert trim(text) == "Besok.\n> Siapa yang mengerjakan?\nBudi."


def test_an_answer_below_everything_is_kept():
    text = "On 23 Nov 2026, at 09:15, Lapor <lapor@kota.test> wrote:\n\n> Jalan rusak.\n> Mohon "
    "diperbaiki.\n\n" + ANSWER
    assert trim(text) == ANSWER


HTML = {
    "Outlook on the desk": '<div class="WordSection1"><p class="MsoNormal">Sudah selesai.<o:p></o:p></p><div '
    'style="border:'
    'none;border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> Lapor &lt;lapor@kota.test&gt;<br><b>Sent:'
    "</b> Monday, November 23, 2026 9:15 AM<br><b>To:</b> PUPR<br><b>Subject:</b> Jalan</p></div><p>Jalan "
    "rusak</p></div>",
    "Outlook on the web": '<div>Sudah selesai.</div><div id="Signature"></div><div id="appendonsend"></div><hr><div '
    'id="divRplyFwdMsg"><font><b>Von:</b> Lapor &lt;lapor@kota.test&gt;<br><b>Gesendet:</b> Montag, 23. November 2026 '
    "09:15<br><b>An:</b> PUPR<br><b>Betreff:</b> Jalan</font></div><div>Jalan rusak</div>",
    "Gmail": '<div dir="ltr">Sudah selesai.</div><br><div class="gmail_quote"><div dir="ltr" '
    'class="gmail_attr">On Mon, '
    '23 Nov 2026 at 09:15, Lapor &lt;<a href="mailto:lapor@kota.test">lapor@kota.test</a>&gt; wrote:<br></div>'
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex;border-left:1px #ccc solid">Jalan '
    'rusak</blockquote></div>',
    "Yahoo": '<div class="yahoo-style-wrap">Sudah selesai.</div><div class="yahoo_quoted"><div>Pada Senin, 23 '
    'November 2026'
    " pukul 09.15.00 WIB, Lapor &lt;lapor@kota.test&gt; menulis:</div><div><br></div><div>Jalan rusak</div></div>",
    "iPhone": '<html><body dir="auto">Sudah selesai.<br><br><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br>'
    '<blockquote type="cite">On 23 Nov 2026, at 09:15, Lapor &lt;lapor@kota.test&gt; wrote:<br><br></blockquote></div>'
    '<blockquote type="cite"><div dir="ltr">Jalan rusak</div></blockquote></body></html>',
    "Thunderbird": '<p>Sudah selesai.</p><div class="moz-cite-prefix">On 23/11/2026 09.15, Lapor wrote:<br></div>'
    '<blockquote type="cite" cite="mid:1"><p>Jalan rusak</p></blockquote>',
    "Zimbra": "<div>Sudah selesai.</div><hr id=\"zwchr\"><div><b>From: </b>\"Lapor\" "
    "&lt;lapor@kota.test&gt;<br><b>To: </b>"
    "\"PUPR\"<br><b>Sent: </b>Monday, November 23, 2026 9:15:00 AM<br><b>Subject: </b>Jalan</div><div>Jalan "
    "rusak</div>",
}  # fmt: skip


@pytest.mark.parametrize("program", HTML)
def test_the_history_in_html_is_taken_off_that_is_written_by(program):
    assert trim(html_to_text(HTML[program])) == "Sudah selesai."


def test_the_reply_of_a_whole_mail_is_trimmed():
    kind, body = parts(
        "Content-Type: text/plain; charset=utf-8; format=flowed\r\n\r\nSudah selesai.\r\n\r\nPada Sen, 23 Nov "
        "2026 pukul "
        "09.15 Lapor \r\n<lapor@kota.test> menulis:\r\n\r\n> Jalan rusak \r\n> sekali\r\n",
        "Content-Type: text/html\r\n\r\n<p>Sudah selesai.</p>",
        kind="alternative",
    )
    assert parse(letter(kind, body=body)).reply_text == "Sudah selesai."
