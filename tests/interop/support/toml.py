"""Writes what `tomllib` reads: enough of TOML for this project's configurations. Comments and order of tables are not kept."""
import json


def dumps(document: dict) -> str:
    lines: list[str] = []
    _table(lines, (), document)
    return "\n".join(lines).lstrip("\n") + "\n"


def _table(lines: list[str], path: tuple[str, ...], table: dict) -> None:
    below = {}
    for key, value in table.items():
        if isinstance(value, dict) or _is_array_of_tables(value):
            below[key] = value
        else:
            lines.append(f"{key} = {_scalar(value)}")
    for key, value in below.items():
        name = ".".join((*path, key))
        for each in value if isinstance(value, list) else [value]:
            lines.append(f"\n[[{name}]]" if isinstance(value, list) else f"\n[{name}]")
            _table(lines, (*path, key), each)


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(each) for each in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value)
