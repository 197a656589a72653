from transforms.extraction.tokens import crc, name_tokens, word_tokens


def test_tokens_of_names_leave_numbers_out() -> None:
    tokens = {"<div", ".post-0", "post", ".entrycontent", "entry", "content"}
    assert name_tokens("div", "post-12 entryContent") == set(map(crc, tokens))


def test_of_an_element_with_many_names_the_first_are_read() -> None:
    names = " ".join(f"name{letter}" for letter in "abcdefghijklmnop")
    assert len(name_tokens("div", names)) == 1 + 2 * 12


def test_the_words_of_short_texts_are_tokens_and_its_first_and_last_as_such() -> None:
    assert word_tokens("Read 25 more, read on") == ["read", "0", "more", "on", "^read", "on$", "^read 0"]
    assert word_tokens("word " * 26) == word_tokens("") == []
