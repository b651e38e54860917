"""Files that belong to a case: what may be kept, and where.

In: bytes and a name from a form or a mail. Out: a `KeptFile` in the blob store under its sha256, judged by
content, images re-encoded so that neither place nor device is told; or `FileRefused` with the reason.
"""
