"""Reads the ZIP archive of a model file; any archive that the writer would not make is refused."""

from __future__ import annotations

from zoo_core.storage._layout import (
    CENTRAL,
    CENTRAL_MAGIC,
    END,
    END_MAGIC,
    HEADER,
    LOCAL_MAGIC,
    MAX_MEMBERS,
    MAX_NAME,
    MEMBER_NAME,
    Member,
    RefusedError,
    check_name,
    directory,
    quoted,
)

GET_AGAIN = "get the file again"
COMPRESSION_METHODS = {8: "deflate", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstandard", 95: "xz"}
NOT_A_MODEL = "is not a zoo model: {}; name a file that the zoo wrote"
PICKLE_STARTS = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))


def read_members(data: bytes) -> list[Member]:
    """Return the members in the order of the file. Raises RefusedError for another form of ZIP."""
    _check_begin(data)
    count, position, end = _read_end_record(data)
    found: list[Member] = []
    for _ in range(count):
        member = _read_entry(data, position, end, found[-1].end if found else 0)
        _check_order(member, found)
        _check_local(data, member)
        found.append(member)
        position += CENTRAL.size + len(member.name)
    if not data.endswith(directory(found)) or position != end:
        raise RefusedError(f"is damaged: its directory contradicts the file; {GET_AGAIN}")
    return found


def _check_begin(data: bytes) -> None:
    if not data:
        raise RefusedError(f"is empty; {GET_AGAIN}")
    if data.startswith(LOCAL_MAGIC):
        return
    if data.startswith(b"\x93NUMPY"):
        raise RefusedError(NOT_A_MODEL.format("it is a bare array (.npy)"))
    if data[-END.size :].startswith(END_MAGIC):
        raise RefusedError(f"is damaged: something stands before the archive; {GET_AGAIN}")
    if data.startswith(PICKLE_STARTS):
        raise RefusedError(NOT_A_MODEL.format("it looks like a pickle, which can run code and is never opened"))
    if len(data) < len(LOCAL_MAGIC) and LOCAL_MAGIC.startswith(data):
        raise RefusedError(f"is truncated: {len(data)} bytes are all there is; {GET_AGAIN}")
    raise RefusedError(NOT_A_MODEL.format("it does not begin as a ZIP archive"))


def _read_end_record(data: bytes) -> tuple[int, int, int]:
    """Return the number of members, and the offsets where the directory begins and ends."""
    end = len(data) - END.size
    if end < 0 or not data.startswith(END_MAGIC, end):
        if 0 <= data.rfind(END_MAGIC) < end:
            raise RefusedError(f"is damaged: something follows the archive's end; {GET_AGAIN}")
        raise RefusedError(f"is truncated: the archive's end is missing; {GET_AGAIN}")
    _, disk, first_disk, here, count, size, start, comment = END.unpack_from(data, end)
    if count > MAX_MEMBERS:
        raise RefusedError(NOT_A_MODEL.format(f"it has {count} members, and {MAX_MEMBERS} are allowed"))
    if disk or first_disk or comment or here != count or not count or start + size != end:
        raise RefusedError(f"is damaged: its end record contradicts the file; {GET_AGAIN}")
    return count, start, end


def _read_entry(data: bytes, position: int, end: int, expected: int) -> Member:
    """Return the member that the directory entry at `position` describes; it must begin at `expected`."""
    if position + CENTRAL.size > end or not data.startswith(CENTRAL_MAGIC, position):
        raise RefusedError(f"is damaged: an entry of its directory is broken; {GET_AGAIN}")
    fields = CENTRAL.unpack_from(data, position)
    flags, method, crc, packed, size, length, offset = *fields[3:5], *fields[7:11], fields[16]
    name = _read_name(data, position + CENTRAL.size, length, first=expected == 0)
    _check_plain(name, flags, method)
    member = Member(name, crc, size, offset)
    if packed != size or member.end > end:
        raise RefusedError(f"is damaged: the size of member {name!r} is wrong; {GET_AGAIN}")
    if offset != expected:
        raise RefusedError(f"is damaged: member {name!r} overlaps another or leaves a hole; {GET_AGAIN}")
    if not data.startswith(member.directory_entry(), position):
        raise RefusedError(f"is not in the plain form of a model file: directory entry of {name!r}; {GET_AGAIN}")
    return member


def _read_name(data: bytes, position: int, length: int, *, first: bool) -> str:
    name = data[position : position + min(length, MAX_NAME + 1)].decode("latin-1")
    if first and name != HEADER + ".npy":
        raise RefusedError(NOT_A_MODEL.format(f"its first member is {quoted(name)} and not '{HEADER}.npy'"))
    if not MEMBER_NAME.fullmatch(name):
        raise RefusedError(f"has a member with the unsafe name {quoted(name)}: it is not of the form [a-z0-9_.]+.npy")
    check_name(name.removesuffix(".npy"))
    return name


def _check_plain(name: str, flags: int, method: int) -> None:
    if flags & 1:
        raise RefusedError(f"has the encrypted member {name!r}, and model files are never encrypted; {GET_AGAIN}")
    if method:
        how = COMPRESSION_METHODS.get(method, f"the unknown method {method}")
        raise RefusedError(
            f"has the member {name!r} compressed by {how}, and model files are stored uncompressed; {GET_AGAIN}"
        )


def _check_order(member: Member, before: list[Member]) -> None:
    """Raise RefusedError unless arrays are sorted by name, after the header, and each name occurs once."""
    if any(member.name == other.name for other in before):
        raise RefusedError(f"has the member {member.name!r} twice; {GET_AGAIN}")
    if len(before) > 1 and member.name.removesuffix(".npy") < before[-1].name.removesuffix(".npy"):
        raise RefusedError(f"has the member {member.name!r} out of order: arrays are sorted by name; {GET_AGAIN}")


def _check_local(data: bytes, member: Member) -> None:
    if not data.startswith(member.local_header(), member.offset):
        place = f"the local header of member {member.name!r}, at byte {member.offset},"
        raise RefusedError(f"is damaged: {place} is unlike the directory's; {GET_AGAIN}")
