// Where there is no room beside the page, a message fills the screen.

const query = matchMedia("(max-width: 719.98px)");

class Narrow {
  current = $state(query.matches);

  constructor() {
    query.addEventListener("change", () => {
      this.current = query.matches;
    });
  }
}

export const narrow = new Narrow();
