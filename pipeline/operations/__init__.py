"""What an operator asks: is all there, what failed, why, once more."""
