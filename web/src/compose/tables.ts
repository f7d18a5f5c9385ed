// Rows and columns of a table: where each cell stands, and which cells change when a row or a column comes or goes. Pure: it takes anything that
// spans like a cell.

export interface Spanning {
  colSpan: number;
  rowSpan: number;
}

/** By row and column, the cell that covers that place. */
export type Grid<C> = (C | undefined)[][];

/** Beyond these a table is a hostile one; nobody writes that. */
export const ROWS_MAX = 200;
export const COLUMNS_MAX = 60;

/** Puts the cells of rows where browsers put them (HTML, "forming a table"). */
export function gridOf<C extends Spanning>(rows: readonly (readonly C[])[]): Grid<C> {
  const grid: Grid<C> = rows.slice(0, ROWS_MAX).map(() => []);
  rows.slice(0, ROWS_MAX).forEach((cells, row) => {
    let column = 0;
    for (const cell of cells) {
      while (grid[row]?.[column]) column += 1;
      if (column >= COLUMNS_MAX) break;
      const [down, across] = [Math.min(row + Math.max(1, cell.rowSpan), grid.length), Math.min(column + Math.max(1, cell.colSpan), COLUMNS_MAX)];
      for (let r = row; r < down; r += 1) {
        for (let c = column; c < across; c += 1) (grid[r] as (C | undefined)[])[c] ??= cell;
      }
    }
  });
  return grid;
}

export function placeOf<C>(grid: Grid<C>, cell: C): { row: number; column: number } | undefined {
  const row = grid.findIndex((cells) => cells.includes(cell));
  return row < 0 ? undefined : { row, column: grid[row]?.indexOf(cell) ?? 0 };
}

export const width = (grid: Grid<unknown>): number => Math.max(0, ...grid.map((cells) => cells.length));

/** Whether a cell begins at a place, and does not come there from the left or from above. */
const begins = <C>(grid: Grid<C>, row: number, column: number): boolean => {
  const cell = grid[row]?.[column];
  return cell !== undefined && grid[row]?.[column - 1] !== cell && grid[row - 1]?.[column] !== cell;
};

export interface NewColumn<C> {
  /** Those that reach over it grow by one. */
  wider: Set<C>;
  /** In each row that gets a cell, before which it stands; `undefined`: at its end. */
  cells: Map<number, C | undefined>;
}

/** A column comes, so that it is the one at this place. */
export function newColumn<C extends Spanning>(grid: Grid<C>, column: number): NewColumn<C> {
  const change: NewColumn<C> = { wider: new Set(), cells: new Map() };
  grid.forEach((cells, row) => {
    const [before, there] = [cells[column - 1], cells[column]];
    if (there !== undefined && there === before) change.wider.add(there);
    else change.cells.set(row, cells.slice(column).find((_, at) => begins(grid, row, column + at)));
  });
  return change;
}

/** A row comes, so that it is the one at this place: which cells reach over it, and for how many columns it has new ones. */
export function newRow<C extends Spanning>(grid: Grid<C>, row: number): { taller: Set<C>; count: number } {
  const taller = new Set<C>();
  let count = 0;
  for (let column = 0; column < width(grid); column += 1) {
    const there = grid[row]?.[column];
    if (there !== undefined && there === grid[row - 1]?.[column]) taller.add(there);
    else count += 1;
  }
  return { taller, count };
}

/** A column goes: which cells go with it, and which are one narrower. */
export function withoutColumn<C extends Spanning>(grid: Grid<C>, column: number): { gone: Set<C>; narrower: Set<C> } {
  const change = { gone: new Set<C>(), narrower: new Set<C>() };
  for (const cells of grid) {
    const there = cells[column];
    if (there === undefined) continue;
    if (cells[column - 1] === there || cells[column + 1] === there) change.narrower.add(there);
    else change.gone.add(there);
  }
  return change;
}

/** A row goes: those that begin above it are one shorter; those that begin in it and reach further stand in the next row, before those named. */
export function withoutRow<C extends Spanning>(grid: Grid<C>, row: number): { shorter: Set<C>; moved: Map<C, C | undefined> } {
  const change = { shorter: new Set<C>(), moved: new Map<C, C | undefined>() };
  (grid[row] ?? []).forEach((there, column) => {
    if (there === undefined || change.shorter.has(there)) return;
    const [isFromAbove, isFurther] = [grid[row - 1]?.[column] === there, grid[row + 1]?.[column] === there];
    if (isFromAbove || isFurther) change.shorter.add(there);
    if (!isFromAbove && isFurther) {
      const rest = grid[row + 1]?.slice(column) ?? [];
      change.moved.set(there, rest.find((cell, at) => cell !== there && begins(grid, row + 1, column + at)));
    }
  });
  return change;
}
