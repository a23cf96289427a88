"""Columns of numbers → text in a format, exact to the last digit.

Decimals and integers are never made floats. A float stands for the shortest decimal that is it, the one
that people see: 2.675 and not 2.67499999999999982236431605997495353221893310546875. What lies half
way between two texts goes away from zero.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from omnipd.formats.number_format import Layout, NumberFormat

_UNITS = ((3, "K"), (6, "M"), (9, "B"), (12, "T"))
# A decimal of Arrow has at most so many digits; a float has 17, and is held with half of them behind
# the point.
_DIGITS = pa.decimal256(76, 0).precision
_BEHIND = _DIGITS // 2
_TINY, _HUGE = 10.0 ** (17 - _BEHIND), 10.0**_BEHIND
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_UP)


def is_number(kind: pa.DataType) -> bool:
    """Whether values of a type are numbers."""
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def number_texts(column: pa.ChunkedArray, format_: NumberFormat) -> pa.ChunkedArray:
    """Return the text of each number; null stays null.

    Examples
    --------
    >>> from omnipd.formats.number_format import number_format
    >>> numbers = pa.chunked_array([[1234.5, -0.125, None]])
    >>> number_texts(numbers, number_format("USDCURRENCY_2")).to_pylist()
    ['$1,234.50', '-$0.13', None]
    """
    return pa.chunked_array([_texts(chunk, format_) for chunk in column.chunks], pa.string())


def exact_texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return decimals with all of their digits and without an exponent, which Arrow may write.

    Examples
    --------
    >>> exact_texts(pa.chunked_array([pa.array([Decimal("0E-8")], pa.decimal128(9, 8))])).to_pylist()
    ['0.00000000']
    """
    scale = column.type.scale
    layout = Layout(always=scale, decimals=scale, grouped=False)
    return number_texts(column, NumberFormat(layout, layout.around("-")))


def _texts(numbers: pa.Array, format_: NumberFormat) -> pa.Array:
    if not pa.types.is_floating(numbers.type):
        return _shown(_exact(numbers), format_)
    if pa.types.is_float16(numbers.type):
        numbers = numbers.cast(pa.float32())
    finite = pc.is_finite(numbers)
    if pc.all(finite).as_py():
        return _shown(_exact(numbers), format_)
    held = _shown(_exact(pc.if_else(finite, numbers, _of(numbers.type, 0))), format_)
    return pc.if_else(finite, held, numbers.cast(pa.string()))


@dataclass(frozen=True)
class _Exact:
    """Numbers as integers without their signs, and the decimals that these stand for.

    Attributes
    ----------
    numbers : pyarrow.Array
        As they came.
    integers : pyarrow.Array
        Null for the numbers that no integer of Arrow holds.
    scale : int
        How many digits are decimals.
    too_large : pyarrow.Array
        Which are not held.
    """

    numbers: pa.Array
    integers: pa.Array
    scale: int
    too_large: pa.Array

    def filter(self, mask: pa.Array) -> _Exact:
        """Return some of the numbers."""
        return _Exact(
            self.numbers.filter(mask),
            self.integers.filter(mask),
            self.scale,
            self.too_large.filter(mask),
        )

    def digits(self, places: int) -> pa.Array:
        """Return their digits with the point moved to the right, rounded to whole numbers."""
        texts = _rounded(self.integers, self.scale - places)
        if not pc.any(self.too_large).as_py():
            return texts
        others = [_digits_of(one.as_py(), places) for one in self.numbers.filter(self.too_large)]
        return pc.replace_with_mask(texts, self.too_large, pa.array(others, pa.string()))


def _exact(numbers: pa.Array) -> _Exact:
    kind = numbers.type
    if pa.types.is_floating(kind):
        size = pc.abs(numbers)
        too_large = pc.greater_equal(size, _of(kind, _HUGE)).fill_null(False)
        # Less than any format shows.
        size = pc.if_else(pc.less(size, _of(kind, _TINY)), _of(kind, 0), size)
        size = pc.if_else(too_large, pa.scalar(None, kind), size)
        held = size.cast(pa.string()).cast(pa.decimal256(_DIGITS, _BEHIND))
        return _Exact(numbers, _without_scale(held), _BEHIND, too_large)
    whole = numbers.cast(pa.decimal128(20, 0)) if pa.types.is_integer(kind) else numbers
    integers = pc.abs(_without_scale(whole))
    if pa.types.is_decimal128(integers.type):
        if pc.any(_has_all_digits(integers)).as_py():
            integers = integers.cast(pa.decimal256(_DIGITS, 0))
        too_large = pa.repeat(pa.scalar(False), len(integers))
    else:
        too_large = _has_all_digits(integers)
        integers = pc.if_else(too_large, pa.scalar(None, integers.type), integers)
    return _Exact(numbers, integers, whole.type.scale, too_large)


def _has_all_digits(integers: pa.Array) -> pa.Array:
    """Tell which integers have as many digits as their type; rounding may add one."""
    most = pa.scalar(Decimal(10) ** (integers.type.precision - 1), integers.type)
    return pc.greater_equal(integers, most).fill_null(False)


def _without_scale(decimals: pa.Array) -> pa.Array:
    """Return decimals as the integers that they are stored as."""
    wide = pa.types.is_decimal256(decimals.type)
    kind = pa.decimal256(_DIGITS, 0) if wide else pa.decimal128(38, 0)
    return pa.Array.from_buffers(kind, len(decimals), decimals.buffers(), offset=decimals.offset)


def _rounded(integers: pa.Array, drop: int) -> pa.Array:
    """Return integers as text without their last digits, or with zeros behind them."""
    if drop <= 0:
        texts = pc.binary_join_element_wise(integers.cast(pa.string()), "0" * -drop, "")
        return pc.if_else(pc.starts_with(texts, "0"), "0", texts)
    if drop >= _DIGITS:
        return pc.if_else(pc.is_valid(integers), "0", pa.scalar(None, pa.string()))
    if drop >= integers.type.precision:
        integers = integers.cast(pa.decimal256(_DIGITS, 0))
    rounded = pc.round(integers, -drop, round_mode="half_towards_infinity")
    digits = pc.ascii_lpad(rounded.cast(pa.string()), drop + 1, "0")
    return pc.utf8_slice_codeunits(digits, 0, -drop)


def _digits_of(value: Any, places: int) -> str:
    """Return the digits of one number, however large."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    moved = exact.copy_abs().scaleb(places, _CONTEXT).quantize(Decimal(1), context=_CONTEXT)
    return f"{moved:f}"


def _shown(exact: _Exact, format_: NumberFormat) -> pa.Array:
    if not format_.in_units:
        return _laid_out(exact, format_)
    texts = _laid_out(exact, format_)
    places = np.arange(len(exact.numbers))
    most = format_.positive.decimals
    digits = exact.digits(most)
    # What is a thousand of a unit when it is rounded is one of the next.
    for power, unit in _UNITS:
        is_more = pc.greater(pc.utf8_length(digits), most + 3).fill_null(False)
        if not pc.any(is_more).as_py():
            break
        exact, places = exact.filter(is_more), places[is_more.to_numpy(zero_copy_only=False)]
        digits = exact.digits(most - power)
        mask = np.zeros(len(texts), bool)
        mask[places] = True
        texts = pc.replace_with_mask(
            texts, pa.array(mask), _laid_out(exact, _in_unit(format_, power, unit))
        )
    return texts


def _in_unit(format_: NumberFormat, power: int, unit: str) -> NumberFormat:
    positive, negative = (
        # At the number, before a parenthesis that closes.
        replace(layout, shift=-power, after=unit + layout.after)
        for layout in (format_.positive, format_.negative)
    )
    return NumberFormat(positive, negative)


def _laid_out(exact: _Exact, format_: NumberFormat) -> pa.Array:
    numbers, positive, negative = exact.numbers, format_.positive, format_.negative
    digits = exact.digits(positive.shift + positive.decimals)
    body = _body(digits, positive)
    texts = _around(body, positive)
    below = pc.less(numbers, _of(numbers.type, 0))
    if not format_.by_value:
        below = pc.and_(below, pc.not_equal(digits, "0"))
    if pc.any(below).as_py():
        if format_.by_value:
            body = _body(exact.digits(negative.shift + negative.decimals), negative)
        texts = pc.if_else(below, _around(body, negative), texts)
    if format_.zero is not None:
        at_zero = pc.equal(numbers, _of(numbers.type, 0))
        body = _body(exact.digits(0), format_.zero)
        texts = pc.if_else(at_zero, _around(body, format_.zero), texts)
    return texts


def _around(body: pa.Array, layout: Layout) -> pa.Array:
    return pc.binary_join_element_wise(layout.before, body, layout.after, "")


def _body(digits: pa.Array, layout: Layout) -> pa.Array:
    """Return the text of numbers without what stands around it."""
    digits = pc.ascii_lpad(digits, layout.decimals + max(layout.whole, 1), "0")
    whole = pc.utf8_slice_codeunits(digits, 0, -layout.decimals) if layout.decimals else digits
    if layout.grouped:
        whole = _grouped(whole)
    if not layout.decimals:
        return whole
    decimals = _decimals(pc.utf8_slice_codeunits(digits, -layout.decimals), layout)
    return pc.binary_join_element_wise(whole, decimals, "")


def _decimals(decimals: pa.Array, layout: Layout) -> pa.Array:
    """Return decimals behind a point, without zeros that need not be shown."""
    if layout.always == layout.decimals:
        return pc.binary_join_element_wise(".", decimals, "")
    always = pc.utf8_slice_codeunits(decimals, 0, layout.always)
    others = pc.ascii_rtrim(pc.utf8_slice_codeunits(decimals, layout.always), "0")
    shown = pc.binary_join_element_wise(".", always, others, "")
    return pc.if_else(pc.equal(shown, "."), "", shown)


def _grouped(whole: pa.Array) -> pa.Array:
    longest = pc.max(pc.binary_length(whole)).as_py() or 0
    if longest <= 3:
        return whole
    width = -(-longest // 3) * 3
    padded = pc.ascii_lpad(whole, width, " ")
    groups = [pc.utf8_slice_codeunits(padded, start, start + 3) for start in range(0, width, 3)]
    return pc.ascii_ltrim(pc.binary_join_element_wise(*groups, ","), " ,")


def _of(kind: pa.DataType, value: float) -> pa.Scalar:
    return pa.scalar(Decimal(value) if pa.types.is_decimal(kind) else value, kind)
