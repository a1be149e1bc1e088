"""The mask `address`: an address down to the city.

广东省深圳市南山区科技园1号 -> 广东省深圳市***; 北京市朝阳区建国路88号 -> 北京市***; an address that begins with no province or
city shows what follows its last comma, digits starred: "1600 Amphitheatre Parkway, Mountain View, CA 94043" -> "***, CA *****".
Where province and city are more than half of the characters, only the province is shown; where that is, nothing. Never more
than three stars before or behind what is shown, so the length of the rest is not told.

The patterns use no class that depends on a locale, and match in one way only, so PostgreSQL's regular expressions (which
want the longest match) and Python's (which want the first) agree. A server encoding without these characters refuses them
(22P05), so this mask is for UTF8, EUC_CN and their like; so is `name`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from proxy.masking.text import TextMask, length, number, plainly, plus, starred, stars
from proxy.sql import build
from proxy.sql.build import Part

_STARS = 3
# A unit's name is two or more characters, neither ASCII nor the end of a unit, so a text matches in one way only. No 市 has a
# name longer than four; a street further on may well hold that character.
_BODY = "[^ -~省市区县盟]"
PROVINCE = f"^{_BODY}{{2,8}}(?:省|自治区|特别行政区)"
CITY = f"^(?:{PROVINCE[1:]})?(?:{_BODY}{{2,4}}市|{_BODY}{{2,8}}(?:自治州|地区|盟))"
_PROVINCE, _CITY = re.compile(PROVINCE), re.compile(CITY)
_DIGITS = "0123456789"



@dataclass(frozen=True, slots=True)
class Address(TextMask):
    """See the module."""

    label: ClassVar[str] = "address"

    def over(self, text: Part) -> Part:
        n = length(text)
        city = build.call("substring", plainly(text), build.string(CITY))
        province = build.call("substring", plainly(text), build.string(PROVINCE))
        tail = build.call("split_part", plainly(text), build.string(","), number(-1))

        def fits(count: Part) -> Part:
            return build.operate(build.operate(count, "*", number(2)), "<=", n)

        def begin(shown: Part) -> Part:
            return build.joined(shown, stars(build.operate(n, "-", length(shown)), _STARS))

        is_latin = build.all_true(
            build.is_null(build.coalesce(city, province)),
            build.operate(n, ">=", number(8)),
            build.operate(length(tail), "<", n),
            fits(plus(length(tail), 1)),
        )
        end = build.call("translate", tail, build.string(_DIGITS), build.string("*" * 10))
        return build.case(
            (fits(length(city)), begin(city)),
            (fits(length(province)), begin(province)),
            (is_latin, build.joined(build.string("***,"), end)),
            default=stars(n, _STARS),
        )

    def hide(self, text: str) -> str:
        n = len(text)
        found = [match.group() for match in (_CITY.match(text), _PROVINCE.match(text)) if match]
        for shown in found:
            if 2 * len(shown) <= n:
                return shown + starred(n - len(shown), _STARS)
        tail = text[text.rfind(",") + 1 :]
        if not found and len(tail) < n and n >= 8 and 2 * (len(tail) + 1) <= n:
            return "***," + tail.translate(str.maketrans(_DIGITS, "*" * 10))
        return starred(n, _STARS)
