from transforms.extraction.tokens import Weights, crc, name_tokens, word_tokens


def test_tokens_of_names_leave_numbers_out() -> None:
    tokens = {"<div", ".post-0", "post", ".entrycontent", "entry", "content"}
    assert name_tokens("div", "post-12 entryContent") == tokens


def test_what_a_token_says_is_kept_by_its_number() -> None:
    weights = Weights({crc("entry"): 1.5}, 0.0)
    assert [weights[token] for token in ("entry", "exit", "entry")] == [1.5, 0.0, 1.5]


def test_of_an_element_with_many_names_the_first_are_read() -> None:
    names = " ".join(f"name{letter}" for letter in "abcdefghijklmnop")
    assert len(name_tokens("div", names)) == 1 + 2 * 12


def test_the_words_of_short_texts_are_tokens_and_its_first_and_last_as_such() -> None:
    assert word_tokens("Read 25 more, read on") == ["read", "0", "more", "on", "^read", "on$", "^read 0"]
    assert word_tokens("word " * 26) == word_tokens("") == []
