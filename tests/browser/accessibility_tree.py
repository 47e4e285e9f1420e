"""The accessibility tree of a page, as Chromium passes it to screen readers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page

CELLS = {"cell", "columnheader", "gridcell", "rowheader"}


@dataclass(frozen=True)
class Node:
    role: str
    name: str
    states: dict[str, Any]
    """Properties such as `pressed`, `expanded`, `value`."""
    children: list[Node] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """Yield the node and all below it, in the order in which they are read."""
        yield self
        for child in self.children:
            yield from child.walk()

    def find_all(self, role: str) -> list[Node]:
        return [node for node in self.walk() if node.role == role]

    def find(self, role: str, name: str) -> Node:
        """Return the only node with a role and name."""
        (found,) = (node for node in self.walk() if (node.role, node.name) == (role, name))
        return found

    @property
    def text(self) -> str:
        """What is read out of a cell: its text, and the names of its controls."""
        parts = [
            node.name for node in self.walk() if node.role in {"StaticText", "checkbox"} and node.name.strip()
        ]
        return " ".join(" ".join(parts).split())


def read_tree(page: Page) -> Node:
    """Return the tree of a page, without what Chromium leaves out of it."""
    devtools = page.context.new_cdp_session(page)
    nodes = {node["nodeId"]: node for node in devtools.send("Accessibility.getFullAXTree")["nodes"]}
    devtools.detach()
    (root,) = _build(next(iter(nodes)), nodes)
    return root


def _build(number: str, nodes: dict[str, dict[str, Any]]) -> list[Node]:
    """Return a node, or those below it if it is ignored."""
    node = nodes.get(number)
    if node is None:
        return []
    children = [child for each in node.get("childIds", ()) for child in _build(each, nodes)]
    if node["ignored"]:
        return children
    states = {each["name"]: each["value"].get("value") for each in node.get("properties", ())}
    if "value" in node:
        states["value"] = node["value"].get("value")
    return [Node(node["role"]["value"], node["name"].get("value", ""), states, children)]


@dataclass(frozen=True)
class Table:
    """Cells by the headers that a screen reader reads out with them: of the row, and of the column."""

    name: str
    columns: list[str]
    cells: dict[tuple[str, str], Node]
    notes: list[Node]
    """Rows of one cell, on the row before."""


def read_table(table: Node) -> Table:
    """Return the cells of a table; each row has one for each column, and its header first, or is a note."""
    head, *rows = [[each for each in row.children if each.role in CELLS] for row in table.find_all("row")]
    assert {cell.role for cell in head} == {"columnheader"}
    columns = [cell.name for cell in head]
    cells: dict[tuple[str, str], Node] = {}
    notes = [row[0] for row in rows if len(row) == 1]
    for header, *row in (row for row in rows if len(row) > 1):
        assert header.role == "rowheader"
        assert len(row) == len(columns) - 1
        cells |= {(header.name, column): cell for column, cell in zip(columns[1:], row, strict=True)}
    return Table(table.name, columns, cells, notes)
