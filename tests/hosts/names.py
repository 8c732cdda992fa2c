"""A name server for the test machines: names that end in .test have an address, no other has."""

import socket
import struct

ADDRESS = "10.56.0.1"
KNOWN = b"\x04test"
A, INTERNET, NO_SUCH_NAME = 1, 1, 3


def serve(address: str) -> None:
    """Answer on port 53 of an address for ever."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((address, 53))
        while True:
            question, asker = sock.recvfrom(512)
            if len(question) > 12:
                sock.sendto(answer(question), asker)


def answer(question: bytes) -> bytes:
    """Return the answer to a query with one question."""
    end = question.index(b"\0", 12) + 1
    asked, name = question[12 : end + 4], question[12 : end - 1]
    (kind,) = struct.unpack("!H", question[end : end + 2])
    known = name.lower().endswith(KNOWN)
    count = 1 if known and kind == A else 0
    flags = 0x8580 | (0 if known else NO_SUCH_NAME)
    head = question[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0)
    record = b"\xc0\x0c" + struct.pack("!HHIH", A, INTERNET, 60, 4) + socket.inet_aton(ADDRESS)
    return head + asked + record * count
