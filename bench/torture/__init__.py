"""The parts of `bench.torture_mail`.

In: a seed, a number of mails and of faults. Out: what became of every mail, and whether anything was lost or doubled.

`letters` writes the mails and `people` send them and answer what arrives; `faults` says what breaks when and `storm`
breaks and mends it, over `relay` where it is the network and `nursery` where it is a process of ours; `account` looks
at what is there afterwards.
"""
