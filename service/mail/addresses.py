"""Mail addresses: read out of header values, checked, and tagged with a plus (`lapor+pupr@kota.go.id`)."""

from __future__ import annotations

import re

MAX_ADDRESSES = 1000
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*\Z")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
# "Sari <sari@surel.test>" or the address alone: nearly every header. Nothing in it needs a second thought.
_SIMPLE = re.compile(r"([A-Za-z0-9 ._-]{0,100})<([A-Za-z0-9._+=-]{1,100}@[A-Za-z0-9.-]{1,200})>\Z")
_BARE = re.compile(r"[^\s<>\"(),:;\[\]@]+@[^\s<>\"(),:;@]+")


def normalise(address: str) -> str:
    """The address as we compare and store it: lower case, no white space around, no angle brackets.

    The local part is case-sensitive by RFC 5321, but no server that people use keeps it so.
    """
    return address.strip(" \t\r\n\f\v<>").rstrip(".> ").lower()


def is_address(text: str) -> bool:
    """True when `text` is one plain address that we would dare to write to (RFC 5321 dot-atom, ASCII, with a dot)."""
    if len(text) > 254 or text.count("@") != 1:
        return False
    local, domain = text.split("@")
    if len(local) > 64 or not _LOCAL.match(local):
        return False
    labels = domain.split(".")
    return len(labels) > 1 and all(_LABEL.match(label) for label in labels)


def split_tag(address: str) -> tuple[str, str]:
    """`lapor+pupr@kota.go.id` → (`lapor@kota.go.id`, `pupr`). No tag gives an empty one. The case is kept."""
    local, at, domain = address.rpartition("@")
    base, plus, tag = local.partition("+")
    if not at or not plus or not base:
        return address, ""
    return f"{base}@{domain}", tag


def with_tag(base: str, tag: str) -> str:
    """`lapor@kota.go.id` and `pupr` → `lapor+pupr@kota.go.id`. An empty tag gives the base address.

    Raises ValueError when the result is not an address, so that a bad tag is noticed before a mail leaves.
    """
    local, _, domain = base.rpartition("@")
    address = f"{local}+{tag}@{domain}" if tag else base
    if not is_address(address):
        raise ValueError(f"not an address: {address!r}")
    return address


def read_list(value: str) -> list[tuple[str, str]]:
    """The (name, address) pairs of a header value such as To or From, in order; addresses as written.

    Total and linear: wild input gives what can be made of it, at most MAX_ADDRESSES pairs. Encoded words
    must still be encoded (so that an encoded comma does not split a name); the caller decodes the names.
    """
    if simple := _SIMPLE.match(value):
        return [(" ".join(simple.group(1).split()), simple.group(2))]
    found: list[tuple[str, str]] = []
    for name, comment, route in _mailboxes(value):
        pair = _pair(name, comment, route)
        if pair:
            found.append(pair)
        if len(found) >= MAX_ADDRESSES:
            break
    return found


def _pair(name: str, comment: str, route: str | None) -> tuple[str, str] | None:
    name = " ".join(name.split())
    comment = " ".join(comment.split())
    if route is None:
        match = _BARE.search(name)
        if not match:
            return (name or comment, "") if name or comment else None
        rest = (name[: match.start()] + name[match.end() :]).strip(" '\"<>:;,")
        return rest or comment, match.group().strip("'\"")
    # "<@relay.example:sari@example.id>" is a source route (RFC 5321 4.1.1.3): only what follows the colon counts.
    address = route.rpartition(":")[2] if route.lstrip().startswith("@") else route
    address = re.sub(r"\s+", "", address).strip("<>")
    if address.lower().startswith("mailto:"):
        address = address[7:]
    if "@" not in address:
        inner = _BARE.search(name)
        address = address or (inner.group() if inner else "")
    return name or comment, address


class _Reader:
    """The state of one mailbox while a header value is read character by character."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.name: list[str] = []
        self.comment: list[str] = []
        self.route: list[str] | None = None
        self.closed = False

    def take(self) -> tuple[str, str, str | None]:
        route = None if self.route is None else "".join(self.route)
        result = "".join(self.name), "".join(self.comment), route
        self.clear()
        return result


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\\.|[(),;:<>]|[^"\\(),;:<>]+|["\\]', re.DOTALL)


def _mailboxes(value: str) -> list[tuple[str, str, str | None]]:
    """Split at commas and semicolons that stand outside quotes, comments and angle brackets."""
    boxes: list[tuple[str, str, str | None]] = []
    reader = _Reader()
    depth = 0
    for piece in _TOKEN.findall(value):
        if depth:
            depth += (piece == "(") - (piece == ")")
            if depth:
                reader.comment.append(piece)
        elif piece == "(":
            depth = 1
            reader.comment.append(" ")
        elif reader.route is not None and not reader.closed:
            # A comma after an address means that the closing bracket was forgotten.
            if piece == "," and len(reader.route) < 100 and "@" in "".join(reader.route).lstrip("@"):
                boxes.append(reader.take())
            elif piece == ">":
                reader.closed = True
            else:
                reader.route.append(piece)
        elif piece == "<":
            reader.route = []
        elif piece in ",;":
            boxes.append(reader.take())
            if len(boxes) > 2 * MAX_ADDRESSES:
                return boxes
        elif piece == ":" and "@" not in "".join(reader.name[-3:]):
            # The name of a group ("undisclosed-recipients:;") is not a mailbox.
            reader.clear()
        elif piece != ">":
            reader.name.append(_unquote(piece))
    boxes.append(reader.take())
    return boxes


def _unquote(piece: str) -> str:
    if len(piece) > 1 and piece[0] == '"' and piece[-1] == '"':
        return re.sub(r"\\(.)", r"\1", piece[1:-1], flags=re.DOTALL)
    return piece[1:] if len(piece) > 1 and piece[0] == "\\" else piece
