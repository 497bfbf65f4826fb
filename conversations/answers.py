"""Short answers to what people ask again and again; whatever else they ask, a person answers.

Their texts stand in bot.po. They promise nothing that the programme has not promised, and end with what to do next.
"""

from __future__ import annotations

from bot.author import Chat, conversation


@conversation("asked_cost", words="bayar gak, bayar ga, bayar nggak, bayar tidak, apa bayar, gratis, biaya, is it free")
async def cost(chat: Chat) -> None:
    """Whether it costs anything."""
    await chat.say("asked.cost")


@conversation("asked_time", words="berapa lama, brp lama, berapa hari, brp hari, lama gak, how long")
async def time(chat: Chat) -> None:
    """How long the questions take, and how long the answer."""
    await chat.say("asked.time")


@conversation("asked_who", words="syarat, syaratnya, syaratnya apa, apa syaratnya, persyaratan, who can enrol")
async def who(chat: Chat) -> None:
    """Who can enrol, and which papers it takes: none."""
    await chat.say("asked.who")


@conversation("asked_benefit", words="dapat apa, dapat uang, programnya apa, manfaatnya apa, what do i get")
async def benefit(chat: Chat) -> None:
    """What there is to gain: activities, and no promise of money."""
    await chat.say("asked.benefit")


@conversation("asked_trust", words="penipuan, ini penipuan, apa ini penipuan, ini resmi, resmi gak, is this a scam")
async def trust(chat: Chat) -> None:
    """How to be sure that this is us."""
    await chat.say("asked.trust")


@conversation("asked_us", words="apa ini, ini apa, ini siapa, siapa ini, dengan siapa ini, who is this, what is this")
async def us(chat: Chat) -> None:
    """Who writes here."""
    await chat.say("asked.us")


def _forms(plain: str, negated: str = "") -> tuple[str, ...]:
    """Each form as it is, and each of the second lot with every no or not yet behind it or before it."""
    no = ("gak", "ga", "gk", "nggak", "ngga", "enggak", "tidak", "tdk", "belum", "blm", "blom")
    both = [form for one in _split(negated) for word in no for form in (f"{one} {word}", f"{word} {one}")]
    return (*_split(plain), *_split(negated), *both)


def _split(forms: str) -> list[str]:
    return [form.strip() for form in forms.split(",") if form.strip()]


MEANT = {
    "enrol": _forms(
        "daftar, mendaftar, gabung, bergabung, mau ikut, ingin ikut, pengen ikut, ikut program, belum daftar,"
        "blm daftar, belum mendaftar, belum terdaftar, register, enrol, enroll, sign up, join"
    ),
    "status": _forms(
        "pendaftaran saya, hasil pendaftaran, hasilnya, kok lama, lama sekali, lama banget, kapan diverifikasi,"
        "sudah mendaftar, kapan dikabari, daftar belum, daftar blm, terdaftar belum, terdaftar blm, my enrolment,"
        "am i enrolled, any news, why so long, no news, not heard",
        "sudah daftar, udah daftar, sdh daftar, sudah terdaftar, ada kabar, dikabari, diterima, lolos",
    ),
    "my_data": _forms(
        "ganti nama, nama ganti, ganti nomor, nomor saya ganti, nomor ganti, ganti hp, ganti alamat,"
        "ubah nama, ubah nomor, ubah alamat, pindah rumah, pindah alamat, change my name, change my number, moved house"
    ),
    "help": _forms(
        "tanya, nanya, bertanya, komplain, keluhan, mengadu, pengaduan, lapor, melapor, ditipu, tertipu, dipukul,"
        "diancam, disiksa, kantor, kantornya, alamat, telepon, telpon, hubungi, ask, question, complain, complaint,"
        "report, office, phone number, abused, threatened, cannot enrol",
        "bisa daftar",
    ),
    "asked_cost": _forms("biayanya, bayarnya, dipungut, pay, cost, fee, free", "bayar, biaya, gratis"),
    "asked_time": _forms(
        "berapa lama, brp lama, berapa hari, brp hari, berapa menit, kapan selesai, how long, how many days", "lama"
    ),
    "asked_who": _forms(
        "syarat, syaratnya, persyaratan, cara daftar, siapa saja, siapa aja, siapa yang bisa, dokumen, berkas,"
        "bawa apa, umur berapa, requirements, who can, eligible",
        "bisa ikut, boleh ikut, perlu ktp, pakai ktp",
    ),
    "asked_benefit": _forms(
        "dapat apa, dpt uang, modal, cair, dana, manfaat, manfaatnya, untungnya, programnya apa, program apa,"
        "kegiatannya, kegiatan apa, benefit, benefits, money, what do i get",
        "uang, dapat uang, dapat bantuan",
    ),
    "asked_trust": _forms(
        "menipu, penipu, hoax, hoaks, bohong, scam, real, official, trust", "penipuan, resmi, asli, beneran"
    ),
    "asked_us": _forms(
        "apa ini, ini apa, siapa ini, ini siapa, dengan siapa, robot, bot, who is this, what is this, are you a robot"
    ),
}
"""What people write instead of choosing, in a few words, and the conversation that answers it."""

SETTLED = _forms(
    "ok, oke, okey, okay, okeh, sip, siap, baik, baiklah, ya, iya, ya sudah, yaudah, ya udah, ok sip, oke sip, ok siap,"
    "ya baik, ok baik, iya baik, ya oke, iya oke, ok deh, mantap, 👍, tidak, tdk, gak, nggak, tidak ada, gak ada,"
    "ga ada, nggak ada, cukup, sudah cukup, sudah, fine, ok fine, good, all right, nothing, no, yes"
)
"""What asks for nothing."""
