"""Masks of text: `redact`, `partial`, `phone`, `email`, `name`.

The promise of all of them, for a value of n characters (code points, as `length()` counts them):
- at least half of the characters are hidden, n - n/2 of them or more; a short value is hidden whole;
- the result is never longer than the value, so it fits the column's typmod, and a star is one byte, so it fits `name`;
- a run of stars is at most 32 long, so a long value gives its length away only up to there;
- NULL stays NULL, and '' stays ''.

char(n) is masked without its trailing blanks, which mean nothing in that type; the cast puts them back. The twins take such
values without them. What compares or searches does so under the C collation (`plainly`): a non-deterministic one would raise.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from proxy.catalog.snapshot import Column
from proxy.masking import types
from proxy.sql import build
from proxy.sql.build import Part

STARS = 32
REDACTED_STARS = 8

# 复姓: family names of two characters. Shown whole when the name has four characters or more, so that half stays hidden.
COMPOUND_FAMILY_NAMES = (
    "欧阳", "太史", "端木", "上官", "司马", "东方", "独孤", "南宫", "万俟", "闻人",
    "夏侯", "诸葛", "尉迟", "公羊", "赫连", "澹台", "皇甫", "宗政", "濮阳", "公冶",
    "太叔", "申屠", "公孙", "慕容", "仲孙", "钟离", "长孙", "宇文", "司徒", "鲜于",
    "司空", "令狐", "轩辕", "百里", "呼延", "西门", "东郭", "南门", "拓跋", "第五",
)


def stars(count: Part, at_most: int = STARS) -> Part:
    """`count` stars (never negative), at most `at_most`."""
    return build.call("left", build.string("*" * at_most), count)


def starred(count: int, at_most: int = STARS) -> str:
    """The twin of `stars`."""
    return "*" * min(count, at_most)


def length(text: Part) -> Part:
    return build.call("length", text)


def number(value: int) -> Part:
    return build.integer(value)


def plus(left: Part, right: int) -> Part:
    return build.operate(left, "+" if right >= 0 else "-", number(abs(right)))


class TextMask:
    """What all masks of text share. `over` writes the expression over a text, `hide` is its twin."""

    __slots__ = ()
    label: ClassVar[str]

    @property
    def name(self) -> str:
        return self.label

    @abstractmethod
    def over(self, text: Part) -> Part:
        """The masked text; `text` is of type text or varchar, its collation is anything."""

    @abstractmethod
    def hide(self, text: str) -> str:
        """The twin of `over`."""

    def misfit(self, column: Column) -> str | None:
        return types.needs(column, types.TEXTS, "text", self.name)

    def sql(self, reference: str, column: Column) -> str:
        value = build.raw(reference)
        if column.base_type_sql or types.oid_of(column) not in (types.TEXT, types.VARCHAR):
            value = build.cast(value, build.TEXT)
        masked = build.cast(self.over(value), build.type_of(column))
        own = build.C_COLLATION if types.oid_of(column) == types.NAME else build.DEFAULT_COLLATION
        return build.sql(build.collate(masked, column.collation or own))

    def apply(self, value: object) -> object:
        return self.hide(value) if isinstance(value, str) else None


def plainly(text: Part) -> Part:
    """A text under the C collation."""
    return build.collate(text, build.C_COLLATION)


@dataclass(frozen=True, slots=True)
class Redact(TextMask):
    """A star for every character, at most eight: longer values all look alike."""

    label: ClassVar[str] = "redact"

    def over(self, text: Part) -> Part:
        return stars(length(text), REDACTED_STARS)

    def hide(self, text: str) -> str:
        return starred(len(text), REDACTED_STARS)


@dataclass(frozen=True, slots=True)
class Partial(TextMask):
    """The first `first` and last `last` characters. A value no longer than both together is hidden whole.

    When both together would be more than half of the value, the end gives way first: 13800138000 under {first: 3, last: 4}
    is 138******00, and a value of 14 characters or more shows all seven.
    """

    first: int = 0
    last: int = 0
    label: ClassVar[str] = "partial"

    def __post_init__(self) -> None:
        if self.first < 0 or self.last < 0 or not 0 < self.first + self.last <= 1000:
            raise ValueError("first and last are counts of characters, together from 1 to 1000")

    @property
    def name(self) -> str:
        return f"partial({self.first},{self.last})"

    def over(self, text: Part) -> Part:
        n, shown = length(text), self.first + self.last
        hidden = build.greatest(plus(n, -shown), build.operate(plus(n, 1), "/", number(2)))
        # What is longer than both together has 2 * first characters or more, where last is not much less than first.
        start = number(self.first + 1)
        if self.first > self.last + 1:
            start = plus(build.least(number(self.first), build.operate(n, "/", number(2))), 1)
        return build.case(
            (build.operate(n, "<=", number(shown)), stars(n)),
            default=build.call("overlay", text, stars(hidden), start, hidden),
        )

    def hide(self, text: str) -> str:
        n = len(text)
        if n <= self.first + self.last:
            return starred(n)
        first = min(self.first, n // 2)
        last = min(self.last, n // 2 - first)
        return text[:first] + starred(n - first - last) + text[n - last :]


@dataclass(frozen=True, slots=True)
class Phone(TextMask):
    """The first three characters and the last four, as `partial` shows them: 13800138000 -> 138******00."""

    label: ClassVar[str] = "phone"

    def over(self, text: Part) -> Part:
        return Partial(3, 4).over(text)

    def hide(self, text: str) -> str:
        return Partial(3, 4).hide(text)


@dataclass(frozen=True, slots=True)
class Email(TextMask):
    """The first character of a local part of two or more, and of the domain what half of the characters leave room for.

    The whole domain, else its last label, else nothing: a_long_name@qq.com -> a**********@qq.com, lihua@example.com ->
    l****@*******.com, ab@x.y -> a*@***. What holds no @ behind two characters or more is hidden whole.
    """

    label: ClassVar[str] = "email"

    def over(self, text: Part) -> Part:
        n = length(text)
        domain = build.call("split_part", plainly(text), build.string("@"), number(-1))
        label = build.call("split_part", domain, build.string("."), number(-1))
        at = build.operate(n, "-", length(domain))  # the 1-based place of the last @, or 0
        in_label = length(label)
        in_domain = length(domain)
        head = build.joined(build.call("left", text, number(1)), stars(plus(at, -2)), build.string("@"))

        def fits(shown: Part) -> Part:
            return build.operate(build.operate(shown, "*", number(2)), "<=", n)

        return build.case(
            (build.operate(at, "<", number(3)), stars(n)),
            (fits(plus(in_domain, 2)), build.joined(head, domain)),
            (
                build.all_true(build.operate(in_label, "<", in_domain), fits(plus(in_label, 3))),
                build.joined(
                    head,
                    stars(plus(build.operate(in_domain, "-", in_label), -1)),
                    build.string("."),
                    label,
                ),
            ),
            (build.operate(n, ">=", number(4)), build.joined(head, stars(in_domain))),
            default=stars(n),
        )

    def hide(self, text: str) -> str:
        n = len(text)
        domain = text[text.rfind("@") + 1 :]
        at = n - len(domain)
        label = domain[domain.rfind(".") + 1 :]
        if at < 3:
            return starred(n)
        head = text[0] + starred(at - 2) + "@"
        if 2 * (len(domain) + 2) <= n:
            return head + domain
        if len(label) < len(domain) and 2 * (len(label) + 3) <= n:
            return head + starred(len(domain) - len(label) - 1) + "." + label
        if n >= 4:
            return head + starred(len(domain))
        return starred(n)


@dataclass(frozen=True, slots=True)
class Name(TextMask):
    """A Chinese family name (张三丰 -> 张**, 欧阳明月 -> 欧阳**) or the first letter of any other name."""

    label: ClassVar[str] = "name"

    def over(self, text: Part) -> Part:
        n = length(text)
        family = build.any_of(plainly(build.call("left", text, number(2))), COMPOUND_FAMILY_NAMES)
        shown = build.case(
            (build.operate(n, "<", number(2)), number(0)),
            (build.all_true(build.operate(n, ">=", number(4)), family), number(2)),
            default=number(1),
        )
        return build.call("rpad", build.call("left", text, shown), build.least(n, number(STARS)), build.string("*"))

    def hide(self, text: str) -> str:
        shown = 0 if len(text) < 2 else 2 if len(text) >= 4 and text[:2] in COMPOUND_FAMILY_NAMES else 1
        return text[:shown] + starred(min(len(text), STARS) - shown)
