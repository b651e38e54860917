"""Which agency must answer.

In: what a complaint says (address tag, category, area, text) and the directory. Out: a `Decision`, always
with its reason in words; no agency means that the desk decides.
"""
