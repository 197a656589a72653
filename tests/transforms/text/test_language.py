import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.language import detect, direction, script_of

SENTENCES = [
    ("ar", "Arab", "قال وزير الخارجية إن المحادثات ستستأنف الأسبوع المقبل في العاصمة."),
    ("fa", "Arab", "رئیس جمهور گفت که گفتگوها هفته آینده در تهران از سر گرفته می‌شود."),
    ("ur", "Arab", "وزیر خارجہ نے کہا ہے کہ مذاکرات اگلے ہفتے دوبارہ شروع ہوں گے۔"),
    ("ckb", "Arab", "سەرۆکی هەرێم رایگەیاند کە گفتوگۆکان هەفتەی داهاتوو دەست پێ دەکەنەوە."),
    ("ps", "Arab", "د بهرنیو چارو وزیر وویل چې خبرې به راتلونکې اوونۍ بیا پیل شي."),
    ("he", "Hebr", "שר החוץ אמר כי השיחות יתחדשו בשבוע הבא בבירה."),
    ("en", "Latn", "The foreign minister said that talks would resume next week in the capital."),
    ("de", "Latn", "Der Außenminister sagte, die Gespräche würden nächste Woche fortgesetzt."),
    ("fr", "Latn", "Le ministre des Affaires étrangères a déclaré que les pourparlers reprendraient."),
    ("es", "Latn", "El ministro de Exteriores dijo que las conversaciones se reanudarán la próxima semana."),
    ("pt", "Latn", "O ministro das Relações Exteriores disse que as negociações serão retomadas."),
    ("it", "Latn", "Il ministro degli Esteri ha detto che i colloqui riprenderanno la prossima settimana."),
    ("tr", "Latn", "Dışişleri Bakanı görüşmelerin gelecek hafta başkentte yeniden başlayacağını söyledi."),
    ("nl", "Latn", "De minister van Buitenlandse Zaken zei dat de gesprekken volgende week worden hervat."),
    ("sv", "Latn", "Utrikesministern sade att samtalen återupptas nästa vecka i huvudstaden."),
    ("pl", "Latn", "Minister spraw zagranicznych powiedział, że rozmowy zostaną wznowione w przyszłym tygodniu."),
    ("vi", "Latn", "Bộ trưởng Ngoại giao cho biết các cuộc đàm phán sẽ được nối lại vào tuần tới."),
    ("ru", "Cyrl", "Министр иностранных дел сообщил, что переговоры возобновятся на следующей неделе."),
    ("uk", "Cyrl", "Міністр закордонних справ повідомив, що переговори відновляться наступного тижня."),
    ("bg", "Cyrl", "Министърът на външните работи заяви, че преговорите ще бъдат подновени следващата седмица."),
    ("sr", "Cyrl", "Министар спољних послова рекао је да ће преговори бити настављени следеће недеље."),
    ("el", "Grek", "Ο υπουργός Εξωτερικών δήλωσε ότι οι συνομιλίες θα επαναληφθούν."),
    ("hi", "Deva", "विदेश मंत्री ने कहा कि वार्ता अगले सप्ताह राजधानी में फिर से शुरू होगी।"),
    ("mr", "Deva", "परराष्ट्र मंत्र्यांनी सांगितले की पुढील आठवड्यात चर्चा पुन्हा सुरू होईल."),
    ("bn", "Beng", "পররাষ্ট্রমন্ত্রী বলেছেন আগামী সপ্তাহে আলোচনা আবার শুরু হবে।"),
    ("th", "Thai", "รัฐมนตรีต่างประเทศกล่าวว่าการเจรจาจะเริ่มขึ้นอีกครั้งในสัปดาห์หน้า"),
    ("ja", "Jpan", "外務大臣は来週首都で協議が再開されると述べた。"),
    ("ko", "Kore", "외무장관은 다음 주 수도에서 회담이 재개될 것이라고 말했다."),
    ("zh", "Hans", "外交部长说，会谈将于下周在首都恢复。"),
    ("zh", "Hant", "外交部長說，會談將於下週在首都恢復。"),
]


@pytest.mark.parametrize(("code", "script", "text"), SENTENCES)
def test_sentence(code: str, script: str, text: str) -> None:
    language = detect(text)
    assert (language.code, language.script) == (code, script)
    assert script_of(text) == script
    assert language.direction == ("rtl" if script in ("Arab", "Hebr") else "ltr")
    assert 0.5 < language.confidence <= 1.0


@pytest.mark.parametrize("text", ["", " \n", "2026-01-06 12:30", "€ 3,50 – 99 %", "…!?", "٢٠٢٦", "😀😀"])
def test_text_without_letters_has_no_language(text: str) -> None:
    language = detect(text)
    assert (language.code, language.confidence, language.script, language.direction) == (None, 0.0, None, "ltr")


def test_latin_boilerplate_does_not_hide_an_arabic_article() -> None:
    text = "Read more: Reuters Breaking News Home Contact. قال الوزير إن المحادثات ستستأنف غدا في العاصمة."
    assert detect(text).code == "ar"


def test_foreign_letters_in_names_do_not_decide() -> None:
    assert detect("Mesut Özil and Hakan Çalhanoğlu did not play, the club said on Friday.").code == "en"


@pytest.mark.parametrize(("hint", "code"), [("en", "de"), ("fr-FR", "de"), ("xx", "de"), ("", "de"), ("de_DE", "de")])
def test_a_hint_does_not_overrule_the_text(hint: str, code: str) -> None:
    assert detect("Der Außenminister sagte, die Gespräche würden fortgesetzt.", hint).code == code


def test_a_hint_decides_between_equals() -> None:
    kanji = "東京都知事選挙結果"
    assert detect(kanji, "ja").code == "ja"
    assert detect(kanji, "zh").code == "zh"


def test_long_text_is_sampled() -> None:
    text = "The minister said that the talks would resume next week. " * 200_000
    assert detect(text).code == "en"


@pytest.mark.parametrize("character", ["a", "ع", "漢", "\u0301", "a\u0301", "\U0001f600"])
def test_hostile_repetition(character: str) -> None:
    detect(character * 1_000_000)


@pytest.mark.parametrize(
    ("script", "expected"),
    [("Arab", "rtl"), ("Hebr", "rtl"), ("Thaa", "rtl"), ("Latn", "ltr"), ("Jpan", "ltr"), (None, "ltr")],
)
def test_direction(script: str | None, expected: str) -> None:
    assert direction(script) == expected


@given(st.text(), st.none() | st.text(max_size=8))
def test_any_text_gives_one_stable_answer(text: str, hint: str | None) -> None:
    language = detect(text, hint)
    assert language == detect(text, hint)
    assert 0.0 <= language.confidence <= 1.0
    assert (language.code is None) or language.confidence > 0
    assert language.script == script_of(text) or language.script in ("Jpan", "Kore", "Hans", "Hant")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("sr", "Полиција је ухапсила двојицу осумњичених за пљачку банке."),
        ("sr", "Министар је изјавио да ће цене струје остати исте до краја године."),
        ("mk", "Полицијата уапси двајца осомничени за грабеж на банка."),
        ("bg", "Полицията задържа двама заподозрени за обир на банка."),
        ("af", "Suid-Afrika se regering sê die kragonderbrekings sal voortduur."),
        ("af", "Boere in die Vrystaat wag steeds op reën."),
        ("nl", "Boeren in Friesland wachten nog steeds op regen."),
        ("nl", "Hij is voor de eerste keer gekozen."),
        ("gl", "A policía detivo dous sospeitosos polo roubo dunha entidade bancaria."),
        ("gl", "Os veciños queixáronse do novo horario dos autobuses."),
        ("pt", "A polícia deteve dois suspeitos pelo roubo de um banco."),
        ("es", "La policía detuvo a dos sospechosos por el robo de un banco."),
        ("sd", "ڪراچي ۾ پوليس ٻن ملزمن کي گرفتار ڪري ورتو."),
        ("sd", "وزيراعظم چيو ته بجلي جون قيمتون نه وڌنديون."),
        ("ur", "کراچی میں پولیس نے دو ملزمان کو گرفتار کر لیا۔"),
        ("ti", "ኣብ ኣስመራ ሓድሽ ቤት ትምህርቲ ተኸፊቱ።"),
        ("ti", "እቲ ሚኒስተር ዋጋ ኤሌክትሪክ ከምዘይውስኽ ገሊጹ።"),
        ("am", "በአዲስ አበባ አዲስ ትምህርት ቤት ተከፈተ።"),
        ("am", "ፖሊስ ሁለት ተጠርጣሪዎችን በቁጥጥር ስር አዋለ።"),
    ],
)
def test_languages_beside_a_larger_relative(code: str, sentence: str) -> None:
    assert detect(sentence).code == code
