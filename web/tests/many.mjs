// A hundred thousand messages in Chromium, against a real host that this script starts: any row is as near as the first.
//   node web/tests/many.mjs PROGRAM
import { browser, holds, ok, row, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { fillPlain } from "./sample.mjs";

const MESSAGES = 100_000;
const ROWS_MAX = 60;
const [program] = process.argv.slice(2);
const running = await host(program, ["ana"]);
const { origin } = running;
const chromium = await browser(origin, "ana@example.org", PASSWORD);

/** The most rows that were in the page at any time. */
async function watchRows(page) {
  await page.evaluate(() => {
    globalThis.rowsMost = 0;
    const count = () => (globalThis.rowsMost = Math.max(globalThis.rowsMost, document.querySelectorAll("[role=row]").length));
    new MutationObserver(count).observe(document.querySelector("[role=grid]"), { childList: true, subtree: true });
    count();
  });
}

/** Scrolls to a row of so many, and waits until it is there. */
async function jump(page, number) {
  const began_ms = Date.now();
  await page.getByRole("grid").evaluate((grid, part) => (grid.scrollTop = part * grid.scrollHeight), (number - 1) / MESSAGES);
  await row(page, number - 1).waitFor();
  return Date.now() - began_ms;
}

try {
  await fillPlain(origin, "ana@example.org", PASSWORD, MESSAGES);
  const context = await chromium.context();
  const page = await context.newPage();
  await chromium.logIn(page);
  const grid = page.getByRole("grid");
  await until("all are counted", () => grid.getAttribute("aria-rowcount"), String(MESSAGES));
  await watchRows(page);
  const took_ms = await jump(page, 73_214);
  // The newest is number 1, so that each row says which it is.
  holds("it is that row", (await row(page, 73_213).innerText()).includes(" 73214"), await row(page, 73_213).innerText());
  await row(page, 73_213).click();
  await page.frameLocator("iframe.body").getByText("Number 73214.").waitFor();
  await page.keyboard.press("u");
  for (const number of [1, 99_990, 50_000, 12_345, 73_214]) await jump(page, number);
  await grid.focus();
  await page.keyboard.press("End");
  await row(page, MESSAGES - 1).getByText(` ${MESSAGES}`).first().waitFor();
  await page.keyboard.press("Home");
  await row(page, 0).waitFor();
  const most = await page.evaluate(() => globalThis.rowsMost);
  holds("rows in the page", most > 5 && most <= ROWS_MAX, String(most));
  ok(`row 73,214 of 100,000 is there after ${took_ms} ms, with at most ${most} rows in the page at any time`);
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  process.stdout.write("a hundred thousand messages are no more than a hundred\n");
} finally {
  await chromium.close();
  await running.remove();
}
