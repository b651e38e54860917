"""What counts as an answer (the first *substantive* reply). Pure, standard library only.

A wrong "does not count" accuses an agency, a wrong "counts" can still be disputed by the citizen. So nothing is judged
by what it lacks: words do not count only if every one of them is known to say nothing on the matter. One word that is
not in the tables below, a number, a file, and they count. Decision record 018 has the reasons.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Why words do not count: no words of its own; greeting, thanks or receipt; work announced without a word on what, by
# whom or when; nothing but questions to the citizen.
EMPTY, COURTESY, ANNOUNCEMENT, QUESTION = "empty", "courtesy", "announcement", "question"
# Whoever writes more has said something, or written it to be read by a person.
MOST_CHARACTERS = 1_000

# The words that say nothing, by what they do in a sentence. A sentence of nothing else says nothing.
_TABLE = {
    "courtesy": """
        yth yang terhormat kepada dear halo hallo hai hi selamat salam hormat hormati sejahtera puan rahayu
        assalamualaikum assalamu'alaikum assalamu alaikum waalaikumsalam wa'alaikumsalam waalaikumussalam wassalam
        wassalamualaikum wassalamu'alaikum warahmatullahi wabarakatuh warahmatullah wr wb
        terima terimakasih trima makasih trims thanks thank you kasih tks atas banyak sebelumnya kembali matur suwun
        sama-sama sama baik oke ok okay okey siap noted sip ya iya yaa nggih njih inggih paham mengerti dipahami
        dimengerti laksanakan mohon maaf kesabarannya kesabaran ditunggu tunggu menunggu bersabar pengertiannya
        kerjasamanya kerja samanya perhatiannya partisipasinya kepeduliannya masukannya sarannya informasinya infonya
        info informasi laporannya pengaduannya aduannya keluhannya ketidaknyamanannya kunjungannya kepercayaannya
        waktunya bapak ibu pak bu bpk kak mas mbak mba sdr sdri saudara saudari anda warga pelapor masyarakat rekan min
        admin kami kita saya laporan pengaduan aduan keluhan email pesan masukan saran nomor no ini itu tersebut
        dimaksud tsb dan serta juga dengan dari pada di ke oleh semoga harap dimaklumi maklum hal perihal re regards
        best sincerely ttd atas nama an tanggapan jawaban balasan
    """,
    "receipt": "terima diterima menerima catat dicatat mencatat baca dibaca membaca masuk",
    "forward": "teruskan diteruskan meneruskan sampaikan disampaikan menyampaikan forward diforward",
    "work": """
        tindak lanjut lanjuti tindaklanjut tindaklanjuti tindak-lanjuti ditindak ditindaklanjuti ditindak-lanjuti
        menindaklanjuti menindak proses diproses memproses prosesnya koordinasi koordinasikan dikoordinasikan
        mengkoordinasikan mengoordinasikan berkoordinasi
    """,
    "filler": """
        secepat dahulu dulu lebih sesuai prosedur ketentuan berlaku yg dgn pihak bidang bagian dinas instansi opd
        terkait berwenang internal selanjutnya
    """,
    # "Sudah ditindaklanjuti" claims a deed, "bisa diproses" says something: the citizen can deny it. Those of the next
    # line only announce one.
    "claim": "sudah telah sdh bisa dapat mungkin",
    "announce": "akan sedang segera dalam dlm tengah masih lagi untuk utk agar supaya guna hendak secepatnya",
}
# Further words by which sentences are read.
_READ_BY = {
    # What an acknowledgement received; "sudah diterima" without any of them may answer "was my file received?".
    "report": "laporan laporannya pengaduan pengaduannya aduan aduannya keluhan keluhannya email pesan kasih",
    # "Ya, Pak." may answer what the citizen asked.
    "yes": "ya iya yaa",
    "address": "pak bu bapak ibu kak mas mbak kami saya",
    "asking": """
        apa apakah apanya berapa berapakah mana manakah dimana dimanakah kapan kapankah siapa siapakah bagaimana
        bagaimanakah gimana kenapa mengapa bisakah bolehkah dapatkah mungkinkah adakah sudahkah masihkah benarkah boleh
        minta mohon tolong tanya bertanya menanyakan konfirmasi memastikan
    """,
    # Whoever is told where to go, or to whom, has been helped.
    "guiding": """
        bawa membawa datang kantor loket hubungi antar serahkan ambil unduh isi berkas surat permohonan proposal
    """,
    # What makes a part of a sentence a statement, whatever the rest of it asks.
    "done": "sudah telah sdh",
    "agent": "kami kita petugas tim",
    "stating": "akan sedang segera tidak tak belum bukan besok lusa kemarin tadi karena sehingga",
    # What stands in no name of a person or an office: a line with one of these is no signature.
    "no name": """
        di ke dari pada dengan yang hari pagi siang sore malam jam pukul minggu senin selasa rabu kamis jumat sabtu
        jalan lampu air sampah ditutup dibuka selesai rusak perbaikan sebagai oleh masih
    """,
}
_COURTESY, _RECEIPT, _FORWARD, _WORK, _FILLER, _CLAIM, _ANNOUNCE = (frozenset(row.split()) for row in _TABLE.values())
_EMPTY_WORDS = frozenset().union(*(row.split() for row in _TABLE.values()))
_REPORT, _YES, _ADDRESS, _ASKING, _GUIDING, _DONE, _AGENT, _STATING, _NO_NAME = (
    frozenset(row.split()) for row in _READ_BY.values()
)
_STATING |= _DONE | _AGENT
_NO_NAME |= _STATING | _YES | _CLAIM
_NAME_WORDS = 8

# Beginnings that ask for something to be sent or told.
_REQUEST = re.compile(
    r"(?:(?:mohon maaf|maaf|baik|siap|halo|pak|bu|bapak|ibu|kak|untuk itu|selamat \w+)\W+){0,3}"
    r"(?:kami )?(?:mohon|tolong|minta|boleh|bolehkah|bisakah|dapatkah)\W+"
    r"(?:(?:kiranya|kepada|dibantu|bantu|dapat|bapak|ibu|pak|bu|saudara|anda|untuk|agar|tolong|segera|ya)\W+){0,4}"
    r"(?:di|meng|men|me)?-?(?:kirim|irim|infokan|informasikan|sebutkan|yebutkan|beritahu|beri tahu|lampirkan|jelaskan"
    r"|share|sertakan|yertakan|lengkapi|tuliskan|uliskan|foto\b|alamat|titik|lokasi|nomor|info|tahu\b)",
    re.IGNORECASE,
)
_CONDITION = re.compile(r"\s*(?:agar|supaya|untuk|utk|guna|kalau|kalo|jika|bila|apabila|sebelum)\b", re.IGNORECASE)

_WORD = re.compile(r"[^\W_]+(?:['`-][^\W_]+)*")
# A question often follows without a full stop.
_SENTENCE = re.compile(
    r"(?<=[.!?…])[\s)\"”]+|\n+|\s+(?=(?:Apakah|Berapa|Kapan|Siapa|Bagaimana|Dimana|Di mana|Kenapa|Mengapa|Mohon)\b)"
)
_ABBREVIATION = re.compile(r"\b(yth|bpk|sdr|sdri|an|wr|wb|ttd|dgn|yg|tsb|no)\.", re.IGNORECASE)
_PART = re.compile(r"[,;:–—]|\s-\s|\b(?:tapi|tetapi|namun|sedangkan|lalu|kemudian|dan|jadi|maka)\b", re.IGNORECASE)
_TITLE = r"(?i:bapak|ibu|pak|bu|bpk|kak|mas|mbak|mba|sdri?|saudara|saudari)\.?"
_GREETED = re.compile(
    rf"(?m)^[^\w\n]*(?i:(?:yth\.?|kepada|baik|siap|halo|hai|oke|ok|terima kasih(?: banyak)?|makasih)[\s,]+)+"
    rf"(?:{_TITLE}[\s/]+)*{_TITLE}\s+[A-Z]\w+(?:\s+[A-Z]\w+)?(?=\s*(?:[,.!]|$))"
)
_TIME_OF_DAY = re.compile(
    r"(?im)\bselamat\s+(?:pagi|siang|sore|malam)\b|^[^\w\n]*(?:pagi|siang|sore|malam)\b(?=\s*(?:[,!]|pak\b|bu\b|kak\b))"
)
# The end of a sentence; that of "S.T." is none.
_ENDS = re.compile(r"(?:[!?:;…]|(?<!\.\w)(?<!\.\w\w)(?<!\.\w\w\w)\.)\s*\Z")
_QUOTED = re.compile(r"^[ \t]*(?:>|\|).*$", re.MULTILINE)
_CLOSING = re.compile(
    r"\W*(?:hormat (?:kami|saya)|salam hormat|was+alam\S*(?:\s+w\S+){0,3}|ttd|tertanda|(?:best |kind )?regards)\W*",
    re.IGNORECASE,
)
_CONTACT = re.compile(
    r"\W*(?:(?:nip|hp|wa|telp?|telepon|fax|faks|email|e-mail|surel|website|web|call ?center|hotline)\b[\s.:]*)?"
    r"(?:[\d\s+().-]{6,}|\S+@\S+\.\S+|(?:https?://|www\.)[\w.-]+/?)\W*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Assessment:
    """Whether words are an answer, and if not, why: codes of this module, in order of appearance."""

    counts: bool
    reasons: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Whether they are a question to the citizen, which a pact may let count."""
        return QUESTION in self.reasons


def assess(text: str, files: int = 0, names: Iterable[str] = ()) -> Assessment:
    """Judge what an agency wrote.

    `text` comes without the mail that it answers, `files` says how many were sent along: a file (the photo of the work)
    always counts. `names` are how the agency, its people and the citizen are called: they say nothing on the matter.
    """
    if files or len(text) > MOST_CHARACTERS:
        return Assessment(True)
    reasons = [_emptiness(sentence) for sentence in _sentences(text, names)]
    if "" in reasons:
        return Assessment(True)
    return Assessment(False, tuple(dict.fromkeys(reasons)) or (EMPTY,))


def substance(text: str, names: Iterable[str] = ()) -> str:
    """What of an answer speaks of the matter: its sentences without greetings, thanks and announcements."""
    return "\n".join(s for s in _sentences(text, names) if _emptiness(s) in ("", QUESTION))


def _emptiness(sentence: str) -> str:
    """Why a sentence says nothing on the matter; empty when it does say something."""
    words = _words(sentence)
    if all(word in _EMPTY_WORDS for word in words):
        if sentence.rstrip(' )"”').endswith("?"):
            return QUESTION
        return _without_content(words)
    return QUESTION if _only_asks(sentence) else ""


def _without_content(words: list[str]) -> str:
    """The kind of a sentence of empty words; empty where they claim that something was done, or say yes."""
    if set(words) & _YES and set(words) <= _YES | _ADDRESS:
        return ""
    reports = bool(_REPORT & set(words))
    done = claimed = announced = aims = False
    for word in words:
        if word in _CLAIM and not aims:
            done = claimed = True
        elif word in _ANNOUNCE:
            done = claimed = False
            aims = True
        elif word in _WORK or word in _FORWARD:
            announced = True
            if done and word in _WORK:
                return ""
            claimed = False
        elif word in _RECEIPT and reports:
            claimed = False
    if claimed:  # "Sudah, Pak."
        return ""
    return ANNOUNCEMENT if announced else COURTESY


def _only_asks(sentence: str) -> bool:
    """Whether a sentence asks and states nothing beside it."""
    marked = sentence.rstrip(' )"”').endswith("?")
    parts = [part.strip() for part in _PART.split(sentence) if _words(part)]
    if not marked:
        first = next((position for position, part in enumerate(parts) if _REQUEST.match(part)), len(parts))
        leads = all(_CONDITION.match(part) or _EMPTY_WORDS.issuperset(_words(part)) for part in parts[:first])
        if first == len(parts) or not leads or _GUIDING & set(_words(sentence)):
            return False
    return not any(_states(part, marked and part is parts[-1]) for part in parts)


def _states(part: str, last: bool) -> bool:
    """Whether a part of an asking sentence says how things are or will be. In the `last` part, before the question
    mark, only what the agency says of itself does: "sudah menyala?" asks, "sudah kami ganti ya?" states."""
    words = _words(part)
    asks_at = next((position for position, word in enumerate(words) if word in _ASKING), len(words))
    before = set(words[:asks_at])
    if before & _AGENT and before & _DONE:
        return True
    if asks_at < len(words) or _EMPTY_WORDS.issuperset(words) or _CONDITION.match(part) or _REQUEST.match(part):
        return False
    if last:
        return bool(before & _AGENT)
    return bool(before & _STATING) or any(word[0].isdigit() for word in words)


def _sentences(text: str, names: Iterable[str]) -> Iterator[str]:
    """The sentences of a text, without quotation, signature, names and greetings' time of day; none without a word."""
    known = sorted({name for name in names if len(name) > 1}, key=len, reverse=True)
    plain = unicodedata.normalize("NFKC", text).replace("\r\n", "\n").replace("’", "'")
    plain = _without_signature(_QUOTED.sub("", plain), known)
    plain = _TIME_OF_DAY.sub("selamat", _GREETED.sub("halo", plain))
    for name in known:
        plain = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", plain, flags=re.IGNORECASE)
    for sentence in _SENTENCE.split(_ABBREVIATION.sub(r"\1 ", plain)):
        if _words(sentence):
            yield sentence


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _without_signature(text: str, names: list[str]) -> str:
    """The text without what is surely a signature at its end: a closing formula or a known name on a line of its own,
    and below it nothing but names and addresses."""
    known = {name.casefold() for name in names}
    lines = text.split("\n")
    cut, unknown = len(lines), False
    for position in range(len(lines) - 1, -1, -1):
        line = lines[position].strip()
        if _CLOSING.fullmatch(line):
            return "\n".join(lines[:position])
        if line.strip(" ,.-*_").casefold() in known:
            cut = cut if unknown else position
        elif _may_name(line):
            unknown = True
        elif line and not _CONTACT.fullmatch(line):
            break
    return "\n".join(lines[:cut])


def _may_name(line: str) -> bool:
    """Whether a line looks like the name or the title of a person or an office: "Budi Santoso, S.T."."""
    words = _WORD.findall(line)
    return (
        0 < len(words) <= _NAME_WORDS
        and all(word[0].isupper() or word in ("dan", "dr", "bin") for word in words)
        and not any(word.lower() in _NO_NAME for word in words)
        and not _ENDS.search(line)
    )
