"""Identity numbers, credit codes, phones and masks: what passes, what does not, and what the words say."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from linggong.people.identity_numbers import (
    PROVINCES,
    BadNumber,
    OrganisationKind,
    PhoneKind,
    Sex,
    check_digit,
    mask_name,
    mask_phone,
    normalise_phone,
    parse_id_number,
    parse_uscc,
    surname_call,
)

TODAY = date(2026, 6, 1)


def made(area: str, birth: date, sequence: int = 12) -> str:
    body = f"{area}{birth:%Y%m%d}{sequence:03d}"
    return body + check_digit(body)


def code_of(raw: object, today: date = TODAY) -> str:
    with pytest.raises(BadNumber) as caught:
        parse_id_number(raw, today=today)
    assert any("\u4e00" <= char <= "\u9fff" for char in caught.value.message)
    return caught.value.code


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014", "371001198010082394"])
def test_published_numbers_pass(number: str) -> None:
    assert parse_id_number(number, today=TODAY).number == number


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("110105194902310026", "birth_date"),
        ("110105194912310021", "checksum"),
        ("345955198706122245", "checksum"),
        ("123456789012345678", "birth_date"),
        ("110105491331002", "birth_date"),
        ("431389760616601", None),
        ("110105491231002", None),
    ],
)
def test_published_vectors(number: str, code: str | None) -> None:
    if code is None:
        parsed = parse_id_number(number, today=TODAY)
        assert (len(parsed.number), parsed.number[6:8]) == (18, "19")
    else:
        assert code_of(number) == code


@pytest.mark.parametrize("area", ["410202", "410203", "410211", "410212", "410224", "410225", "410299"])
@pytest.mark.parametrize("year", [1955, 1970, 1980, 1985, 1999, 2008])
def test_a_county_code_never_refuses_a_birth_year(area: str, year: int) -> None:
    # 祥符区 got 410212 in 2014; people born there in 1955 hold it or 410224, and both are good.
    parsed = parse_id_number(made(area, date(year, 3, 1)), today=TODAY)
    assert (parsed.birth_date, parsed.province) == (date(year, 3, 1), "河南省")


def test_future_birth_is_refused_and_today_is_not() -> None:
    assert code_of(made("410225", TODAY + timedelta(days=1))) == "birth_future"
    assert parse_id_number(made("410225", TODAY), today=TODAY).age_on(TODAY) == 0


@pytest.mark.parametrize("area", ["000000", "160000", "990101", "470101", "660101"])
def test_unknown_province(area: str) -> None:
    assert code_of(made(area, date(1970, 1, 1))) == "province"


@pytest.mark.parametrize(
    "raw",
    [
        "１１０１０５１９４９１２３１００２Ｘ",
        " 110105 19491231 002x ",
        "'11010519491231002X",
        "\ufeff110105194912\u300031002\u200bｘ",
    ],
)
def test_spellings_are_read_as_meant(raw: str) -> None:
    assert parse_id_number(raw, today=TODAY).number == "11010519491231002X"


@pytest.mark.parametrize(
    "raw",
    [
        4.10225195503e17,
        410225195503010000,
        "4.10225E+17",
        "4.10225195503011E+17",
        "410225195503011234.0",
    ],
)
def test_numbers_spoilt_by_a_workbook_are_refused(raw: object) -> None:
    assert code_of(raw) == "not_text"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (None, "empty"),
        ("  ", "empty"),
        ("1101051949123100", "length"),
        ("11010519491231002X1", "length"),
        ("1101051949123100XX", "characters"),
        ("1101051949123100²1", "characters"),
        ("١١٠١٠٥١٩٤٩١٢٣١٠٠٢X", "characters"),
        ("'; DROP TABLE person", "characters"),
        ("110105000012310020", "birth_date"),
        ("110105174912310020", "birth_date"),
    ],
)
def test_malformed(raw: object, code: str) -> None:
    assert code_of(raw) == code


def test_printing_and_errors_never_show_the_number() -> None:
    parsed = parse_id_number("11010519491231002X", today=TODAY)
    shown = f"{parsed} {parsed!r} {parsed.masked}"
    assert "19491231" not in shown
    assert "1949" not in shown
    assert parsed.masked == "1101**********002X"
    with pytest.raises(BadNumber) as caught:
        parse_id_number("110105194912310021", today=TODAY)
    assert "1949" not in str(caught.value)


@given(
    area=st.sampled_from(sorted(PROVINCES)),
    rest=st.integers(0, 9999),
    birth=st.dates(date(1900, 1, 1), TODAY),
    sequence=st.integers(0, 999),
    position=st.integers(0, 17),
    change=st.integers(1, 9),
)
def test_one_wrong_character_never_passes(
    area: str, rest: int, birth: date, sequence: int, position: int, change: int
) -> None:
    number = made(f"{area}{rest:04d}", birth, sequence)
    parsed = parse_id_number(number, today=TODAY)
    assert parsed.birth_date == birth
    assert parsed.sex is (Sex.MALE if sequence % 2 else Sex.FEMALE)
    assume(number[position].isdigit())
    broken = number[:position] + str((int(number[position]) + change) % 10) + number[position + 1 :]
    with pytest.raises(BadNumber):
        parse_id_number(broken, today=TODAY)


@given(birth=st.dates(date(1905, 1, 1), date(1999, 12, 31)), sequence=st.integers(0, 999))
def test_fifteen_digits_become_the_same_person(birth: date, sequence: int) -> None:
    full = made("410221", birth, sequence)
    old = full[:6] + full[8:17]
    assert parse_id_number(old, today=TODAY) == parse_id_number(full, today=TODAY)


@given(raw=st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.binary(), st.none()))
def test_no_input_raises_anything_but_bad_number(raw: object) -> None:
    with suppress(BadNumber):
        parse_id_number(raw, today=TODAY)
    with suppress(BadNumber):
        parse_uscc(raw)
    with suppress(BadNumber):
        phone = normalise_phone(raw)
        assert normalise_phone(phone.number) == phone


@given(raw=st.from_regex(r"(\+86|0086|86)?[ -]?(1\d{10}|0?\d{2,3}-?\d{7,8}([-x转]\d{1,5})?)", fullmatch=True))
def test_a_phone_once_read_reads_the_same_again(raw: str) -> None:
    with suppress(BadNumber):
        phone = normalise_phone(raw)
        assert normalise_phone(phone.number) == phone


@given(birth=st.dates(date(1930, 1, 1), date(2010, 12, 31)), years=st.integers(0, 60))
def test_age_changes_on_the_birthday(birth: date, years: int) -> None:
    person = parse_id_number(made("410221", birth), today=TODAY)
    assume(years > 0)
    day = person.birthday_in(birth.year + years)
    assert (person.age_on(day - timedelta(days=1)), person.age_on(day)) == (years - 1, years)


def test_age_before_birth_is_an_error() -> None:
    person = parse_id_number("11010519491231002X", today=TODAY)
    with pytest.raises(ValueError, match="before the birth"):
        person.age_on(date(1949, 12, 30))


def with_check(first17: str) -> str:
    from stdnum.cn import uscc

    return first17 + uscc.calc_check_digit(first17)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("91110000600037341L", OrganisationKind.ENTERPRISE),
        (" 9111 0000-6000 37341l ", OrganisationKind.ENTERPRISE),
        ("９１１１００００６０００３７３４１Ｌ", OrganisationKind.ENTERPRISE),
        (with_check("92410225MA3X7KLM0"), OrganisationKind.SOLE_TRADER),
        (with_check("93410221MA45B6C7D"), OrganisationKind.COOPERATIVE),
        (with_check("12410200416000001"), OrganisationKind.PUBLIC_BODY),
        (with_check("52410200416000001"), OrganisationKind.SOCIAL),
        (with_check("N2410225MF0000012"), OrganisationKind.RURAL_COLLECTIVE),
        (with_check("A1110000600037341"), OrganisationKind.OTHER),
    ],
)
def test_credit_codes(code: str, kind: OrganisationKind) -> None:
    parsed = parse_uscc(code)
    assert (len(parsed.code), parsed.kind) == (18, kind)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("91110000600037341M", "checksum"),
        ("91110000600037341", "length"),
        ("91110000600O37341L", "characters"),
        ("911100006000373É1L", "characters"),
        (9.11e17, "not_text"),
        ("", "empty"),
    ],
)
def test_bad_credit_codes(raw: object, code: str) -> None:
    with pytest.raises(BadNumber) as caught:
        parse_uscc(raw)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("raw", "number", "kind"),
    [
        ("13812345678", "13812345678", PhoneKind.MOBILE),
        ("+86 138-1234-5678", "13812345678", PhoneKind.MOBILE),
        ("008613812345678", "13812345678", PhoneKind.MOBILE),
        ("8613812345678", "13812345678", PhoneKind.MOBILE),
        ("１９９　１２３４　５６７８", "19912345678", PhoneKind.MOBILE),
        (13812345678.0, "13812345678", PhoneKind.MOBILE),
        (13812345678, "13812345678", PhoneKind.MOBILE),
        ("0371-22881234", "0371-22881234", PhoneKind.LANDLINE),
        ("(0371) 2288 1234", "0371-22881234", PhoneKind.LANDLINE),
        ("+86 371 2288 1234", "0371-22881234", PhoneKind.LANDLINE),
        ("010-65001234转801", "010-65001234-801", PhoneKind.LANDLINE),
        ("0378-2881234-801", "0378-2881234-801", PhoneKind.LANDLINE),
    ],
)
def test_phones(raw: object, number: str, kind: PhoneKind) -> None:
    phone = normalise_phone(raw)
    assert (phone.number, phone.kind) == (number, kind)
    assert normalise_phone(number) == phone
    assert number not in f"{phone} {phone!r}"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("12812345678", "mobile"),
        ("1381234567", "mobile"),
        ("22881234", "area"),
        ("+1 650 253 0000", "foreign"),
        ("电话没有", "characters"),
        ("400-123-4567", "phone"),
        ("", "empty"),
        (None, "empty"),
        (True, "not_text"),
    ],
)
def test_bad_phones(raw: object, code: str) -> None:
    with pytest.raises(BadNumber) as caught:
        normalise_phone(raw)
    assert caught.value.code == code


def test_masks() -> None:
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("0371-22881234") == "0371-****1234"
    assert mask_phone("010-6500123") == "010-****0123"
    assert mask_phone("12345") == "***45"
    assert [mask_name(name) for name in ("李国强", "李强", "李", "", "阿依古丽·买买提")] == [
        "李*强", "李*", "*", "", "阿******提",
    ]  # fmt: skip


def test_surname_calls() -> None:
    assert surname_call("李国强", "男") == "李师傅"
    assert surname_call("王秀英", Sex.FEMALE) == "王女士"
    assert surname_call("王秀英") == "王师傅"
    assert surname_call("欧阳娜娜", "女") == "欧阳女士"
    assert surname_call("东方", "男") == "东师傅"
    assert surname_call("𠮷田", "男") == "𠮷师傅"
