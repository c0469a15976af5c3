"""One clock, one maker of ids, no floats near money."""

import ast

from tests.house.source import Module, package

WALL_CLOCK = {
    "time.time",
    "time.time_ns",
    "time.localtime",
    "time.gmtime",
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.date.today",
}
CHANCE = {"uuid.uuid1", "uuid.uuid4", "uuid4", "uuid1", "os.urandom"}
MONEY_ROOMS = {"money", "facts", "checkout", "affiliate"}


def test_only_the_clock_reads_the_time() -> None:
    assert _calls(lambda called: called in WALL_CLOCK, but={"liveshop_sdk.clock"}) == []


def test_only_ids_are_made_by_chance() -> None:
    assert _calls(lambda called: called in CHANCE, but={"liveshop_sdk.ids"}) == []


def test_nobody_shares_the_global_dice() -> None:
    # random.Random(seed) and random.SystemRandom() are handed in; random.choice() is not.
    rolled = [
        f"{module.where}:{node.lineno}"
        for module in package()
        for dice in _aliases(module, "random")
        for node in _call_nodes(module)
        if ast.unparse(node.func).startswith(f"{dice}.")
        and ast.unparse(node.func) not in {f"{dice}.Random", f"{dice}.SystemRandom"}
    ]
    assert rolled == []


def _aliases(module: Module, library: str) -> set[str]:
    return {
        alias.asname or alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == library
    }


def test_no_float_near_money() -> None:
    floats = [
        f"{module.where}:{node.lineno}"
        for module in package()
        if module.room in MONEY_ROOMS
        for node in ast.walk(module.tree)
        if _is_float(node) and isinstance(node, ast.expr)
    ]
    assert floats == []


def _is_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()):
            return True
        case ast.BinOp(op=ast.Div()):
            return True
        case ast.Call(func=ast.Name(id="float" | "round")):
            return True
    return False


def _calls(is_meant: object, *, but: set[str]) -> list[str]:
    assert callable(is_meant)
    return [
        f"{module.where}:{node.lineno}"
        for module in package()
        if module.name not in but
        for node in _call_nodes(module)
        if is_meant(ast.unparse(node.func))
    ]


def _call_nodes(module: Module) -> list[ast.Call]:
    return [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
