"""What a number counts: the noun beside it, found by the word order and endings of the language."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from transforms.text.tokens import keys

# No part-of-speech tagger: words that are no noun are listed, and a noun must look as its language's nouns do after a
# number. Where that says nothing, nothing is counted.
_NOT_NOUNS: Final[Mapping[str, str]] = {
    "ar": "في من على إلى عن مع قبل بعد منذ حتى أو أن إن التي الذي هو هي هم كان كانت كما لم لن لا ما قد قال وقال "
    "بجروح بنيران "
    "برصاص بينهم بينها بينهن بين بينما بسبب بحسب بحق بشكل بعضهم لكن لدى ليس كانوا فقط ثم حيث عند عندما خلال ضد دون "
    "غير مقابل "
    "وذلك ذلك هذا هذه تم بدلا بواسطة تقريبا أي أما إذ إذا كل مرة فيما منها منهم منهن له لها لهم عليه عليها أخرى "
    "آخرين أكثر أقل "
    "لكل فوق تحت نحو مقارنة أصيبوا قتلوا بالإضافة إضافة وفق وفقا بنسبة لصالح لهذا وهو وهي جديدة جديد يوميا "
    "سنويا شهريا جاء جاءت أعلن أعلنت قتل قتلت أصيب بتهمة بقيمة بمعدل بعدما لدعم لمدة لغاية ضمن أيضا مثلا أمس اليوم",
    "en": "a an the and or of in on at to by for from with without as is are was were be been has have had do does "
    "did will "
    "would can could may might must shall should not no than that this these those which who whom whose where when "
    "while but "
    "if so because since until after before between about into over under out up down off again then there here its "
    "his "
    "hers theirs ours yours us plus versus times s years-old said says goes comes makes takes per ago less minus "
    "always "
    "perhaps across towards besides thus yes whereas",
    "fr": "le la les l un une de du des d et ou à au aux en dans sur pour par avec sans que qui dont où mais si ne "
    "pas plus moins "
    "est sont a ont été être ce cette ces son sa ses leur leurs sous vers chez après avant depuis puis fois ans-là "
    "très "
    "mais alors dans près dès lors sans vs jamais toujours",
    "es": "el la los las un una unos unas de del y o u a al en con sin por para que se lo le les es son fue fueron "
    "ha han su sus "
    "más menos pero si no como este esta estos estas desde hasta entre tras antes después veces nos os quienes "
    "cuales mientras "
    "además entonces jamás",
    "pt": "o a os as um uma uns umas de do da dos das e ou em no na nos nas com sem por para que se é são foi foram "
    "seu sua seus "
    "suas mais menos mas não como este esta desde até entre após antes depois vezes aos às pelos pelas eles elas",
    "it": "il lo la i gli le l un uno una di del dello della dei degli delle e o a al alla ai alle in nel nella con "
    "senza per che "
    "si è sono ha hanno su sul sulla da dal dalla più meno ma non come fino tra fra dopo prima volte nei nelle negli "
    "dai dalle "
    "dagli sui sulle anche ne se ci vi mentre quindi oltre contro circa ore poi ieri oggi",
    "de": "der die das den dem des und oder in im an am auf aus bei mit nach von vom zu zum zur für gegen ohne um "
    "über unter vor "
    "ist sind war waren hat haben als wie dass wenn nicht auch nur noch bis zwischen uhr jahre-alt mal",
    "tr": "ve ile da de ki bu şu o bir için gibi kadar daha en çok ise olan olarak göre sonra önce den dan ten tan "
    "sı si te ta nin "
    "nın un ün e a ye ya i ı u ü sayılı nolu numaralı üzeri üstü ayrı yüzde oldu etti var yok fazla civarında ila",
    "ru": "и или в во на с со к ко по о об из за от до у для при над под без через между но а что как не ни бы же ли "
    "это этот он "
    "она они их его ее был была были будет есть раз также только уже еще после перед более менее против назад из-за "
    "чем если "
    "где когда потом",
    "fa": "و یا در از به با برای بر تا که را این آن است بود شد شده نیز هم هر بیش کمتر بیشتر پس پیش بعد قبل بین روی "
    "زیر بار اما ولی "
    "اگر چون می نمی خود دیگر",
}
_SKIPPED: Final[Mapping[str, str]] = {
    "ar": "",
    "en": "more other new additional different further separate such fellow",
    "fr": "autres nouveaux nouvelles nouvelle grandes grands petits petites premières premiers dernières derniers",
    "es": "otros otras nuevos nuevas grandes primeros primeras últimos últimas",
    "pt": "outros outras novos novas grandes primeiros primeiras últimos últimas",
    "it": "altri altre nuovi nuove grandi primi prime ultimi ultime",
    "de": "weitere weiteren andere anderen neue neuen",
    "tr": "yeni başka farklı",
    "ru": "новых других новые другие",
    "fa": "",
}
_OF: Final[Mapping[str, str]] = {"fr": "de d", "es": "de", "pt": "de", "it": "di", "ar": "", "en": ""}
"""Between a word of magnitude and the noun: ``2 millions de personnes``."""

_IRREGULAR_PLURALS: Final = keys(
    "people men women children police policemen policewomen firefighters troops personnel staff crew feet teeth mice "
    "fish "
    "sheep aircraft spacecraft servicemen servicewomen gunmen fishermen businessmen lawmen congressmen militiamen "
    "grandchildren schoolchildren cattle livestock deer species series"
)
_SINGULAR_S: Final = re.compile(r"(?:ss|us|is|ous|’s|'s)$")
_ENDINGS: Final[Mapping[str, re.Pattern[str]]] = {
    "fr": re.compile(r"\w\w[sxz]$"),
    "es": re.compile(r"\w\ws$"),
    "pt": re.compile(r"\w\ws$"),
    "it": re.compile(r"\w\w[ieaàùòs]$"),
    "tr": re.compile(r"\w\w"),
    "fa": re.compile(r"\w\w"),
    "ru": re.compile(r"\w\w\w*(?<!ли|ла|ло|ть|ет|ют|ит|ат|ся|сь|ут)$"),
}
_ARABIC_NO_NOUN: Final = re.compile(
    r"\w+(?:هما|هن)$|\w{4,}هم$"  # with a pronoun: أنفسهم
    r"|و(?!زير|زار|زرا|فا|في|فد|فود|حد|ظيف|ظائف|رق|رش|ثيق|ثائق|سيل|سائل|لاي|كيل|كال|كلا|جب|جه|لد|قف|سام|عد|قائع|دائع|افد)"
)
"""Folded: words with "and" before them, or a pronoun behind."""
_ACCUSATIVE: Final = re.compile(r"\w+(?:ا|ه|اء|ي)$")
"""Folded: the singular after 11 to 99 (``سؤالا``, ``دولة``)."""


@dataclass(frozen=True, slots=True)
class CountedWords:
    """What a language says about the words after a number; sets hold the keys of tokens."""

    language: str
    not_nouns: frozenset[str]
    skipped: frozenset[str]
    of: frozenset[str]

    def is_noun(self, key: str, word: str, value: float, *, magnitude: bool) -> bool:
        """Tell whether `word` with its folded `key` can be the noun that the number `value` counts."""
        if key in self.not_nouns or key in self.skipped or key in self.of:
            return False
        if self.language == "ar":
            if len(key) < 3 or key.startswith("ال") or not "ء" <= key[0] <= "ي" or _ARABIC_NO_NOUN.match(key):
                return False
            last = value % 100
            if magnitude or not isinstance(value, int) or not 11 <= last <= 99 or _ACCUSATIVE.match(key):
                return True
            # Everyday writing leaves the accusative out (20 شخص); a preposition joined to its noun looks the same.
            return key[0] not in "بلكفوي"
        if self.language == "en":
            return is_plural(key)
        if self.language == "de":
            return word[0].isupper() and len(word) > 2
        ending = _ENDINGS.get(self.language)
        return ending is not None and (word[0].islower() or not word[0].isupper()) and ending.search(key) is not None


def is_plural(key: str) -> bool:
    """Tell whether an English word looks like a plural."""
    return key in _IRREGULAR_PLURALS or (len(key) > 3 and key.endswith("s") and _SINGULAR_S.search(key) is None)


@cache
def counted_words(language: str | None) -> CountedWords | None:
    """Return the rules for a BCP 47 language tag; None where there are none."""
    base = (language or "").replace("_", "-").split("-")[0].lower()
    if base not in _NOT_NOUNS:
        return None
    return CountedWords(
        language=base,
        not_nouns=keys(_NOT_NOUNS[base]),
        skipped=keys(_SKIPPED[base]),
        of=keys(_OF.get(base, "")),
    )
