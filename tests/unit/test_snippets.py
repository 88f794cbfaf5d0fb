"""What is marked in a snippet is exactly what a look at every word would mark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search_index.analysis import forms, prefix_forms
from search_index.snippets import Sought
from vietnamese.text import TOKEN, repair_eth

PLAIN = "aàáảãạăằâấbcdđeéêệghiíìỉĩịklmnoòôơpqrstuúưvxyýỳ AÂĐIÍYÝNTQ 0129_-.,/()–…\n\t"
ODD = PLAIN + "ßﬁİıÐðǅ٣ſ½²ªºµK\u0323\u0301\U0001d400字가"


@given(st.one_of(st.text(PLAIN, max_size=60), st.text(ODD, max_size=40), st.text(max_size=30)), st.data())
def test_every_word_that_matches_is_marked_and_no_other(text: str, data: st.DataObject) -> None:
    text = repair_eth(text)
    words = [match.group() for match in TOKEN.finditer(text)] or ["an"]
    chosen = data.draw(st.lists(st.sampled_from(words), max_size=3))
    begun = data.draw(st.lists(st.sampled_from(words), max_size=2))
    sought = Sought(frozenset(forms(word)[0] for word in chosen), tuple(prefix_forms(word[:2])[0] for word in begun))
    slowly = [
        (match.start(), match.end(), folded)
        for match in TOKEN.finditer(text)
        if (folded := forms(match.group())[0]) in sought.words or folded.startswith(sought.prefixes)
    ]
    assert sought.spans(text) == slowly
