"""Everything `make run` and `make demo` need on one machine without root: a PostgreSQL, a Valkey and a mail server.

In: a folder (TUNTAS_HOME) that holds all data. Out: the addresses of the parts, as the settings of the product.
The product knows nothing of this package; it is never used in production.
"""
