"""Abbreviated names of months, as ``journalctl`` and web pages print them in a user's language.

syslogd writes English names (RFC 3164 4.1.2). Programs that format times by the locale take the
table ``abmon`` of glibc's locales; it is the source of the names here.
"""

from __future__ import annotations

_NAMES = (
    "jan janv jän ene gen led sty ian ιαν янв яну сту січ jaan tammi saus xan urt oca sij ינו ينا "
    "يناير ژانویه 1月 1월 一月",
    "feb febr févr fév fev úno лют фев φεβ lut veebr helmi vas şub velj ots פבר فبر فبراير "
    "فوریه 2月 2월 二月",
    "mar mars mär mrt márc bře μαρ мар бер сак märts maalis kov març ožu מרץ مار مارس 3月 3월 三月",
    "apr avr avril abr kwi dub απρ апр кра кві huhti bal nis api tra אפר أبر أبريل آوریل 4月 4월 "
    "四月",
    "may mai mei mag maj maí maig máj kvě μαΐ май мая мај мам тра touko geg svi מאי ماي مايو مه "
    "5月 5월 五月",
    "jun juni juin giu cze čen jún jūn ιουν июн юни јун чэр чер juuni kesä birž haz ekai eka xuñ "
    "יונ يون يونيو ژوئن 6月 6월 六月",
    "jul juli juil lug čec júl jūl ιουλ июл юли јул ліп лип juuli heinä liep tem jui uzt xul יול "
    "يول يوليو ژوئیه 7月 7월 七月",
    "aug août aoû ago sie ágú αυγ авг жні сер elo rugp ağu abu kol avg אוג أغس أغسطس اوت "
    "8月 8월 八月",
    "sep sept set wrz zář szept σεπ сен сеп вер sen syys rugs eyl ira ruj ספט سبت سبتمبر سپتامبر "
    "9月 9월 九月",
    "oct okt ott out paź říj οκτ окт кас жов loka spal eki urr אוק أكت أكتوبر اکتبر 10月 10월 十月",
    "nov noy nóv νοε ноя ное нов ліс marras lapkr kas aza stu נוב نوف نوفمبر نوامبر 11月 11월 "
    "十一月",
    "dec déc dez dic des dek gru pro δεκ дек дец сне гру joulu gruod ara abe dets דצמ ديس "
    "ديسمبر دسامبر 12月 12월 十二月",
)
# Croatian uses these for June, July and October, Polish and Czech for July, August and November.
_AMBIGUOUS = ("lip", "lis", "srp")

_NUMBERS = {
    **{name: number for number, names in enumerate(_NAMES, 1) for name in names.split()},
    **dict.fromkeys(_AMBIGUOUS, 0),
}


def month_number(name: str) -> int | None:
    """Return the number of a month, 1 to 12, by its abbreviated name in any of some languages.

    Returns:
        0 for a name that is one month here and another one there; None for any other word.

    >>> month_number("févr."), month_number("Okt"), month_number("lis"), month_number("mx")
    (2, 10, 0, None)
    """
    return _NUMBERS.get(name.rstrip(".").casefold())
