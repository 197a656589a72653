"""Keys under which a name is found in any script: transliterated to Latin letters, sounds that scripts confuse as one.

``Trump``, ``Трамп``, ``ترامب``, ``トランプ``, ``트럼프`` and ``特朗普`` share the key ``TRNP``. Vowels go, as some
scripts do not write them; of the consonants those are one that a script has no two letters for (p, b, f and v in
Arabic, l and r in Japanese). So a key is short and says little alone: it counts by how rare it is in the stream.
"""

import re
from typing import Final

from anyascii import anyascii

from transforms.text.folding import fold

_CLASSES: Final = {
    **dict.fromkeys("bpfv", "P"),
    **dict.fromkeys("lr", "R"),
    **dict.fromkeys("mn", "N"),
    **dict.fromkeys("dt", "T"),
    **dict.fromkeys("kgqcx", "K"),
    **dict.fromkeys("szj", "S"),
}
_SPELLINGS: Final = re.compile(r"ng|sch|sh|ch|th|ph|tz|ts|ks|x|ck|c(?=[eiy])")
_SOUNDS: Final = {
    "ng": "n", "sch": "s", "sh": "s", "ch": "s", "th": "t", "ph": "f", "tz": "s", "ts": "s", "ks": "s", "x": "s",
    "ck": "k", "c": "s",
}  # fmt: skip
_LONGEST: Final = 6
_SHORTEST: Final = 3

_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa\u30fc]{2,}")
_TRANSCRIBING: Final = re.compile(
    "[阿埃艾爱安奥澳巴拜班邦保鲍贝本比彼毕宾波伯博卜布查昌达戴丹当道德登迪第蒂丁东杜敦多厄恩尔法凡范菲费芬丰冯佛夫弗福富"
    "盖甘冈戈格根贡古瓜哈海汉豪赫黑亨洪侯胡霍基吉季加贾简金京君卡凯坎康考科克肯孔库奎昆拉莱兰朗劳勒雷黎里利莉列林留隆娄卢"
    "鲁路伦罗洛吕马迈曼芒毛梅门蒙孟米密敏明缪摩莫墨姆慕穆拿娜纳乃奈南内嫩尼年涅宁纽农努诺欧帕派潘庞佩彭皮平珀普奇齐契恰钱"
    "乔切琴丘让热日荣茹儒瑞若撒萨塞赛桑瑟森沙珊山尚绍舍申圣施什史士舒斯司丝松苏索塔泰坦汤唐陶特腾滕提廷通图托瓦万旺威韦维"
    "魏温文翁沃乌伍武西希锡席夏香肖谢欣辛兴休雪逊雅亚延扬耶叶伊因英永尤于约扎泽曾詹章兹子宗祖佐]{3,}"
)
"""Runs of the characters with which Chinese writes foreign names by their sound."""
_KOREAN_PARTICLES: Final = re.compile("(으로|에서|에게|까지|부터|이라고|라고|은|는|이|가|을|를|의|에|와|과|도|로)$")
_ARABIC_PREFIX: Final = re.compile("^(?:وال|بال|كال|فال|لل|ال|[وبلف])(?=.{4})")
_HEBREW_PREFIX: Final = re.compile("^[ובלהמשכ](?=.{4})")


def name_key(name: str) -> str | None:
    """Return the key of a word of a name in any script, None when it is too short to tell it from others."""
    latin = anyascii(name.replace("ו", "w")).lower()  # the Hebrew vav is a vowel more often than a consonant
    out: list[str] = []
    last = ""
    for letter in _SPELLINGS.sub(lambda match: _SOUNDS[match[0]], latin):
        sound = _CLASSES.get(letter, "")
        if sound and sound != last:
            out.append(sound)
        last = sound
    return "".join(out[:_LONGEST]) if len(out) >= _SHORTEST else None


def spelled_names(text: str, language: str) -> list[str]:
    """Return the foreign names in a text of a script without spaces that writes them by their sound, each once."""
    spelling = {"ja": _KATAKANA, "zh": _TRANSCRIBING}.get(language)
    return list(dict.fromkeys(spelling.findall(text))) if spelling else []


def bare_forms(word: str, language: str) -> tuple[str, ...]:
    """Return what a word without capitals may be as a name: without the particles that its language attaches."""
    if language == "ko":
        return (_KOREAN_PARTICLES.sub("", word),)
    if language in {"ar", "fa", "ur"}:
        return (_ARABIC_PREFIX.sub("", fold(word)),)
    if language == "he" and _HEBREW_PREFIX.match(word):
        return word, word[1:]
    return (word,)
