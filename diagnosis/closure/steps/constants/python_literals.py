"""Find the JSON that a few lines of Python or JavaScript write in a step, with marks for what is worked out there."""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterator
from itertools import islice, pairwise

from diagnosis.closure.steps.constants.marked_json import is_constant, marked, read_marked

Written = tuple[str, object]
"""The name of the file (empty for what is printed) and the value."""
_PIECES = re.compile(
    r"\"(?:[^\"\\]|\\.)*+(?:\"|\\?\Z)|'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|`[^`]*+(?:`|\Z)|[{}\[\],:]|[^\s{}\[\],:\"'`]++|\s++",
    re.DOTALL,
)
_WRITES_NAMED = """
dump dumps stringify json open write write_text write_bytes writelines close flush print log dict list str bool int float tuple
set len Path joinpath join resolve mkdir makedirs mkdirSync get getenv format require writeFileSync writeFile outputJsonSync
if for while switch catch function return
outputFileSync String Boolean Number now utcnow today isoformat toISOString Date time update append upper lower strip replace
"""
_WRITES = frozenset(_WRITES_NAMED.split())
"""Functions that write, or make one value of others: none of them measures."""
_TOKENS = re.compile(r"[\w$.]++|\(|[^\w$.(\s]++")
_LONGEST = 20_000
_MOST_OBJECTS = 10
_MOST_NODES = 4_000
_OBJECT = re.compile(r"(?:JSON\.stringify|json)\s*\(\s*(\{)")
_TARGET = re.compile(r"(?:writeFileSync|writeFile|outputJsonSync|outputFileSync)\s*\(\s*[\"'`]([^\"'`]+)[\"'`]")


def written_by_python(code: str) -> tuple[Written, ...] | None:
    """Return what the code writes as JSON; None where it is no Python that can be parsed."""
    if len(code) > _LONGEST:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if sum(1 for _ in ast.walk(tree)) > _MOST_NODES:
        return None
    names = _Names(_constants(tree))
    targets = list(_targets(tree, names))
    found: list[Written] = []
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and _name(node.func) in ("json.dump", "json.dumps", "dump", "dumps")
            and node.args
        ):
            value = _value(node.args[0], names, 0)
            found += [(target, value) for target in targets or [""]]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.lstrip().startswith("{"):
            value = read_marked(node.value)
            found += [(target, value) for target in targets or [""]] if isinstance(value, dict) else []
    measures = any(isinstance(node, ast.Call) and _last(_name(node.func)) not in _WRITES for node in ast.walk(tree))
    return tuple(found if measures else ((target, _not_told(value)) for target, value in found))


def written_by_javascript(code: str) -> tuple[Written, ...] | None:
    """Return what ``JSON.stringify({…})`` writes; None where the object's form is not understood."""
    found: list[Written] = []
    targets = _TARGET.findall(code) or [""]
    if len(code) > _LONGEST:
        return None
    for opened in islice(_OBJECT.finditer(code), _MOST_OBJECTS):
        value = _relaxed(code[opened.start(1) :])
        if value is None:
            return None
        found += [(target, value) for target in targets]
    called = (
        name
        for name, sign in pairwise(_TOKENS.findall(code))
        if sign == "(" and (name[0].isalpha() or name[0] in "_$.")
    )
    measures = any(_last(name) not in _WRITES for name in called)
    return tuple(found if measures else ((target, _not_told(value)) for target, value in found))


def _last(name: str) -> str:
    return name.rpartition(".")[2]


def _not_told(value: object) -> object:
    """Return a value of code that measures nothing: where what is no constant comes from is not known."""
    if isinstance(value, dict):
        return {name: _not_told(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_not_told(item) for item in value]
    return value if is_constant(value) else marked("$code")


def _constants(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Return what each name is given in the code, in all places."""
    names: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    names.setdefault(target.id, []).append(node.value)
                elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
                    key = target.slice
                    if isinstance(key, ast.Constant):
                        made = ast.Dict(keys=[key], values=[node.value])
                        names.setdefault(f"{target.value.id}[]", []).append(made)
        elif isinstance(node, (ast.AugAssign, ast.For, ast.With, ast.NamedExpr, ast.AnnAssign)):
            bound = getattr(node, "target", None)
            if isinstance(bound, ast.Name):
                value = getattr(node, "value", None)
                names.setdefault(bound.id, []).append(value if isinstance(value, ast.expr) else ast.Call(bound, [], []))
    return names


class _Names:
    """What the names of the code hold, each worked out once."""

    def __init__(self, given: dict[str, list[ast.expr]]) -> None:
        self.given = given
        self.known: dict[str, object] = {}

    def value(self, name: str, depth: int) -> object:
        """Return what a name holds, where that is one constant; else a mark."""
        if name not in self.known:
            self.known[name] = marked(name)
            self.known[name] = self._worked_out(name, depth)
        return self.known[name]

    def _worked_out(self, name: str, depth: int) -> object:
        given = [_value(each, self, depth + 1) for each in self.given.get(name, ())]
        if len(given) != 1:
            return marked(name)
        if not isinstance(given[0], dict):
            return given[0]
        more = [_value(each, self, depth + 1) for each in self.given.get(f"{name}[]", ())]
        return {**given[0], **{key: item for each in more if isinstance(each, dict) for key, item in each.items()}}


def _targets(tree: ast.Module, names: _Names) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _name(node.func)
        if called == "open" and node.args:
            mode = node.args[1] if len(node.args) > 1 else None
            if isinstance(mode, ast.Constant) and isinstance(mode.value, str) and set(mode.value) & set("wax"):
                yield _path(node.args[0], names)
        elif called.rpartition(".")[2] in ("write_text", "write_bytes") and isinstance(node.func, ast.Attribute):
            yield _path(node.func.value, names)


def _path(node: ast.expr, names: _Names) -> str:
    if isinstance(node, ast.Call) and node.args:
        node = node.args[-1]
    last = node.right if isinstance(node, ast.BinOp) else node
    value = _value(last, names, 0)
    return value if isinstance(value, str) and "\x01" not in value else "?.json"


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        inner = _name(node.value)
        return f"{inner}.{node.attr}" if inner else node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _value(node: ast.expr | None, names: _Names, depth: int) -> object:
    """Return an expression's value, where it is a constant; else a mark."""
    if node is None or depth > 8:
        return marked("…")
    match node:
        case ast.Constant():
            return read_marked(node.value) if isinstance(node.value, str) and node.value[:1] == "{" else node.value
        case ast.Dict():
            return {
                str(_value(key, names, depth + 1)): _value(item, names, depth + 1)
                for key, item in zip(node.keys, node.values, strict=True)
                if key is not None
            }
        case ast.List() | ast.Tuple():
            return [_value(item, names, depth + 1) for item in node.elts]
        case ast.Name():
            return names.value(node.id, depth)
        case ast.Call() if _name(node.func) in ("dict", "str", "bool", "int"):
            if _name(node.func) == "dict" and not node.args:
                return {str(each.arg): _value(each.value, names, depth + 1) for each in node.keywords}
            return _value(node.args[0], names, depth + 1) if node.args else marked("…")
        case ast.UnaryOp() | ast.BoolOp() | ast.BinOp() | ast.Compare() | ast.IfExp() | ast.JoinedStr():
            inner = list(ast.walk(node))
            calls = any(isinstance(each, (ast.Call, ast.Attribute, ast.Subscript)) for each in inner)
            held = [names.value(each.id, depth + 1) for each in inner if isinstance(each, ast.Name)]
            fixed = all(isinstance(each, (str, bool, int, float)) and "\x01" not in str(each) for each in held)
            return ast.unparse(node) if not calls and fixed else marked(ast.unparse(node))
        case _:
            return marked(ast.unparse(node))


def _relaxed(text: str) -> object | None:
    """Return an object of JavaScript: names without quotes, single quotes, names of variables as marks."""
    pieces: list[str] = []
    depth = 0
    for found in _PIECES.finditer(text):
        piece = found[0]
        depth += piece in "{[" and piece != ""
        depth -= piece in "}]" and piece != ""
        if piece[:1] in "'`":
            inner = piece[1:-1]
            piece = (
                '"' + (marked(inner) if "${" in inner else inner).replace('"', '\\"').replace("\x01", "\\u0001") + '"'
            )
        elif piece.strip() and piece not in "{}[],:" and piece[0] != '"':
            constant = piece in ("true", "false", "null") or re.fullmatch(r"-?\d+(?:\.\d+)?", piece)
            follows = text[found.end() : found.end() + 20].lstrip()[:1]
            if not constant:
                piece = (
                    f'"{piece}"'
                    if follows == ":"
                    else '"\\u0001' + piece.replace("\\", "").replace('"', "") + '\\u0001"'
                )
        pieces.append(piece)
        if depth == 0 and pieces:
            break
    made = re.sub(r",(\s*[}\]])", r"\1", "".join(pieces))
    return read_marked(made)
