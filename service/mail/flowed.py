"""format=flowed (RFC 3676): lines that end in a space go on in the next one."""

from __future__ import annotations


def unflow(text: str, delete_space: bool) -> str:
    """The text with its soft line breaks undone; quote marks stay, one "> " each. Signatures are left alone."""
    paragraphs: list[str] = []
    open_depth = -1
    pieces: list[str] = []
    for line in text.split("\n"):
        line = line.removesuffix("\r")
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        soft = content.endswith(" ") and content != "-- "
        if pieces and (depth != open_depth or content == "-- "):
            paragraphs.append(_line(open_depth, pieces))
            pieces = []
        pieces.append(content[:-1] if soft and delete_space else content)
        open_depth = depth
        if not soft:
            paragraphs.append(_line(depth, pieces))
            pieces = []
    if pieces:
        paragraphs.append(_line(open_depth, pieces))
    return "\n".join(paragraphs)


def _line(depth: int, pieces: list[str]) -> str:
    return "> " * depth + "".join(pieces) if depth else "".join(pieces)
