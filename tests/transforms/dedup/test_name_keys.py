import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.dedup.name_keys import bare_forms, name_key, spelled_names


@pytest.mark.parametrize("written", ["Trump", "Трамп", "ترامب", "トランプ", "트럼프", "特朗普", "TRUMP", "Trumpa"])
def test_a_name_has_one_key_in_all_scripts(written: str) -> None:
    assert name_key(written) == "TRNP"


@pytest.mark.parametrize(
    ("a", "b"),
    [("Obrador", "オブラドール"), ("Obrador", "奥夫拉多尔"), ("Putin", "بوتين"), ("Lavrov", "Лавров")],
)
def test_sounds_that_a_script_does_not_tell_apart_are_one(a: str, b: str) -> None:
    assert name_key(a) == name_key(b) is not None


@pytest.mark.parametrize("short", ["", "Li", "Ann", "他"])
def test_a_short_name_has_no_key(short: str) -> None:
    assert name_key(short) is None


def test_names_in_scripts_without_spaces() -> None:
    assert "トランプ" in spelled_names("トランプ大統領は", "ja")
    assert "特朗普" in spelled_names("总统特朗普说", "zh")
    assert spelled_names("Trump said", "en") == []


@pytest.mark.parametrize(
    ("word", "language", "bare"), [("트럼프는", "ko", "트럼프"), ("وترامب", "ar", "ترامب"), ("לטראמפ", "he", "טראמפ")]
)
def test_particles_are_cut_off(word: str, language: str, bare: str) -> None:
    assert bare in bare_forms(word, language)


@given(st.text())
def test_any_text_has_a_key_or_none(text: str) -> None:
    assert name_key(text) is None or set(name_key(text) or "") <= set("PRNTKS")
