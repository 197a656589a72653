import pytest

from pipeline.dashboard.direction import direction_of


@pytest.mark.parametrize(
    ("text", "default", "expected"),
    [
        ("The New York Times reported it from السعودية.", "rtl", "ltr"),
        ("Apple أعلنت عن هاتف جديد", "ltr", "rtl"),
        ("שלום", "ltr", "rtl"),
        ("2026 – 71%", "rtl", "rtl"),
        ("", "ltr", "ltr"),
        ("東京", "rtl", "ltr"),
    ],
)
def test_the_direction_of_most_letters_counts(text: str, default: str, expected: str) -> None:
    assert direction_of(text, default) == expected
