"""Small files, small functions: read one in one sitting."""

import ast
from statistics import median

from tests.house.source import package, python_files

# Where the limit for files holds; that for functions and the median are the package's own.
FOLDERS = ("liveshop_sdk", "tests", "examples", "bench")
FILE_LIMIT = 400
FUNCTION_LIMIT = 60
FILE_MEDIAN_AIM = 150


def test_no_file_is_over_the_limit() -> None:
    sizes = {module.where: len(module.text.splitlines()) for module in python_files(*FOLDERS)}
    assert all(any(where.startswith(f"{folder}/") for where in sizes) for folder in FOLDERS)
    assert {where: size for where, size in sizes.items() if size > FILE_LIMIT} == {}


def test_no_function_is_over_the_limit() -> None:
    long = {
        f"{module.where}:{node.name}": size
        for module in package()
        if "migrations" not in module.where
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (size := _lines(node)) > FUNCTION_LIMIT
    }
    assert long == {}


def test_the_usual_file_is_far_below_it() -> None:
    sizes = [size for module in package() if (size := len(module.text.splitlines()))]
    assert median(sizes) <= FILE_MEDIAN_AIM


def _lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    assert node.end_lineno is not None
    return node.end_lineno - node.lineno + 1
