"""How well names are matched: the sample, sets made anew with other names, the score, and the speed."""
