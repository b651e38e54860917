"""What the people of the simulated city do: citizens who write, officers who answer or do not, the desk.

They know what people know: the mails they get, and the stories they tell. Everything random follows from the seed.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from random import Random

from demo import notices, stories, tempers
from demo.acts import Act, Assign, Close, FillForm, Post
from demo.clients import AUTOMATIC, CITIZENS, OFFICES, Letter
from demo.notices import Notice, plain
from demo.schedule import Telling, is_silent
from demo.stories import DESK, Story
from demo.tempers import Fate, Tempers
from demo.words import first_words

# A complaint is known again by its first words, wherever they stand in a mail.
KNOWN_BY = 40
# Of the cases at the desk Dewi lets every fourth lie for most of the day, and every eighth altogether: the visitor may
# take those.
LET_LIE, LEAVE = 4, 8
# Who only wants to say something gets an answer, not a rejection.
KIND_TONES = ("thanks", "long")
TAGGED = ("pdam", "dinkes")
THANKS = (
    "Terima kasih pak/bu, cepat sekali tanggapannya.",
    "Alhamdulillah, makasih banyak 🙏",
    "Baik, terima kasih penjelasannya. Semoga benar dikerjakan.",
    "Oke siap, ditunggu. Terima kasih.",
    "Terima kasih, saya sampaikan juga ke tetangga.",
)
UNANSWERED = (
    "Maaf, itu belum menjawab. Yang saya tanya: kapan dikerjakan?",
    "Cuma begitu jawabannya? Tolong dibaca lagi laporan saya.",
    "Mohon maaf pak, saya butuh kepastian, bukan ucapan terima kasih.",
)
DETAILS = (
    "Patokannya {place} pak, rumah cat hijau, tanya saja Bu RT. Kejadiannya hampir tiap hari.",
    "Di {place}. Paling parah hari Rabu kemarin kira-kira jam 7 malam.",
)
DECLINES = "Bukan kewenangan kami. "


@dataclass(frozen=True)
class Office:
    """An agency as its officers know it; `acronym` is what people call it."""

    code: str
    name: str
    acronym: str
    inbox: str


@dataclass(frozen=True)
class Town:
    """Who can be written to."""

    offices: dict[str, Office]  # by inbox
    desk: str
    mail_address: str
    zone: tzinfo

    def name_of(self, code: str) -> str:
        """What people call the agency with this code."""
        return next((office.acronym for office in self.offices.values() if office.code == code), code)


class People:
    """`tell` and `read` return what people will do; nothing happens here."""

    def __init__(self, town: Town, told: tuple[Story, ...], seed: int) -> None:
        self.town = town
        self.tempers = Tempers()
        self.answered: set[str] = set()
        self._by_email = {story.email: story for story in told if story.email}
        self._by_words = {plain(story.text)[:KNOWN_BY]: story for story in told}
        self._desk_cases = 0
        self._story_of: dict[str, Story | None] = {}  # by number, as somebody has read it
        self._fate_of: dict[str, Fate] = {}  # of the first answer, by number
        self._answers_to: Counter[str] = Counter()
        self._seed = seed

    def tell(self, telling: Telling) -> Act:
        """How a citizen complains: by mail or in the form."""
        story = telling.story
        photo = (story.photo, telling.number) if story.photo else None
        who = story.name or "Seorang warga"
        if story.channel == "form" or not story.email:
            return FillForm(telling.at, story, f"{who} mengisi formulir: {first_words(story.text)}", photo)
        local, _, domain = self.town.mail_address.partition("@")
        to = f"{local}+{story.right_agency}@{domain}" if story.right_agency in TAGGED else self.town.mail_address
        letter = Letter(story.name or "", story.email, to, story.subject, story.text.strip(), telling.at)
        line = f"{who} menulis: {first_words(story.subject or story.text)} → email"
        return Post(telling.at, _client_of(story.email, CITIZENS), letter, line, photo)

    def read(self, notice: Notice) -> list[Act]:
        """What follows from a mail that somebody has received."""
        if not notice.kind:
            if notice.sender in self.town.offices or notice.sender == self.town.desk:
                self.answered.add(notice.to)
            return []
        random = Random(f"{self._seed}/{notice.id}")
        office = self.town.offices.get(notice.to)
        if notice.kind == notices.ASSIGNMENT and office:
            return self._take_case(notice, office, random)
        if notice.kind == notices.FOLLOW_UP and office:
            return self._take_follow_up(notice, office, random)
        if notice.kind in (notices.DESK_CASE, notices.DECLINED) and notice.to == self.town.desk:
            return self._sort(notice, random)
        if notice.kind == notices.ANSWER and notice.to in self._by_email:
            return self._thank(notice, self._by_email[notice.to], random)
        return []

    def story_of(self, notice: Notice) -> Story | None:
        """The story that a mail is about; None for a complaint of the visitor's own."""
        if notice.number not in self._story_of:
            text = plain(notice.text)
            self._story_of[notice.number] = next((s for words, s in self._by_words.items() if words in text), None)
        return self._story_of[notice.number]

    def _take_case(self, notice: Notice, office: Office, random: Random) -> list[Act]:
        """An officer finds an assignment."""
        story = self.story_of(notice)
        if is_silent(office.code):
            return []
        if story is None:
            text = stories.answers()["umum-short"].text
            return [self._answer(notice, office, Fate.SLOW, text, random)]
        if story.right_agency not in (office.code, DESK) or (story.right_agency == DESK and story.tone != "thanks"):
            return [self._decline(notice, office, story.right_agency, random)]
        fate = self._fate_of[notice.number] = self.tempers.next(office.code)
        if fate == Fate.NEVER:
            return []
        text = stories.answer_to(story, random)
        if fate == Fate.USELESS:
            text = "Terima kasih." if random.random() < 0.5 else stories.useless(random)
        if fate == Fate.ASK:
            text = stories.fill(stories.answers()["umum-tanya-lokasi"].text, story)
        acts: list[Act] = [self._answer(notice, office, fate, text, random)]
        if fate == Fate.AWAY:
            acts.insert(0, self._out_of_office(notice, office, random))
        return acts

    def _answer(self, notice: Notice, office: Office, fate: Fate, text: str, random: Random) -> Post:
        at = tempers.moment(fate, office.code, notice.received, self.town.zone, random)
        officer = stories.officer_of(office.code, random)
        signature = "" if fate == Fate.USELESS else officer.signature.removeprefix("--\n")
        if officer.agency == "any":
            signature = f"Petugas Pengaduan\n{office.name}"
        late = ", terlambat" if fate in (Fate.LATE, Fate.AWAY) else ""
        line = f"{office.acronym} menjawab {notice.number}{late}: {first_words(text)}"
        letter = self._reply(notice, officer.name, office.inbox, text, at, signature)
        return Post(at, _client_of(office.inbox, OFFICES), letter, line, first_answer=True)

    def _decline(self, notice: Notice, office: Office, whose: str, random: Random) -> Post:
        at = tempers.moment(Fate.PROMPT, office.code, notice.received, self.town.zone, random)
        text = DECLINES + stories.refusal_by(office.code, whose)
        officer = stories.officer_of(office.code, random)
        line = f"{office.acronym} mengembalikan {notice.number}: {first_words(text)}"
        letter = self._reply(notice, officer.name, office.inbox, text, at)
        return Post(at, _client_of(office.inbox, OFFICES), letter, line, first_answer=True)

    def _out_of_office(self, notice: Notice, office: Office, random: Random) -> Post:
        subject, text = stories.out_of_office(random)
        at = notice.received + timedelta(minutes=random.uniform(2, 15))
        letter = Letter(office.name, office.inbox, notice.reply_to, subject, text, at, headers=AUTOMATIC)
        line = f"{office.acronym}: balasan otomatis atas {notice.number} (tidak dihitung sebagai jawaban)"
        return Post(at, "outlook", letter, line)

    def _take_follow_up(self, notice: Notice, office: Office, random: Random) -> list[Act]:
        """Thanks need no answer, anything else gets one."""
        said = plain(notice.text)
        if is_silent(office.code) or any(plain(thanks) in said for thanks in THANKS):
            return []
        story = self.story_of(notice)
        text = stories.later_answer(story, random) if story else stories.answers()["umum-lanjut-maaf"].text
        at = tempers.moment(Fate.PROMPT, office.code, notice.received, self.town.zone, random)
        officer = stories.officer_of(office.code, random)
        line = f"{office.acronym} menjawab lagi {notice.number}: {first_words(text)}"
        letter = self._reply(notice, officer.name, office.inbox, text, at)
        return [Post(at, _client_of(office.inbox, OFFICES), letter, line)]

    def _thank(self, notice: Notice, story: Story, random: Random) -> list[Act]:
        """A citizen reads an answer: writes on, asks again, says thanks, or is content."""
        # Whoever has a tale to go on with has waited for the work to be done.
        hours = random.uniform(16, 26) if story.followup else random.uniform(0.5, 5)
        at = tempers.daytime(notice.received + timedelta(hours=hours), self.town.zone, random)
        self._answers_to[notice.number] += 1
        if self._answers_to[notice.number] > 1:
            return []
        fate = self._fate_of.get(notice.number)
        if fate == Fate.USELESS:
            text = random.choice(UNANSWERED)
        elif fate == Fate.ASK:
            text = random.choice(DETAILS).format(place=story.place or "depan rumah saya")
        elif story.followup:
            text = story.followup
        elif random.random() < 0.35:
            text = random.choice(THANKS)
        else:
            return []
        letter = self._reply(notice, story.name or "", notice.to, text, at)
        line = f"{story.name or 'Seorang warga'} membalas {notice.number}: {first_words(text)}"
        return [Post(at, _client_of(notice.to, CITIZENS), letter, line)]

    def _sort(self, notice: Notice, random: Random) -> list[Act]:
        """Dewi at the desk gives a case to the right agency; some she lets lie for the visitor."""
        self._desk_cases += 1
        story = self.story_of(notice)
        if story is None or self._desk_cases % LEAVE == LEAVE - 1:
            return []
        slow = self._desk_cases % LET_LIE == LET_LIE - 1
        hours = random.uniform(9, 12) if slow else random.uniform(0.7, 2.5)
        at = tempers.daytime(notice.received + timedelta(hours=hours), self.town.zone, random)
        if story.right_agency == DESK:
            said = stories.answer_to(story, random)
            rejected = story.tone not in KIND_TONES
            deed = "menutup dengan alasan" if rejected else "menjawab sendiri"
            line = f"Dewi di meja pengaduan {deed} {notice.number}: {first_words(said)}"
            return [Close(at, notice.number, said, rejected, line)]
        name = self.town.name_of(story.right_agency)
        return [Assign(at, notice.number, story.right_agency, f"Dewi meneruskan {notice.number} ke {name}")]

    def _reply(self, notice: Notice, name: str, address: str, text: str, at: datetime, signature: str = "") -> Letter:
        return Letter(name, address, notice.reply_to, "", text.strip(), at, answered=notice, signature=signature)


def _client_of(address: str, clients: tuple[str, ...]) -> str:
    """Everybody keeps to one program."""
    return clients[sum(map(ord, address)) % len(clients)]
