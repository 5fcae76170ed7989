"""Insurance products that a place offers, kept by its bureau."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

import msgspec
import sqlalchemy as sa

from linggong.cover.models import CoverProduct
from linggong.kernel.db import UnitOfWork
from linggong.kernel.errors import Conflict, Fault, Invalid, NotFound
from linggong.kernel.events import NewEvent
from linggong.kernel.ids import new_id
from linggong.kernel.money import fen
from tenants.models import Node

_TEXT = msgspec.Meta(max_length=200)
Whole = Annotated[int, msgspec.Meta(ge=0, le=100_000_000)]


class ProductForm(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A product as a bureau writes it down from the insurer's paper; money in fen."""

    code: Annotated[str, _TEXT]
    name: Annotated[str, _TEXT]
    insurer: Annotated[str, _TEXT]
    kind: Literal["basic", "topup"]
    payer: Literal["government", "employer"]
    premium_day_fen: Whole
    death_fen: Whole
    medical_fen: Whole
    allowance_day_fen: Whole = 0
    min_age: Whole
    max_age: Whole
    classes: list[int]
    max_hours: Whole = 12
    before_minutes: Whole = 60
    after_minutes: Whole = 60
    active: bool = True
    made_up: bool = False
    note: Annotated[str, _TEXT] = ""


def faults_of(form: ProductForm) -> list[Fault]:
    """Return everything that is wrong with a product."""
    faults = [
        Fault(name, f"请填{label}。", "required")
        for name, label in (("code", "产品代码"), ("name", "产品名称"), ("insurer", "承保公司"))
        if not getattr(form, name).strip()
    ]
    if form.premium_day_fen > 100_000:
        faults.append(Fault("premium_day_fen", "每人每天保费最多 1000 元。", "range"))
    if form.death_fen <= 0:
        faults.append(Fault("death_fen", "请填身故伤残保额。", "range"))
    if not 16 <= form.min_age <= form.max_age <= 100:
        faults.append(Fault("max_age", "年龄要在 16 到 100 岁之间，最小的不能比最大的大。", "range"))
    if not form.classes or not set(form.classes) <= set(range(1, 7)):
        faults.append(Fault("classes", "职业类别请在 1 到 6 里选，至少一类。", "range"))
    if not 1 <= form.max_hours <= 24:
        faults.append(Fault("max_hours", "最长工时在 1 到 24 小时之间。", "range"))
    if form.before_minutes > 240 or form.after_minutes > 240:
        faults.append(Fault("before_minutes", "上下班路上的时间最多各 240 分钟。", "range"))
    if form.kind == "basic" and form.payer != "government":
        faults.append(Fault("payer", "基本险由政府出钱；雇主出钱的请建成加保产品。", "payer"))
    if form.kind == "topup" and form.payer != "employer":
        faults.append(Fault("payer", "加保由雇主出钱；保险不能让零工出钱。", "payer"))
    return faults


async def add_product(uow: UnitOfWork, tenant: str, form: ProductForm) -> CoverProduct:
    """Offer a product at a place and below it. Raises NotFound outside the scope, Invalid with every fault, Conflict for a
    code that the place has already.
    """
    node = await uow.session.scalar(sa.select(Node.path).where(Node.path == tenant, uow.scope.clause(Node.path)))
    if node is None:
        raise NotFound
    if faults := faults_of(form):
        raise Invalid(faults)
    taken = await uow.session.scalar(
        sa.select(CoverProduct.id).where(CoverProduct.tenant == tenant, CoverProduct.code == form.code.strip())
    )
    if taken is not None:
        raise Conflict("这里已经有这个代码的产品了，请直接修改它。")
    row = CoverProduct(id=new_id(), tenant=tenant, code=form.code.strip(), created_at=uow.now, changed_at=uow.now)
    _write(row, form)
    uow.session.add(row)
    await uow.flush()
    uow.memo.clear()
    await _tell(uow, row, "cover.product_added")
    return row


async def change_product(uow: UnitOfWork, product_id: UUID, form: ProductForm) -> CoverProduct:
    """Change a product; policies that exist keep what was agreed. Its code stays. Raises as `add_product` does."""
    row = await uow.session.scalar(
        sa.select(CoverProduct)
        .where(CoverProduct.id == product_id, uow.scope.clause(CoverProduct.tenant))
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    faults = faults_of(form)
    if form.code.strip() and form.code.strip() != row.code:
        faults.append(Fault("code", "产品代码不能改；换代码请另建一个产品。", "fixed"))
    if faults:
        raise Invalid(faults)
    _write(row, form)
    row.changed_at = uow.now
    await uow.flush()
    uow.memo.clear()
    await _tell(uow, row, "cover.product_changed")
    return row


def _write(row: CoverProduct, form: ProductForm) -> None:
    row.name, row.insurer, row.note = form.name.strip(), form.insurer.strip(), form.note.strip()
    row.kind, row.payer = form.kind, form.payer
    row.premium_day_fen, row.death_fen = fen(form.premium_day_fen), fen(form.death_fen)
    row.medical_fen, row.allowance_day_fen = fen(form.medical_fen), fen(form.allowance_day_fen)
    row.min_age, row.max_age, row.classes = form.min_age, form.max_age, sorted(set(form.classes))
    row.max_hours = form.max_hours
    row.before_minutes, row.after_minutes = form.before_minutes, form.after_minutes
    row.active, row.made_up = form.active, form.made_up


async def _tell(uow: UnitOfWork, row: CoverProduct, event: str) -> None:
    await uow.emit(
        NewEvent(
            type=event,
            chain=f"cover_product:{row.id}",
            subject_id=row.id,
            tenant=row.tenant,
            body={
                "code": row.code,
                "kind": row.kind,
                "premium_day_fen": int(row.premium_day_fen),
                "active": row.active,
            },
        )
    )
