"""People in Chinese, Japanese and Korean text: the tagger's names, the office beside each, and who is who.

A family name, or what stands behind the last dot of a foreign name, is the person whom the text names in full:
江 and 江泽民, トランプ and ドナルド・トランプ, 문 and 문재인.
"""

from typing import Final

import regex

from transforms.entities.named import Named
from transforms.entities.tagger import Tagged

UNSPACED: Final = frozenset({"ja", "ko", "zh"})
_OFFICES: Final = {
    "zh": (
        "国家主席 总统 主席 总理 首相 国王 女王 部长 外长 省长 市长 书记 总书记 委员长 大使 发言人 秘书长 "
        "议长 局长 院长 校长 教授 董事长 总经理 经理 主任 代表 将军 上将 司令员 主教练 教练 队长 记者 博士 "
        "法官 律师 先生 女士 同志 小姐 副总统 副主席 副总理 總統 總理 部長 外長 市長 發言人 秘書長 議長 局長 "
        "院長 校長 董事長 總經理 主任委員 記者 "
    ),
    "ja": (
        "首相 大統領 総理 総理大臣 外相 財務相 防衛相 大臣 官房長官 長官 知事 市長 町長 村長 議員 総裁 代表 "
        "委員長 書記長 幹事長 議長 国家主席 主席 国王 女王 天皇 皇后 皇太子 社長 会長 副社長 専務 監督 選手 "
        "教授 准教授 博士 医師 弁護士 記者 報道官 容疑者 被告 氏 さん 様 君 ちゃん 先生 投手 捕手 内野手 "
        "外野手 副大統領 大使 司令官 将軍 "
    ),
    "ko": (
        "대통령 총리 국무총리 장관 차관 의원 대표 회장 부회장 사장 부사장 이사장 위원장 주석 국방위원장 총재 "
        "시장 도지사 지사 군수 구청장 교수 박사 변호사 검사 판사 감독 선수 코치 기자 앵커 아나운서 대변인 "
        "대사 총장 원장 국장 실장 팀장 소장 청장 의장 원내대표 최고위원 씨 군 양 후보 작가 배우 가수 전무 "
        "상무 본부장 장군 국왕 여왕 "
    ),
}
_ADDRESS: Final = frozenset(["先生", "女士", "同志", "小姐", "氏", "さん", "様", "君", "ちゃん", "씨", "군", "양"])
"""Forms of address, which are no office."""


def unspaced_names(text: str, language: str, people: list[Tagged]) -> tuple[Named, ...]:
    """Return the people at the tagged names of `text`, by first mention."""
    after, before = _patterns(language)
    mentions = []
    for name in people:
        written = text[name.start : name.end]
        role, lead = None, name.start
        if match := after.match(text, name.end):
            role = match[1]
        elif match := before.search(text, max(0, name.start - 12), name.start):
            role, lead = match[0].strip(), match.start()
        mentions.append((written, name, None if role in _ADDRESS else role, lead))
    full = sorted({written for written, *_ in mentions}, key=lambda written: (-len(written), written))
    people_by_name: dict[str, Named] = {}
    for written, name, role, lead in mentions:
        whole = next((other for other in full if other != written and _is_part(written, other)), written)
        person = people_by_name.get(whole)
        if person is None:
            person = people_by_name[whole] = Named(whole, role, whole, "")
        person.role = person.role or role
        person.spans.append((name.start, name.end))
        person.leads.append(lead)
        person.confidence = max(person.confidence or 0.0, round(name.confidence, 3))
    return tuple(people_by_name.values())


def _is_part(written: str, whole: str) -> bool:
    """Whether `written` is the family name in `whole`, or the last part of a foreign name."""
    if len(whole) > len(written) and whole.startswith(written) and len(whole) <= 5:
        return True
    return whole.endswith(tuple(f"{dot}{written}" for dot in "・·=＝ "))


_known: dict[str, tuple[regex.Pattern[str], regex.Pattern[str]]] = {}


def _patterns(language: str) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    if language not in _known:
        offices = "|".join(sorted(_OFFICES[language].split(), key=lambda office: (-len(office), office)))
        _known[language] = (
            regex.compile(rf" ?((?:前|元|現|副|전|현)?(?:{offices}))"),
            regex.compile(rf"(?:前|副)?(?:{offices})[ 　]?$"),
        )
    return _known[language]
