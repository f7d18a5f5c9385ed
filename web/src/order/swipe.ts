// How far a row was wiped aside, and whether that is meant. Pure.

/** A finger that moves less may mean anything. */
const BEGINS_PX = 12;
/** From there on it is meant; of the width of the row, and never more than a thumb reaches. */
const MEANT = 0.3;
const MEANT_MAX_PX = 140;

export interface Point {
  x: number;
  y: number;
}

/** Where it goes: nowhere yet, up or down (which scrolls), or aside by so many pixels. */
export type Wiped = "undecided" | "scrolls" | { by: number; isMeant: boolean };

export function wiped(from: Point, to: Point, width: number): Wiped {
  const [x, y] = [to.x - from.x, to.y - from.y];
  if (Math.abs(x) < BEGINS_PX && Math.abs(y) < BEGINS_PX) return "undecided";
  if (Math.abs(y) >= Math.abs(x)) return "scrolls";
  return { by: x, isMeant: Math.abs(x) >= Math.min(width * MEANT, MEANT_MAX_PX) };
}
