"""Which mail on which act, to whom, in what words.

In: `letters.*`, called by acts inside their transaction; each writes one outbox row that states facts only.
Out: `render.render`, the bytes of such a row, made when it is first sent. A letter's kind is the name of
its function, its template folder and its test.
"""
