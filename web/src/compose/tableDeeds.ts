// What is done to a table in the editor. Each can be undone there, as all that is typed.

import { cellAt, setApart } from "./cells.ts";
import type { Editor } from "./editor.ts";
import { type Grid, gridOf, newColumn, newRow, placeOf, width, withoutColumn, withoutRow } from "./tables.ts";

export type Deed = "rowAbove" | "rowBelow" | "columnBefore" | "columnAfter" | "removeRow" | "removeColumn" | "remove";
type Cell = HTMLTableCellElement;

/** Puts a table where the cursor is, with a line below it to go on, and the cursor into its first cell. */
export function insert(editor: Editor, rows: number, columns: number): void {
  const known = new Set(tables(editor));
  const body = document.createElement("tbody");
  for (let row = 0; row < rows; row += 1) body.append(rowOf(columns));
  const [table, nodes] = [document.createElement("table"), document.createDocumentFragment()];
  table.append(body);
  nodes.append(table);
  setApart(nodes);
  editor.insertContent(nodes);
  goTo(editor, tables(editor).find((one) => !known.has(one))?.querySelector("td"));
}

const tables = (editor: Editor) => Array.from(editor.getRoot().querySelectorAll("table"));

function rowOf(columns: number): HTMLTableRowElement {
  const row = document.createElement("tr");
  for (let column = 0; column < columns; column += 1) row.append(emptyCell("td"));
  return row;
}

function emptyCell(name: string): Cell {
  const cell = document.createElement(name) as Cell;
  cell.append(document.createElement("br"));
  return cell;
}

function goTo(editor: Editor, cell: Element | null | undefined): void {
  editor.focus();
  if (!cell) return;
  const range = document.createRange();
  range.selectNodeContents(cell);
  range.collapse(true);
  editor.setSelection(range);
}

/** Does something to the table in which the cursor is. */
export function act(editor: Editor, deed: Deed): void {
  const cell = cellAt(editor);
  const table = cell?.closest("table");
  if (!cell || !table) return;
  const rows = Array.from(table.rows);
  const grid = gridOf(rows.map((row) => Array.from(row.cells)));
  const place = placeOf(grid, cell);
  if (!place) return;
  editor.saveUndoState();
  const next = doTo({ table, rows, grid, cell, ...place }, deed);
  goTo(editor, next);
}

interface Place {
  table: HTMLTableElement;
  rows: HTMLTableRowElement[];
  grid: Grid<Cell>;
  cell: Cell;
  row: number;
  column: number;
}

/** Gives where the cursor goes. */
function doTo(place: Place, deed: Deed): Element | null | undefined {
  const { table, grid, cell, row, column } = place;
  switch (deed) {
    case "rowAbove":
      return addRow(place, row);
    case "rowBelow":
      return addRow(place, row + cell.rowSpan);
    case "columnBefore":
      return addColumn(place, column);
    case "columnAfter":
      return addColumn(place, column + cell.colSpan);
    case "removeRow":
      return grid.length <= 1 ? removed(table) : removeRow(place);
    case "removeColumn":
      return width(grid) <= 1 ? removed(table) : removeColumn(place);
    case "remove":
      return removed(table);
  }
}

function addRow({ rows, grid, cell }: Place, at: number): Element | null {
  const { taller, count } = newRow(grid, at);
  for (const one of taller) one.rowSpan += 1;
  const added = rowOf(count);
  const there = rows[at];
  if (there) there.before(added);
  else rows.at(-1)?.after(added);
  return added.querySelector("td") ?? cell;
}

function addColumn({ rows, grid, cell }: Place, at: number): Element | null {
  const { wider, cells } = newColumn(grid, at);
  for (const one of wider) one.colSpan += 1;
  let first: Element | undefined;
  for (const [row, before] of cells) {
    const isHead = (rows[row]?.cells[0]?.localName ?? "td") === "th" && rows[row]?.cells.length === rows[row]?.querySelectorAll("th").length;
    const added = emptyCell(isHead ? "th" : "td");
    rows[row]?.insertBefore(added, before ?? null);
    first ??= added;
  }
  return first ?? cell;
}

function removeRow({ table, rows, grid, row }: Place): Element | null {
  const { shorter, moved } = withoutRow(grid, row);
  for (const one of shorter) one.rowSpan -= 1;
  for (const [one, before] of moved) rows[row + 1]?.insertBefore(one, before ?? null);
  rows[row]?.remove();
  return (rows[row + 1] ?? rows[row - 1])?.querySelector("td, th") ?? table.querySelector("td, th");
}

function removeColumn({ table, grid, row, column }: Place): Element | null {
  const { gone, narrower } = withoutColumn(grid, column);
  for (const one of narrower) one.colSpan -= 1;
  for (const one of gone) one.remove();
  const near = grid[row]?.[column + 1] ?? grid[row]?.[column - 1];
  return near?.isConnected ? near : table.querySelector("td, th");
}

/** A table goes; the cursor stands in the line behind it. */
function removed(table: HTMLTableElement): Element | null {
  const line = document.createElement("div");
  line.append(document.createElement("br"));
  table.replaceWith(line);
  return line;
}
