import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.revisions import Side, compare

TEXT = """The minister said on Tuesday that 12 people had died in the flood near the old river bridge in the north.
"We are doing all we can," he told reporters who had come to the town hall in the early morning hours.
Rescue workers searched the houses on both banks until late at night, and found nobody else who was alive."""
ARABIC = """قال الوزير يوم الثلاثاء إن اثني عشر شخصا لقوا مصرعهم في الفيضان قرب جسر النهر القديم في شمال البلاد.
وأضاف "نبذل كل ما في وسعنا" أمام الصحفيين الذين حضروا إلى مبنى البلدية في ساعات الصباح الأولى من اليوم.
وبحث رجال الإنقاذ في المنازل على ضفتي النهر حتى وقت متأخر من الليل ولم يجدوا أي شخص آخر على قيد الحياة."""


def summary(
    old: str, new: str, titles: tuple[str | None, str | None] = ("Flood", "Flood")
) -> tuple[str, dict[str, Any]]:
    revision = compare(Side(titles[0], old), Side(titles[1], new))
    return revision.change, revision.summary


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        (TEXT, TEXT.replace("searched", "serached").replace("searched", "searchd"), "minor"),
        (TEXT, TEXT.replace("workers", "worckers"), "cosmetic"),
        (TEXT, TEXT.replace("town hall", "townhall"), "cosmetic"),
        (TEXT, TEXT.replace("old river", "river"), "minor"),
        (TEXT, TEXT.replace("nobody", "somebody"), "minor"),
        (TEXT, TEXT.replace("12", "14"), "material"),
        (TEXT, TEXT.replace("all we can", "nothing"), "material"),
        (TEXT, TEXT.replace('"We are doing all we can," he', "He"), "material"),
        (TEXT, f"{TEXT}\nThe river had not risen as high for many years before this week.", "material"),
        (ARABIC, ARABIC.replace("الصحفيين", "الصحافيين"), "cosmetic"),
        (ARABIC, ARABIC.replace("القديم ", ""), "minor"),
        (ARABIC, ARABIC.replace("اثني عشر", "١٤"), "material"),
        (ARABIC, ARABIC.replace("كل ما في وسعنا", "كل ما نستطيع"), "material"),
    ],
)
def test_classes(old: str, new: str, change: str) -> None:
    assert summary(old, new)[0] == change


@pytest.mark.parametrize(
    "new",
    [
        TEXT.replace('"', "“"),
        TEXT.replace(" ", "\u00a0"),
        TEXT.replace("\n", " \u200f\n\n"),
        TEXT.upper(),
    ],
)
def test_typography_is_no_change(new: str) -> None:
    assert summary(TEXT, new) == ("cosmetic", {"share": 0.0, "words_added": 0, "words_removed": 0})


def test_vowel_marks_and_digits_are_no_change() -> None:
    old, new = "قتل 12 شخصا في المدينة", "قُتِلَ ١٢ شخصاً في المدينـة"
    assert summary(old, new)[1]["share"] == 0


def test_what_changed_is_told() -> None:
    new = TEXT.replace("12 people", "14 men").replace("all we can", "what we must")
    change, told = summary(TEXT, new, ("Flood kills 12", "Flood kills 14"))
    assert change == "material"
    assert told["title"] == {"from": "Flood kills 12", "to": "Flood kills 14"}
    assert told["numbers"] == {"added": ["14"], "removed": ["12"]}
    assert told["quotes"] == {"added": ["We are doing what we must,"], "removed": ["We are doing all we can,"]}
    assert told["added"] == ["14 men", "what", "must"]
    assert told["removed"] == ["12 people", "all", "can"]
    assert (told["words_added"], told["words_removed"]) == (4, 4)


def test_a_title_that_is_only_written_differently_did_not_change() -> None:
    assert "title" not in summary(TEXT, TEXT.replace("old ", ""), ("“Flood”", '"FLOOD"'))[1]


def test_characters_are_words_where_words_are_not_separated() -> None:
    old = "第一次会议在北京举行,代表们讨论了问题和未来的工作安排"
    change, told = summary(old, old.replace("北京", "上海"))
    assert (change, told["added"], told["removed"]) == ("minor", ["上海"], ["北京"])


@pytest.mark.parametrize(
    ("paragraph", "kind"),
    [
        ("Correction: An earlier report misspelt the name of the town.", "correction"),
        ("This article was amended on 7 January 2026 to correct a name.", "correction"),
        ("Editor’s note: the figures were given by the ministry.", "correction"),
        ("تصحيح: ورد خطأ في اسم المدينة في النسخة السابقة.", "correction"),
        ("تنويه : تم تعديل الخبر", "correction"),
        ("Rectificatif : une erreur s’est glissée dans le texte.", "correction"),
        ("اصلاحیه: نام شهر درست شد", "correction"),
        ("更正：本文此前误写了城市名称。", "correction"),
        ("Retraction: this story has been withdrawn by the agency.", "retraction"),
        ("سحب الخبر: تعتذر الوكالة عن نشره.", "retraction"),
        ("Update: the minister has resigned.", "update"),
        ("تحديث: استقال الوزير من منصبه.", "update"),
    ],
)
def test_notices(paragraph: str, kind: str) -> None:
    change, told = summary(TEXT, f"{TEXT}\n{paragraph}")
    assert told["notice"] == {"kind": kind, "text": paragraph}
    assert change == "material" or kind == "update"


def test_the_gravest_notice_is_told() -> None:
    told = summary(TEXT, f"Update: more.\n{TEXT}\nRetraction: this was wrong.")[1]
    assert told["notice"]["kind"] == "retraction"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{TEXT}\nCorrection: a name.", f"{TEXT}\nCorrection: a name.\nThe end."),
        (
            TEXT,
            f"{TEXT}\nOfficials at the ministry said that a correction of the river bed had been planned.",
        ),
        (TEXT, TEXT.replace("old ", "")),
    ],
)
def test_no_notice_where_none_was_added(old: str, new: str) -> None:
    assert "notice" not in summary(old, new)[1]


def test_summaries_are_bounded() -> None:
    old = "\n".join(f'Paragraph {n} says "quotation number {n} of many" and more.' for n in range(300))
    new = "\n".join(f'Absatz {n * 7} meldet "ein anderes Zitat {n} von vielen" und {"x" * 900}.' for n in range(300))
    told = summary(old, new)[1]
    assert len(str(told)) < 5000


@pytest.mark.parametrize("text", ["a" * 1_000_000, "ab " * 50_000, '"' * 50_000, "1," * 50_000, "中" * 50_000], ids=len)
def test_hostile_texts_are_compared_in_linear_time(text: str) -> None:
    started = time.process_time()
    summary(text, f"start {text[:-2]}z{text[:7]} end")
    assert time.process_time() - started < 30


@given(st.text(), st.text())
def test_any_two_texts_can_be_compared(old: str, new: str) -> None:
    change, told = summary(old, new)
    assert 0 <= told["share"] <= 1
    assert summary(old, new) == (change, told)
    assert summary(new, new)[1]["share"] == 0
