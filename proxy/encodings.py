"""Client encodings we can read: PostgreSQL's name -> Python's codec (PostgreSQL 18, 23.3.1 and table 23.3).

The server turns a statement into its own encoding before it looks for quotes, so all that matters is that both sides cut the
bytes into the same characters. In each encoding listed a byte above 0x7F either begins a character of the same length for
both, or is refused by the codec; decoding is strict, and what does not come back as the same bytes is refused as well. The
server's tables and Python's may give one character two code points; a name must not depend on that (`is_plain_name`).
Left out: EUC_TW and MULE_INTERNAL (no codec), JOHAB, EUC_JIS_2004 and SHIFT_JIS_2004 (not compared with the server's tables).
"""

from __future__ import annotations

UTF8 = "utf-8"
_CODECS = {
    "UTF8": UTF8, "UNICODE": UTF8,
    "GBK": "gbk", "GB18030": "gb18030", "EUC_CN": "gb2312", "BIG5": "big5",
    "SJIS": "shift_jis", "EUC_JP": "euc_jp", "EUC_KR": "euc_kr", "UHC": "cp949",
    "LATIN1": "iso8859-1", "LATIN2": "iso8859-2", "LATIN3": "iso8859-3", "LATIN4": "iso8859-4", "LATIN5": "iso8859-9",
    "LATIN6": "iso8859-10", "LATIN7": "iso8859-13", "LATIN8": "iso8859-14", "LATIN9": "iso8859-15", "LATIN10": "iso8859-16",
    "ISO_8859_5": "iso8859-5", "ISO_8859_6": "iso8859-6", "ISO_8859_7": "iso8859-7", "ISO_8859_8": "iso8859-8",
    "WIN866": "cp866", "WIN874": "cp874", "WIN1250": "cp1250", "WIN1251": "cp1251", "WIN1252": "cp1252", "WIN1253": "cp1253",
    "WIN1254": "cp1254", "WIN1255": "cp1255", "WIN1256": "cp1256", "WIN1257": "cp1257", "WIN1258": "cp1258",
    "KOI8R": "koi8-r", "KOI8U": "koi8-u",
}  # fmt: skip
# What people write for them (pg_encname_tbl in encnames.c), without anything but letters and digits.
_SPOKEN = frozenset("".join(c for c in name.lower() if c.isalnum()) for name in (*_CODECS, "SQL_ASCII")) | {
    "iso88591", "iso885915", "koi8", "shiftjis", "windows1252", "windows1251", "windows1250", "windows936", "windows950",
    "windows949", "windows932", "mskanji", "win936", "win950", "win932", "win949",
}  # fmt: skip


def codec_of(name: str, server_encoding: str = "UTF8") -> str | None:
    """Python's codec for a client_encoding as the server reports it; None for one we cannot read.

    SQL_ASCII means no conversion at all: the bytes are the server's own.
    """
    return _CODECS.get((server_encoding if name == "SQL_ASCII" else name).upper())


def is_readable(spoken: str) -> bool:
    """Whether an encoding, as somebody wrote it in SET or at start-up, is one we can read."""
    return "".join(c for c in spoken.lower() if c.isalnum()) in _SPOKEN


def is_plain_name(text: str) -> bool:
    """Whether every table of every encoding here gives these characters the same code points: ASCII and ideographs."""
    return all(c.isascii() or "\u4e00" <= c <= "\u9fa5" for c in text)
