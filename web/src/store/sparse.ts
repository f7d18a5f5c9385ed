// A list of which only some places are known, such as a window of 50 of a million. Pure: it knows no host and no screen.

export class Sparse {
  readonly #ids = new Map<number, string>();
  readonly #places = new Map<string, number>();

  get size(): number {
    return this.#ids.size;
  }

  at(place: number): string | undefined {
    return this.#ids.get(place);
  }

  placeOf(id: string): number | undefined {
    return this.#places.get(id);
  }

  /** Says what stands from a place on. What stood there before, or has these ids elsewhere, is forgotten. */
  put(from: number, ids: readonly string[]): void {
    for (const [offset, id] of ids.entries()) {
      const place = from + offset;
      const old = this.#ids.get(place);
      if (old !== undefined) this.#places.delete(old);
      const elsewhere = this.#places.get(id);
      if (elsewhere !== undefined) this.#ids.delete(elsewhere);
      this.#ids.set(place, id);
      this.#places.set(id, place);
    }
  }

  /** Takes ids away; what is behind each moves up by one. Gives how many were known. */
  remove(gone: Iterable<string>): number {
    const places = [...gone].map((id) => this.#places.get(id)).filter((place) => place !== undefined);
    if (places.length === 0) return 0;
    places.sort((a, b) => a - b);
    const taken = new Set(places);
    const left = [...this.#ids].filter(([place]) => !taken.has(place)).sort(([a], [b]) => a - b);
    this.clear();
    let before = 0;
    for (const [place, id] of left) {
      while (before < places.length && (places[before] ?? 0) < place) before += 1;
      this.#ids.set(place - before, id);
      this.#places.set(id, place - before);
    }
    return places.length;
  }

  /** Forgets all that is not in these places. */
  keep(first: number, last: number): void {
    for (const [place, id] of this.#ids) {
      if (place < first || place > last) {
        this.#ids.delete(place);
        this.#places.delete(id);
      }
    }
  }

  clear(): void {
    this.#ids.clear();
    this.#places.clear();
  }

  /** The first run of places that are not known, between two places, both included. */
  missing(first: number, last: number): { from: number; to: number } | undefined {
    let from = first;
    while (from <= last && this.#ids.has(from)) from += 1;
    let to = last;
    while (to >= from && this.#ids.has(to)) to -= 1;
    return from <= to ? { from, to } : undefined;
  }
}
