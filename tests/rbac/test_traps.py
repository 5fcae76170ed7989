"""Traps of pycasbin 2.8: each is shown to be there where that is cheap, and that our use of the library avoids it."""

from __future__ import annotations

import ast
import importlib.metadata
import itertools
import sys
import threading
from pathlib import Path
from typing import Any

import casbin
import pytest
from casbin.model import FastModel
from casbin.persist import load_policy_line
from casbin.util import key_match

import rbac
from linggong.kernel.paths import tenant_path
from rbac import explain
from rbac.decisions import Decisions
from rbac.engine import MODEL, Engine, _Compiled, holds, within
from rbac.permissions import Permission as P
from rbac.policies import INHERITS, PolicyRow, seed_policies
from rbac.principal import Post, Principal
from rbac.roles import Role

STATION = tenant_path("/4102/2/001/s01/")
CLERK = Principal(acting=Post(Role.STATION_CLERK, STATION))
DOMAINS = """[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = sub, dom, obj, act
[role_definition]
g = _, _, _
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub, r.dom) && r.obj == p.obj && r.act == p.act
"""


def model(text: str) -> Any:
    return casbin.Enforcer.new_model(text=text)


def own_sources() -> list[ast.Module]:
    folder = Path(rbac.__file__).parent
    return [ast.parse(file.read_text()) for file in folder.glob("*.py")]


def test_one_casbin_is_installed() -> None:
    """`casbin` (1.x) and `pycasbin` install into one folder; an adapter for SQLAlchemy pulls the old one in."""
    names = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    assert "pycasbin" in names
    assert names.isdisjoint({"casbin", "casbin-sqlalchemy-adapter"})
    assert importlib.metadata.version("pycasbin").startswith("2.8")
    locked = (Path(rbac.__file__).parents[1] / "requirements.lock").read_text()
    assert "\npycasbin==" in locked
    assert "\ncasbin==" not in locked


def test_the_row_filter_is_shared_between_threads() -> None:
    """FastEnforcer keeps its filter on the shared policy: two threads get wrong denials. Ours takes turns."""
    rows: list[PolicyRow] = [("c", "*", "order", action, "down", "allow") for action in ("read", "review")]
    engine = Engine(rows, ())
    subject = {"c": (STATION,)}
    wrong: list[str] = []

    def ask(enforce: Any, action: str, answer: bool) -> None:
        for _ in range(1500):
            try:
                if enforce(subject, STATION, "order", action) is not answer:
                    wrong.append(action)
            except Exception as error:
                wrong.append(type(error).__name__)

    def race(enforce: Any) -> int:
        wrong.clear()
        threads = [threading.Thread(target=ask, args=(enforce, *x)) for x in (("read", True), ("devour", False))]
        before = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(before)
        return len(wrong)

    assert race(engine.enforce) == 0
    assert any(race(engine._enforcer.enforce) for _ in range(5)), "without the lock it goes wrong"
    assert "allow" not in wrong, "and never in the direction of yes: object and action stay in the matcher"


def test_a_race_could_only_deny() -> None:
    """Whatever rows the filter shows, the matcher itself tests object and action."""
    engine = Engine([("c", "*", "order", "read", "down", "allow")], ())
    assert not engine._enforcer.enforce_ex({"c": (STATION,)}, STATION, "order", "review")[0]
    text = MODEL.read_text()
    assert "r.obj == p.obj && r.act == p.act" in text


def test_columns_of_request_and_policy_are_aligned() -> None:
    """FastEnforcer finds rows by the same column numbers in the request and in the policy."""
    assertions = model(MODEL.read_text())
    request, policy = ([token.split("_", 1)[1] for token in assertions[s][s].tokens] for s in ("r", "p"))
    assert request == ["sub", "dom", "obj", "act"]
    assert policy[:4] == request
    fast = Engine([("c", "*", "order", "read", "down", "allow")], ())._enforcer.model
    assert isinstance(fast, FastModel)
    assert fast._cache_key_order == [2, 3]


def test_only_the_first_definition_of_a_section_is_loaded() -> None:
    """FastEnforcer drops g2, p2 and m2 without a word: model.conf has one definition a section."""
    text = Path(MODEL).read_text()
    definitions = [line.split("=")[0].strip() for line in text.splitlines() if "=" in line and not line.startswith("#")]
    assert definitions == ["r", "p", "g", "e", "m"]


def test_an_explanation_does_not_ask_the_fast_enforcer() -> None:
    """`enforce_ex` ignores the filter and walks all rows; ours explains from its own rows, and agrees with it."""
    enforcer = Engine(list(seed_policies()), INHERITS)._enforcer
    enforcer.model["p"]["p"].policy.apply_filter("order", "read")
    filtered = len(enforcer.model["p"]["p"].policy)
    enforcer.model["p"]["p"].policy.clear_filter()
    assert filtered < len(enforcer.model["p"]["p"].policy) / 10
    explaining = ast.parse(Path(explain.__file__).read_text())
    called = {node.attr for node in ast.walk(explaining) if isinstance(node, ast.Attribute)}
    assert "enforce_ex" not in called
    # Inside the engine the filter is set around it, and cleared again.
    engine = Engine(list(seed_policies()), INHERITS)
    assert engine.enforce({"station_clerk": (STATION,)}, STATION, "order", "read")
    assert engine._enforcer.model["p"]["p"].policy._current_filter is None


def test_a_reload_in_place_denies_in_between() -> None:
    """`load_policy()` empties the live roles first; ours is built aside and never changed."""
    stock = casbin.Enforcer(model(DOMAINS.replace("g2 = _, _\n", "")), _Fixed())
    assert stock.enforce("u", "d", "order", "read")
    manager, seen = stock.get_role_manager(), []
    add_link = manager.add_link

    def watched(*names: str) -> None:
        seen.append(stock.enforce("u", "d", "order", "read"))
        add_link(*names)

    manager.add_link = watched
    stock.load_policy()
    assert seen == [False], "what a caller meets while the library loads"
    assert stock.enforce("u", "d", "order", "read")
    called = {node.attr for tree in own_sources() for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    changing = {"load_policy", "remove_policy", "clear_policy", "update_policy", "set_model", "build_role_links"}
    assert called.isdisjoint(changing)


class _Fixed(casbin.persist.Adapter):
    def load_policy(self, loaded: Any) -> None:
        loaded.add_policy("p", "p", ["c", "d", "order", "read"])
        loaded.add_policy("g", "g", ["u", "c", "d"])


def test_unknown_names_do_not_grow_anything() -> None:
    """Every unknown subject or domain leaves an object in Casbin's role managers; ours never asks about one."""
    stock = casbin.Enforcer(model(DOMAINS.replace("g2 = _, _\n", "")))
    stock.add_policy("c", "d", "order", "read")
    stock.add_grouping_policy("u", "c", "d")
    manager = stock.get_role_manager()
    before = len(manager.rm_map)
    for n in range(50):
        stock.enforce("u", f"nowhere{n}", "order", "read")
    assert len(manager.rm_map) > before + 40, "the library does"
    ours = Decisions(seed_policies(), INHERITS)
    roles = ours._engine._enforcer.get_role_manager()
    known = len(roles.all_roles)
    for n in range(200):
        stranger = Principal(acting=Post(f"king{n}", STATION))
        ours.can(stranger, tenant_path(f"/x{n}/"), P.ORDER_READ)
        ours.scope(stranger, P.ORDER_READ)
    assert len(roles.all_roles) == known
    assert len(ours._looks["order:read"].memo) == 0
    assert not list(model(MODEL.read_text())["g"]["g"].value.split(","))[2:], "no domain in g, so no domain matching"


def test_staff_are_no_roles_of_casbin() -> None:
    """10,000 people as g rows cost milliseconds a decision: only roles are in g, expanded once."""
    ours = Decisions(seed_policies(), INHERITS)
    names = {name for pair in ours._engine._enforcer.get_grouping_policy() for name in pair}
    assert names <= set(Role)
    assert "g(" not in MODEL.read_text().partition("[matchers]")[2]


def test_a_switched_off_enforcer_allows_everything() -> None:
    """`enable_enforce(False)` says yes to all; nothing of ours names it."""
    stock = casbin.Enforcer(model(DOMAINS.replace("g2 = _, _\n", "")))
    assert not stock.enforce("u", "d", "order", "read")
    stock.enable_enforce(False)
    assert stock.enforce("u", "d", "order", "read")
    assert Decisions([])._engine._enforcer.enabled
    names = {n.attr for tree in own_sources() for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
    assert "enable_enforce" not in names


def test_prefixes_end_with_a_slash() -> None:
    """`keyMatch` takes /c10/ for something below /c1; our paths have a slash at both ends."""
    assert key_match("/c10/x", "/c1*")
    assert not within("/4102/25/", "/4102/2/")
    assert within("/4102/2/5/", "/4102/2/")
    with pytest.raises(ValueError, match="not a tenant path"):
        tenant_path("/4102/2")


def test_the_csv_loader_ignores_quotes() -> None:
    """A quoted comma splits the row; our rows come from the table as they are."""
    broken = model(DOMAINS.replace("g2 = _, _\n", ""))
    load_policy_line('p, "a,b", d, order, read', broken)
    assert broken["p"]["p"].policy[-1][0] == '"a'
    strange = 'a,b"(c'
    ours = Decisions([(strange, "*", "order", "read", "down", "allow")])
    assert ours.can(Principal(acting=Post(strange, STATION)), STATION, P.ORDER_READ)


def test_the_compiled_matcher_reaches_no_builtins() -> None:
    """A compiled matcher has no sandbox: the model is a file of ours, and names nothing but its functions."""
    code = compile("__import__('os')", "<matcher>", "eval")
    with pytest.raises(NameError):
        _Compiled(code, {"__builtins__": {}}).eval({})
    expression = MODEL.read_text().partition("[matchers]")[2].partition("=")[2]
    parsed = ast.parse(
        expression.replace("&&", "and").replace("\n", " ").strip().replace("r.", "r_").replace("p.", "p_")
    )
    functions = {n.func.id for n in ast.walk(parsed) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    assert functions == {"within", "holds"}
    assert not any(isinstance(n, ast.Attribute) for n in ast.walk(parsed))


def test_a_matcher_without_rows_is_evaluated_with_empty_words() -> None:
    """With no row, Casbin fills p with "": a matcher that lets "" pass would allow all. Ours does not."""
    careless = DOMAINS.replace("g2 = _, _\n", "").replace("m = g", 'm = p.sub == "" || g')
    assert casbin.Enforcer(model(careless)).enforce("nobody", "d", "order", "read")
    assert not Engine([], ()).enforce({"": ("/",)}, "/", "", "read")
    assert not Engine([], ()).enforce({"clerk": ("/",)}, "/", "order", "read")
    assert not holds({"": ("/",)}, "", "", "/")


def test_no_watcher_is_used() -> None:
    """Watchers on the registry are unmaintained; NOTIFY is sent by the changing transaction (tests/app/test_policies.py)."""
    names = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    assert not {n for n in names if "casbin" in n and "watcher" in n}
    assert Decisions([])._engine._enforcer.watcher is None


def test_the_fast_enforcer_agrees_with_the_plain_one() -> None:
    """The same model and rows through the library's plain, interpreting enforcer."""
    rows = list(seed_policies())
    engine = Engine(rows, INHERITS)
    plain = casbin.Enforcer(str(MODEL), _feed(rows))
    plain.add_function("within", within)
    plain.add_function("holds", holds)
    paths = ("/4102/", "/4102/2/", STATION, "/4102/25/")
    asked = 0
    for role, path in itertools.product((Role.STATION_CLERK, Role.AUDITOR, Role.COUNTY_OPERATOR), paths):
        subject = {role.value: ("/4102/2/",), f"!{role.value}": ("/4102/2/",)}
        for permission in (P.ORDER_READ, P.ORDER_REVIEW, P.PERSON_REVEAL, P.SCORECARD_ASSESS, P.PARAMETER_READ):
            request = (subject, path, permission.object, permission.action)
            assert engine.enforce(*request) is bool(plain.enforce(*request)), request
            asked += 1
    assert asked == 60


def _feed(rows: list[PolicyRow]) -> Any:
    from rbac.engine import _Rows

    return _Rows(rows, INHERITS)
