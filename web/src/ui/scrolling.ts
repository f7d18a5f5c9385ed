// Which rows of a long list are seen. Browsers bound how high a page may be (Chromium: 33,554,428 px), so that a very long list has less
// height than its rows: a small step scrolls by as much, and a jump of the scroll bar goes to the same part of the list. Pure.

export const HEIGHT_MAX = 8_000_000;
const ROWS_MAX = 60;
const OVERSCAN = 6;
/** So many pixels from an end of a long list the page moves as the list does. */
const NEAR = 4000;

export interface Measures {
  rows: number;
  rowHeight: number;
  viewport: number;
}

export class Scrolling {
  #measures: Measures = { rows: 0, rowHeight: 1, viewport: 0 };
  /** What stands at the top of the viewport, in pixels of the whole list. */
  #top = 0;
  #scrollTop = 0;

  get top(): number {
    return this.#top;
  }

  /** Of all rows, if there were room. */
  get #full(): number {
    return this.#measures.rows * this.#measures.rowHeight;
  }

  /** What the page gives to the list. */
  get height(): number {
    return Math.min(this.#full, HEIGHT_MAX);
  }

  get #topMax(): number {
    return Math.max(0, this.#full - this.#measures.viewport);
  }

  get #scrollMax(): number {
    return Math.max(0, this.height - this.#measures.viewport);
  }

  get #isMapped(): boolean {
    return this.#full > HEIGHT_MAX;
  }

  /** Takes other measures; the row on top stays there. Gives where to scroll. */
  measure(measures: Measures): number {
    const first = this.#top / this.#measures.rowHeight;
    this.#measures = measures;
    return this.goTo(first * measures.rowHeight);
  }

  /** Somebody scrolled. Gives where the page has to be, if that is elsewhere. */
  scrolled(scrollTop: number): number {
    const step = scrollTop - this.#scrollTop;
    if (step === 0) return scrollTop;
    if (!this.#isMapped) return this.goTo(scrollTop);
    const isStep = Math.abs(step) <= this.#measures.viewport;
    const part = this.#scrollMax > 0 ? scrollTop / this.#scrollMax : 0;
    this.#top = bounded(isStep ? this.#top + step : part * this.#topMax, this.#topMax);
    this.#scrollTop = scrollTop;
    // At an end of the page that is none of the list there has to be room to go on.
    const isAtEnd = scrollTop <= 0 || scrollTop >= this.#scrollMax;
    return isAtEnd ? this.settled() : scrollTop;
  }

  /** Nobody scrolls any more: the scroll bar goes where it belongs. */
  settled(): number {
    return this.goTo(this.#top);
  }

  /** Brings a place to the top, in pixels of the whole list. Gives where to scroll. */
  goTo(top: number): number {
    this.#top = bounded(top, this.#topMax);
    this.#scrollTop = this.#isMapped ? this.#mapped() : this.#top;
    return this.#scrollTop;
  }

  /** Where the page belongs. Near the ends of the list there is as much room as it takes to get there. */
  #mapped(): number {
    const page = Math.round((this.#top / this.#topMax) * this.#scrollMax);
    const left = this.#topMax - this.#top;
    return Math.max(Math.min(this.#top, NEAR), Math.min(page, this.#scrollMax - Math.min(left, NEAR)));
  }

  /** The same for a row, if it is not seen wholly. */
  reveal(row: number): number {
    const { rowHeight, viewport } = this.#measures;
    const top = row * rowHeight;
    if (top < this.#top) return this.goTo(top);
    if (top + rowHeight > this.#top + viewport) return this.goTo(top + rowHeight - viewport);
    return this.#scrollTop;
  }

  /** The rows that are drawn, the last one included. */
  get drawn(): { first: number; last: number } {
    const { rows, rowHeight, viewport } = this.#measures;
    const first = Math.max(0, Math.floor(this.#top / rowHeight) - OVERSCAN);
    const last = Math.ceil((this.#top + viewport) / rowHeight) + OVERSCAN - 1;
    return { first, last: Math.min(rows - 1, last, first + ROWS_MAX - 1) };
  }

  /** The rows that are seen. */
  get seen(): { first: number; last: number } {
    const { rows, rowHeight, viewport } = this.#measures;
    const first = Math.floor(this.#top / rowHeight);
    return { first, last: Math.min(rows - 1, Math.ceil((this.#top + viewport) / rowHeight) - 1) };
  }

  /** Where a row stands in the page. */
  place(row: number): number {
    return this.#scrollTop + row * this.#measures.rowHeight - this.#top;
  }
}

function bounded(value: number, max: number): number {
  return Math.max(0, Math.min(value, max));
}
