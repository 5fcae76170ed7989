"""What is asked at registration (R045-R047, requirements section 6), and the check that names all faults at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from linggong.kernel.errors import Fault
from linggong.people.identity_numbers import (
    BadNumber,
    CreditCode,
    IdNumber,
    Phone,
    PhoneKind,
    normalise_phone,
    parse_id_number,
    parse_uscc,
)
from linggong.people.text import clean, clean_name, clean_title

ContactKind = Literal["mobile", "landline", "relative", "station"]
PayUnitName = Literal["hour", "day", "piece", "month", "gong"]
Short = Annotated[str, Meta(max_length=60)]
Number = Annotated[str, Meta(max_length=60)]
Line = Annotated[str, Meta(max_length=200)]

SKILL_LEVELS = ("无等级", "学徒工", "初级工", "中级工", "高级工", "技师", "高级技师", "特级技师", "首席技师")
"""The eight levels of 新八级工 with 0 for none, as stored in `workers.skill_level`."""

CONSENT_TEXT_VERSION = "registration-1"
_TRADE = re.compile(r"\d(?:-\d{2}(?:-\d{2}(?:-\d{2})?)?)?", re.ASCII)
known_trade: dict[str, Callable[[str], bool]] = {}
"""Given a code of the right shape; tells whether a trade has it. Bound by the floor that holds the list of trades."""
_DIVISION = re.compile(r"\d{12}", re.ASCII)
_INDUSTRY = re.compile(r"[A-T](?:\d{2,4})?|\d{2,4}", re.ASCII)
_BANK = re.compile(r"\d{8,30}", re.ASCII)


class ProxyConsent(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Proof that the person agreed when somebody else typed: a signed slip, or spoken before a witness."""

    method: Literal["slip", "spoken"]
    evidence: Line = ""
    """The slip's number, or what was read out."""
    witness: Short = ""
    """Who heard it; needed when spoken."""


class WorkerForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A worker's registration (R046). Pay is in fen per `pay_unit`; weekdays are 1 (Monday) to 7."""

    name: Short
    id_number: Number
    contact_kind: ContactKind = "mobile"
    phone: Number = ""
    contact_note: Short = ""
    relative_may_sign_in: bool = False
    trades: Annotated[list[Annotated[str, Meta(max_length=12)]], Meta(min_length=1, max_length=10)]
    skill_level: Annotated[int, Meta(ge=0, le=8)]
    pay_fen: Annotated[int, Meta(ge=1, le=10_000_000)]
    pay_unit: PayUnitName
    home_division_code: Annotated[str, Meta(max_length=12)] | None = None
    radius_km: Annotated[int, Meta(ge=0, le=300)] = 10
    weekdays: Annotated[list[Annotated[int, Meta(ge=1, le=7)]], Meta(max_length=7)] = []
    hours: Short = ""
    transport: Literal["walk", "ebike", "tricycle", "car", "none"] = "none"
    phone_kind: Literal["smart", "feature", "none"] = "smart"
    needs_voice: bool = False
    certificates: Annotated[list[Short], Meta(max_length=20)] = []
    training_wish: Line = ""
    bank_account: Number | None = None
    card_seen: bool = False
    """Staff saw the identity card itself: verified level 2."""


class AgentForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The natural person who acts for an organisation (R049): he signs in with his own phone."""

    name: Short
    id_number: Number
    phone: Number
    card_seen: bool = False


class AgencyForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """人力资源服务机构 (R047): both licences and the legal representative."""

    business_licence: Short
    hr_licence: Short
    hr_licence_scope: Line
    hr_licence_expires_on: date
    legal_representative: Short
    responsible_contact: Short
    filing_number: Short = ""


class EmployerForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An employer's registration (R045): an organisation by its credit code, an individual by his ID number."""

    kind: Literal["enterprise", "individual_business", "cooperative", "organisation", "individual"]
    name: Annotated[str, Meta(max_length=100)]
    uscc: Number = ""
    id_number: Number = ""
    contact_name: Short
    phone: Number
    address: Line = ""
    division_code: Annotated[str, Meta(max_length=12)] | None = None
    industry: Annotated[str, Meta(max_length=5)] | None = None
    legal_representative: Short = ""
    bank_account: Number | None = None
    licence_seen: bool = False
    """Staff saw the licence (or an individual's identity card): verified level 2."""
    agent: AgentForm | None = None
    agency: AgencyForm | None = None


class Confirmation(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is said again of an employer every six months; an empty text stays as it is, name and code are changed with papers only."""

    contact_name: Short = ""
    phone: Number = ""
    address: Line = ""
    legal_representative: Short = ""
    still_valid: bool = False
    """Licence or card are still valid, and everything above is true."""
    evidence: Line = ""
    """How a clerk who confirms for him heard it: on the telephone, by a note."""


@dataclass(slots=True)
class CheckedPerson:
    """A name and number that passed, with what the number says."""

    name: str
    id_number: IdNumber
    phone: Phone | None
    card_seen: bool


@dataclass(slots=True)
class CheckedWorker:
    """A worker's form whose every field passed."""

    person: CheckedPerson
    form: WorkerForm
    trades: list[str]
    weekdays: list[int]
    certificates: list[str] = field(default_factory=list)


@dataclass(slots=True)
class CheckedEmployer:
    """An employer's form whose every field passed; `person` is the individual employer himself."""

    form: EmployerForm
    name: str
    contact_name: str
    phone: Phone
    uscc: CreditCode | None
    person: CheckedPerson | None
    agent: CheckedPerson | None


def is_trade(code: str) -> bool:
    """Tell whether a code is one of a trade or of a group of them (职业分类大典 2022)."""
    return _TRADE.fullmatch(code) is not None and all(knows(code) for knows in known_trade.values())


def check_worker(form: WorkerForm, faults: list[Fault], *, today: date, min_age: int) -> CheckedWorker | None:
    """Check a worker's form; adds every fault to `faults` and returns None when there is any (R046, R113)."""
    before = len(faults)
    name = clean_name(faults, "name", form.name)
    number = _id_number(faults, "id_number", form.id_number, today)
    if number is not None and number.age_on(today) < min_age:
        faults.append(
            Fault(
                "id_number",
                f"证件上未满 {min_age} 周岁，不能登记找活：法律禁止招用未满 {min_age} 周岁的人。没有保存任何资料。",
                "under_age",
            )
        )
    phone = _contact_phone(faults, form)
    for i, code in enumerate(form.trades):
        if not is_trade(code):
            faults.append(Fault(f"trades[{i}]", f"没有“{code}”这个工种代码，请从列表里选。", "trade"))
    if not form.trades:
        faults.append(Fault("trades", "请至少选一个工种。", "required"))
    _division(faults, "home_division_code", form.home_division_code)
    _bank(faults, form.bank_account)
    form.hours = clean(faults, "hours", form.hours, most=60)
    form.contact_note = clean(faults, "contact_note", form.contact_note, most=60)
    form.training_wish = clean(faults, "training_wish", form.training_wish, most=200, lines=True)
    certificates = [clean(faults, f"certificates[{i}]", c, most=60) for i, c in enumerate(form.certificates)]
    if len(faults) > before or number is None:
        return None
    return CheckedWorker(
        CheckedPerson(name, number, phone, form.card_seen),
        form,
        list(dict.fromkeys(form.trades)),
        sorted(set(form.weekdays)),
        [c for c in certificates if c],
    )


def check_employer(form: EmployerForm, faults: list[Fault], *, today: date, adult_age: int) -> CheckedEmployer | None:
    """Check an employer's form; adds every fault to `faults` and returns None when there is any (R045, R047)."""
    before = len(faults)
    uscc: CreditCode | None = None
    person: CheckedPerson | None = None
    contact = clean_name(faults, "contact_name", form.contact_name)
    phone = _phone(faults, "phone", form.phone, mobile=True)
    if form.kind == "individual":
        name = clean_name(faults, "name", form.name)
        if form.uscc:
            faults.append(Fault("uscc", "个人雇主不填信用代码；有营业执照请选“个体工商户”或“企业”。", "kind"))
        if form.agency is not None:
            faults.append(Fault("agency", "个人雇主不能登记为人力资源服务机构。", "kind"))
        person = _adult(faults, "", name, form.id_number, phone, form.licence_seen, today, adult_age)
    else:
        name = clean_title(faults, "name", form.name)
        try:
            uscc = parse_uscc(form.uscc)
        except BadNumber as bad:
            faults.append(Fault("uscc", bad.message, bad.code))
        if form.id_number:
            faults.append(Fault("id_number", "单位不填身份证号；经办人的证件号填在“经办人”里。", "kind"))
    agent: CheckedPerson | None = None
    if form.agent is not None:
        agent_name = clean_name(faults, "agent.name", form.agent.name)
        agent_phone = _phone(faults, "agent.phone", form.agent.phone, mobile=True)
        a = form.agent
        agent = _adult(faults, "agent.", agent_name, a.id_number, agent_phone, a.card_seen, today, adult_age)
    form.address = clean(faults, "address", form.address, most=200)
    form.legal_representative = clean(faults, "legal_representative", form.legal_representative, most=60)
    _division(faults, "division_code", form.division_code)
    _bank(faults, form.bank_account)
    if form.industry is not None and not _INDUSTRY.fullmatch(form.industry):
        faults.append(Fault("industry", "行业代码不对，请从列表里选。", "industry"))
    if form.agency is not None:
        check_agency(form.agency, faults, today=today, prefix="agency.")
    if len(faults) > before or phone is None:
        return None
    return CheckedEmployer(form, name, contact, phone, uscc, person, agent)


def check_confirmation(form: Confirmation, faults: list[Fault]) -> Phone | None:
    """Check what an employer says again; adds every fault, returns the telephone when another one is given."""
    form.contact_name = clean_name(faults, "contact_name", form.contact_name) if form.contact_name.strip() else ""
    phone = _phone(faults, "phone", form.phone, mobile=True) if form.phone.strip() else None
    form.address = clean(faults, "address", form.address, most=200)
    form.legal_representative = clean(faults, "legal_representative", form.legal_representative, most=60)
    form.evidence = clean(faults, "evidence", form.evidence, most=200)
    if not form.still_valid:
        faults.append(Fault("still_valid", "核对以后请勾上：证照都有效，上面的都对。", "required"))
    return phone


def check_agency(form: AgencyForm, faults: list[Fault], *, today: date, prefix: str = "") -> None:
    """Check an agency's licences (R047); an expired 人力资源服务许可证 is refused."""
    form.legal_representative = clean_name(faults, f"{prefix}legal_representative", form.legal_representative)
    for name, label in (
        ("business_licence", "营业执照号"),
        ("hr_licence", "人力资源服务许可证号"),
        ("hr_licence_scope", "许可范围"),
        ("responsible_contact", "负责联系人"),
    ):
        text = clean(faults, f"{prefix}{name}", getattr(form, name), most=200)
        if not text and getattr(form, name).strip() == "":
            faults.append(Fault(f"{prefix}{name}", f"请填写{label}。", "required"))
        setattr(form, name, text)
    form.filing_number = clean(faults, f"{prefix}filing_number", form.filing_number, most=60)
    if form.hr_licence_expires_on < today:
        faults.append(
            Fault(f"{prefix}hr_licence_expires_on", "人力资源服务许可证已过期，请换新证后再登记。", "expired")
        )


def check_consent(proxy: ProxyConsent | None, faults: list[Fault], prefix: str = "proxy") -> None:
    """Check the proof of a proxy registration (order-states section 0 no. 6)."""
    if proxy is None:
        faults.append(Fault(prefix, "代登记要有本人同意：收签字的同意书，或当证人面念给本人听。", "required"))
        return
    proxy.evidence = clean(faults, f"{prefix}.evidence", proxy.evidence, most=200)
    proxy.witness = clean(faults, f"{prefix}.witness", proxy.witness, most=60)
    if proxy.method == "slip" and not proxy.evidence:
        faults.append(Fault(f"{prefix}.evidence", "请填同意书编号或存放位置。", "required"))
    if proxy.method == "spoken" and not proxy.witness:
        faults.append(Fault(f"{prefix}.witness", "口头同意要有证人，请填证人姓名。", "required"))


def _id_number(faults: list[Fault], name: str, raw: str, today: date) -> IdNumber | None:
    try:
        return parse_id_number(raw, today=today)
    except BadNumber as bad:
        faults.append(Fault(name, bad.message, bad.code))
        return None


def _adult(
    faults: list[Fault], prefix: str, name: str, raw: str, phone: Phone | None, seen: bool, today: date, adult_age: int
) -> CheckedPerson | None:
    number = _id_number(faults, f"{prefix}id_number", raw, today)
    if number is None:
        return None
    if number.age_on(today) < adult_age:
        faults.append(
            Fault(f"{prefix}id_number", f"未满 {adult_age} 周岁不能登记为雇主，请由成年人登记。", "under_age")
        )
        return None
    return CheckedPerson(name, number, phone, seen)


def _phone(faults: list[Fault], name: str, raw: str, *, mobile: bool) -> Phone | None:
    try:
        phone = normalise_phone(raw)
    except BadNumber as bad:
        faults.append(Fault(name, bad.message, bad.code))
        return None
    if mobile and phone.kind is not PhoneKind.MOBILE:
        faults.append(Fault(name, "这里要填 11 位手机号，座机收不到短信。", "mobile"))
        return None
    return phone


def _contact_phone(faults: list[Fault], form: WorkerForm) -> Phone | None:
    if form.contact_kind == "station":
        if form.phone.strip():
            faults.append(Fault("phone", "选了“没有电话，找驿站”，电话就不用填；有电话请改选。", "contact"))
        return None
    phone = _phone(faults, "phone", form.phone, mobile=form.contact_kind == "mobile")
    if phone is not None and form.contact_kind == "landline" and phone.kind is not PhoneKind.LANDLINE:
        faults.append(Fault("phone", "这是手机号，联系方式请选“本人”或“亲属”。", "contact"))
    return phone


def _division(faults: list[Fault], name: str, code: str | None) -> None:
    if code is not None and not _DIVISION.fullmatch(code):
        faults.append(Fault(name, "区划代码应为 12 位数字，请从列表里选。", "division"))


def _bank(faults: list[Fault], account: str | None) -> None:
    if account is not None and not _BANK.fullmatch(account.replace(" ", "")):
        faults.append(Fault("bank_account", "银行卡号应为 8 到 30 位数字，请核对。", "bank"))
