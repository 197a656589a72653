"""What a text is made of: clean and folded characters, words, sentences, its language."""
