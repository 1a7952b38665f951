"""The package's own data: TOML files in a checkout, JSON compiled from them in a built wheel.

A file of data is named by its path in the package, without the suffix: "reasons/data/words". In a
checkout it is ``words.toml``, which people edit; a build puts ``words.json`` in its place, beside
what is derived from the data and is expensive to derive. So an edit takes effect at once, and an
installed package neither reads TOML nor derives anything.

Each file is a table. Compiled, each member of the table is one line::

    {
    "550":{"title":"Mailbox Unavailable", ...},
    "551":{...}
    }

which any JSON reader takes, and of which `Members` reads only the lines that are asked for. Of
700 rules with their index, 650 KB, this takes 4 ms, where `json.loads` of all takes 13 ms, a
module of literals 12 ms with bytecode and 200 ms where none can be written, and tomllib 400 ms.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, KeysView, Mapping
from typing import Any

PACKAGE = "smtpreply"

Table = Mapping[str, Any]

_ROOT = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120  (pathlib takes 8 ms)


class Members(Table):
    r"""A compiled table, whose members are read when they are asked for.

    Args:
        octets: the file, as `compiled` gives it. Lines are decoded with what is read of them.

    >>> table = Members(compiled({"a": [1, 2], "b": {}}))
    >>> table["a"], list(table)
    ([1, 2], ['a', 'b'])
    """

    def __init__(self, octets: bytes) -> None:
        lines = octets.split(b"\n")[1:-2]
        self._lines = {line[1 : line.index(b'":', 1)].decode(): line for line in lines if line}
        self._read: dict[str, Any] = {}

    def __getitem__(self, key: str) -> Any:
        if key in self._read:
            return self._read[key]
        import json  # noqa: PLC0415  (of what reads no compiled data)

        line = self._lines[key].decode().removesuffix(",")
        return self._read.setdefault(key, json.loads(line[len(key) + 3 :]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def keys(self) -> KeysView[str]:
        """Return the keys, as `dict.keys` does."""
        return self._lines.keys()


def compiled(table: Table) -> bytes:
    r"""Return a table as JSON in UTF-8 with one member on each line, as `Members` reads it.

    Raises:
        ValueError: a key holds what JSON escapes.

    >>> compiled({"a": [1, 2], "b": "c"})
    b'{\n"a":[1,2],\n"b":"c"\n}\n'
    """
    import json  # noqa: PLC0415

    def dumped(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    for key in table:
        if dumped(key) != f'"{key}"' or '"' in key:
            raise ValueError(f"no key of compiled data: {key!r}")
    lines = ",\n".join(f'"{key}":{dumped(value)}' for key, value in table.items())
    return f"{{\n{lines}\n}}\n".encode()


def find(name: str) -> Table | None:
    """Return a file of data, in whichever form it is there; None where there is none.

    Raises:
        tomllib.TOMLDecodeError: it is not TOML.
    """
    octets = _octets(f"{name}.json")
    if octets is not None:
        return Members(octets)
    octets = _octets(f"{name}.toml")
    if octets is None:
        return None
    import tomllib  # noqa: PLC0415  (a built package does not need it)

    return tomllib.loads(octets.decode())


def read(name: str) -> Table:
    """Return a file of data.

    Raises:
        FileNotFoundError: there is none of this name.

    >>> sorted(read("reasons/data/words"))
    ['same', 'silent']
    """
    table = find(name)
    if table is None:
        raise FileNotFoundError(f"{PACKAGE} has no data {name!r}")
    return table


def sources(folder: str) -> list[str]:
    """Return the names of the TOML files in a folder of a checkout and below it, in order.

    >>> sources("catalog/data/ru")[0]
    'catalog/data/ru/enhanced'
    """
    from importlib.resources import files  # noqa: PLC0415  (20 ms; a built package lists no folder)

    names: list[str] = []
    for entry in sorted(files(PACKAGE).joinpath(folder).iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            names += sources(f"{folder}/{entry.name}")
        elif entry.name.endswith(".toml"):
            names.append(f"{folder}/{entry.name.removesuffix('.toml')}")
    return names


class Derived:
    """A function's result, derived from our data and made of values that JSON has.

    Called, it returns what the build compiled; in a checkout, what the function gives.

    Attributes:
        name: of the compiled file; ``{}`` takes the function's argument.
        derive: the function.
    """

    def __init__(self, name: str, derive: Callable[..., Table]) -> None:
        self.name = name
        self.derive = derive
        self._known: dict[tuple[str, ...], Table] = {}

    def __call__(self, *argument: str) -> Table:
        """Return what is derived."""
        known = self._known.get(argument)
        if known is None:
            known = find(self.name.format(*argument))
            known = self.derive(*argument) if known is None else known
            self._known[argument] = known
        return known

    def compiled(self, *argument: str) -> tuple[str, bytes]:
        """Return the name and the content of the compiled file."""
        return self.name.format(*argument), compiled(self.derive(*argument))


def derived(name: str) -> Callable[[Callable[..., Table]], Derived]:
    """Decorate a function that derives a table from our data: see `Derived`."""

    def decorate(derive: Callable[..., Table]) -> Derived:
        return Derived(name, derive)

    return decorate


def _octets(path: str) -> bytes | None:
    """Return a file in the package, which may be in a zip archive."""
    assert __spec__ is not None
    loader: Any = __spec__.loader
    try:
        octets: bytes = loader.get_data(os.path.join(_ROOT, *path.split("/")))  # noqa: PTH118
    except OSError:
        return None
    return octets
