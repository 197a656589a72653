"""`find_figures` in more languages: magnitudes alone, fractions, signs, cents, measures, Han and Hangul numerals."""

import pytest

from transforms.numbers.figures import find_figures


def found(text: str, language: str) -> list[tuple[float, str | None, str | None]]:
    return [(figure.value, figure.counted, figure.unit) for figure in find_figures(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        # A magnitude alone before more.
        ("Llegaron mil trescientas toneladas.", "es", [(1300, None, "t")]),
        ("Чотири загинули, тисяча сімсот людей евакуйовано.", "uk", [(1700, "людей", None)]),
        ("حضر ألف وسبعمئة شخص", "ar", [(1700, "شخص", None)]),
        ("Bin beş yüz lira ödendi.", "tr", [(1500, None, "TRY")]),
        ("Es kamen tausendfünfhundert Menschen.", "de", [(1500, "Menschen", None)]),
        ("Ze telden drieduizend achthonderd mensen.", "nl", [(3800, "mensen", None)]),
        ("הגיעו אלף ומאתיים אנשים", "he", [(1200, "אנשים", None)]),
        # A hundred before a thousand, in digits and in words.
        ("They sold 4 hundred thousand tickets.", "en", [(400000, "tickets", None)]),
        ("A hundred and twenty people came.", "en", [(120, "people", None)]),
        # Fractions.
        ("a quarter of a million dollars", "en", [(250000, None, "USD")]),
        ("un cuarto de millón de euros", "es", [(250000, None, "EUR")]),
        ("deux millions et demi d'euros", "fr", [(2500000, None, "EUR")]),
        ("anderhalf miljoen euro", "nl", [(1500000, None, "EUR")]),
        ("полтора миллиона рублей", "ru", [(1500000, None, "RUB")]),
        ("यहां ढाई करोड़ रुपये खर्च हुए", "hi", [(25000000, None, "INR")]),
        ("ثلاثة ملايين ونصف المليون دولار", "ar", [(3500000, None, "USD")]),
        ("a third of a million people", "en", []),
        ("ثلث مليون شخص", "ar", []),
        # Signs.
        ("It fell to minus 12 degrees Celsius.", "en", [(-12, None, "°C")]),
        ("La température descend à moins 5 degrés.", "fr", [(-5, None, "°")]),
        ("Рост составил минус 3,5 процента.", "ru", [(-3.5, None, "%")]),
        ("growth of -1.5% this year", "en", [(-1.5, None, "%")]),
        ("no menos de 3 personas", "es", [(3, "personas", None)]),
        # Cents belong to their currency; measures and currencies are those of CLDR.
        ("Het kost 7 euro en 50 cent.", "nl", [(7.5, None, "EUR")]),
        ("een boerderij van 45 hectare", "nl", [(45, None, "ha")]),
        ("a 45-acre farm", "en", [(45, None, "acre")]),
        ("यह 12 मील दूर है", "hi", [(12, None, "mi")]),
        ("המחיר עלה ב-30 אחוזים", "he", [(30, None, "%")]),
        ("Пройшло 17 кілометрів", "uk", [(17, None, "km")]),
        # East Asia.
        ("损失达三亿五千万元", "zh", [(350000000, None, "CNY")]),
        ("共有二十三人受伤", "zh", [(23, "人", None)]),
        ("売上高は1億2000万円だった", "ja", [(120000000, None, "JPY")]),
        ("気温は摂氏35度", "ja", [(35, None, "°C")]),
        ("4억 2천만 달러를 지불했다", "ko", [(420000000, None, "USD")]),
        ("세 명이 숨졌다", "ko", [(3, "명", None)]),
        ("스물다섯 명이 다쳤다", "ko", [(25, "명", None)]),
        # Words that only look like numerals.
        ("五角大楼表示，数百人参加", "zh", []),
        ("이 사람은 두바이 대표였다", "ko", []),
        ("六本木で開かれた", "ja", []),
        ("唯一一位获奖者", "zh", []),
    ],
)  # fmt: skip
def test_figures_of_more_languages(
    text: str, language: str, expected: list[tuple[float, str | None, str | None]]
) -> None:
    assert found(text, language) == expected
