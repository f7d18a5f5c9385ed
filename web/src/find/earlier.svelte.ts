// What was searched in this browser, the last first; whoever logs out takes it along.

const KEPT = "correio.searched";
const LINES_MAX = 20;

class Earlier {
  lines = $state.raw<readonly string[]>((localStorage.getItem(KEPT) ?? "").split("\n").filter(Boolean));

  note(line: string): void {
    const known = line.trim().replace(/\s+/g, " ");
    if (known === "") return;
    this.lines = [known, ...this.lines.filter((one) => one !== known)].slice(0, LINES_MAX);
    localStorage.setItem(KEPT, this.lines.join("\n"));
  }
}

export const earlier = new Earlier();
