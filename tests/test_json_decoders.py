"""Decoders are made once, by one thread at a time: msgspec crashes the process where two describe a Struct at once."""

import ast
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from jira_staging import json_decoders
from jira_staging.json_decoders import decoder_of

HOUSE = Path(json_decoders.__file__).parent
# What msgspec describes to nobody: anything else may be a Struct, or hold one.
PLAIN = {
    "str",
    "int",
    "msgspec.Raw",
    "Items",
    "Parts",
    "list[msgspec.Raw]",
    "dict[str, msgspec.Raw]",
    "dict[str | int, msgspec.Raw]",
}


def test_a_decoder_takes_numbers_in_strings_and_is_made_once() -> None:
    class Listed(msgspec.Struct):
        id: int

    assert decoder_of(Listed).decode(b'{"id": "7"}') == Listed(7)
    assert decoder_of(Listed) is decoder_of(Listed)


def test_many_threads_that_want_one_wait_for_the_one_that_makes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    under_way: list[Any] = []
    made: list[tuple[Any, int]] = []

    def slow(shape: Any, **how: Any) -> Any:
        under_way.append(shape)
        time.sleep(0.01)
        made.append((shape, len(under_way)))
        under_way.remove(shape)
        return real(shape, **how)

    real = msgspec.json.Decoder
    monkeypatch.setattr(msgspec.json, "Decoder", slow)
    shapes = [msgspec.defstruct(f"Shape{number}", [("id", int)]) for number in range(5)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(decoder_of, shapes * 8))

    assert {shape for shape, _ in made} == set(shapes)
    assert [count for _, count in made] == [1] * len(shapes)
    assert len(set(map(id, found))) == len(shapes)


def test_nothing_else_decodes_to_structs_in_any_thread() -> None:
    """`msgspec.json.decode` with a Struct, and decoders that are made after a module was imported."""
    found = []
    for path in HOUSE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        inside = {id(call) for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) for call in ast.walk(one)}
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call) or path.name == "json_decoders.py":
                continue
            called = ast.unparse(call.func)
            shapes = [ast.unparse(word.value) for word in call.keywords if word.arg == "type"]
            if called == "msgspec.json.decode" and not PLAIN.issuperset(shapes):
                found.append(f"{path.name}:{call.lineno} decodes to {shapes[0]}")
            if called == "msgspec.json.Decoder" and id(call) in inside:
                found.append(f"{path.name}:{call.lineno} makes a decoder")
    assert found == []


RACE = """
    import importlib, pkgutil, sys, threading
    import msgspec
    from jira_staging import jira_api
    from jira_staging.jira_api import answers
    sys.setswitchinterval(1e-6)
    names = [f"jira_staging.jira_api.{found.name}" for found in pkgutil.iter_modules(jira_api.__path__)]
    modules = [importlib.import_module(name) for name in names]
    shapes = [
        found for module in modules for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, msgspec.Struct) and found.__module__ == module.__name__
    ]
    together = threading.Barrier(6)

    def decode():
        for shape in shapes:
            together.wait()
            members = ",".join(f'"{name}": null' for name in shape.__struct_encode_fields__)
            try:
                answers.Answer(200, f"{{{members}}}".encode(), {}).read(shape)
            except answers.JiraAnswerUnusable:
                pass

    threads = [threading.Thread(target=decode) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    print(len(shapes))
"""


@pytest.mark.slow
def test_threads_that_read_their_first_answers_at_once_do_not_crash() -> None:
    for _ in range(20):
        done = subprocess.run([sys.executable, "-c", textwrap.dedent(RACE)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert int(done.stdout) > 50
