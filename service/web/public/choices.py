"""The lists of the form, rendered once for each revision of the directory."""

from dataclasses import dataclass

from markupsafe import Markup, escape

from service.agencies.directory import Directory, Place, Topic

# Groups as citizens think of them; a category that is not named here stands under the last one.
GROUPS = (
    ("Jalan, air, dan bangunan", "jalan jembatan drainase banjir tata-ruang permukiman pertanahan pju bangunan-liar"),
    ("Lalu lintas dan angkutan", "parkir lalu-lintas angkutan pajak-kendaraan"),
    ("Sampah dan lingkungan", "sampah pencemaran pohon-taman tambang hutan"),
    ("Air bersih", "air-bersih tarif-air"),
    ("Kesehatan", "puskesmas rumah-sakit penyakit kesehatan-jiwa"),
    ("Sekolah", "sekolah spmb kekerasan-sekolah perpustakaan"),
    ("Bantuan sosial dan keluarga", "bansos kesejahteraan perempuan-anak"),
    ("Ketertiban dan keadaan bahaya", "trantibum pkl kebakaran bencana kerukunan"),
    ("Surat dan layanan kantor", "adminduk layanan-kelurahan desa perizinan pajak-daerah aset-daerah tik"),
    ("Pekerjaan, usaha, dan pasar", "ketenagakerjaan pasar-harga umkm pertanian perikanan ternak"),
    ("Wisata dan olahraga", "pariwisata olahraga"),
    ("Pegawai dan pungutan liar", "kepegawaian pungli"),
)
REST = "Lainnya"


@dataclass(frozen=True)
class Choices:
    """What the form offers; `topics` and `places` by code."""

    revision: int
    topics: dict[str, Topic]
    places: dict[str, Place]
    topic_options: str
    place_options: str
    examples: Markup
    place_label: str


_cached: Choices | None = None


def choices(directory: Directory) -> Choices:
    """The lists for this directory."""
    global _cached
    if _cached is None or _cached.revision != directory.revision:
        _cached = _make(directory)
    return _cached


def with_chosen(options: str, code: str) -> Markup:
    """The options with one of them chosen."""
    value = f'value="{escape(code)}"'
    return Markup(options.replace(value, f"{value} selected", 1) if code else options)  # noqa: S704 - made by us


def _make(directory: Directory) -> Choices:
    topics = {topic.code: topic for topic in directory.choices()}
    wards = directory.wards()
    groups = _grouped(topics)
    return Choices(
        revision=directory.revision,
        topics=topics,
        places={ward.code: ward for ward in wards},
        topic_options=_options([(name, [_topic_option(topic) for topic in group]) for name, group in groups]),
        place_options=_options(_places(directory, wards)),
        examples=_examples(groups),
        place_label=_place_label(wards),
    )


def _grouped(topics: dict[str, Topic]) -> list[tuple[str, list[Topic]]]:
    left = dict(topics)
    groups = [(name, [left.pop(code) for code in codes.split() if code in left]) for name, codes in GROUPS]
    return [(name, group) for name, group in [*groups, (REST, list(left.values()))] if group]


def _topic_option(topic: Topic) -> str:
    return f'<option value="{escape(topic.code)}">{escape(topic.name)}</option>'


def _places(directory: Directory, wards: list[Place]) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for ward in wards:
        above = directory.parent_of(ward)
        name = f"{above.kind.capitalize()} {above.name}" if above else directory.name
        option = f'<option value="{escape(ward.code)}">{escape(ward.name)}</option>'
        groups.setdefault(name, []).append(option)
    return sorted(groups.items())


def _options(groups: list[tuple[str, list[str]]]) -> str:
    return "".join(f'<optgroup label="{escape(name)}">{"".join(options)}</optgroup>' for name, options in groups)


def _examples(groups: list[tuple[str, list[Topic]]]) -> Markup:
    line = Markup('<dt>{}</dt><dd id="contoh-{}">“{}”</dd>')
    return Markup("").join(line.format(topic.name, topic.code, topic.example) for _, group in groups for topic in group)


def _place_label(wards: list[Place]) -> str:
    """`Kelurahan`, or `Desa atau kelurahan`: whatever the government's smallest areas are."""
    return " atau ".join(sorted({ward.kind for ward in wards})).capitalize() or "Wilayah"
