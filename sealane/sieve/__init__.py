"""The sieve: the filter's fast form. Which lines of a block must be heard, and what of the others is kept in mind.

sieve          sifts a block, by the compiled form or by NumPy, and remembers which stamps are known
mesh           the compiled form
screen         the form by NumPy: usual, heads, columns, tagged
whom, numbers  whom to look for, laid out for both
sifted         what both find
framing        the sentences of a line that is heard, compiled where that is there
telling        the stamps by which lines that are passed over tell an hour
loose          their fragments, kept for a while
gist           the same of a block in a few bytes a line, for a second pass
"""
