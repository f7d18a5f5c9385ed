// How it looks, what it costs to load, and that any row is reached.
import { holds, row, rowWith } from "../browser.mjs";
import { accessible, button, dialog, host, ok, origin } from "./around.mjs";

/** How many octets a file takes, gzipped. */
async function octets(url) {
  const answer = await fetch(url, { headers: { "Accept-Encoding": "gzip" } });
  await answer.arrayBuffer();
  return Number(answer.headers.get("content-length"));
}

export async function budgets() {
  const context = await host.context({ keeps: true });
  const first = await context.newPage();
  await host.logIn(first);
  const page = await context.newPage();
  const asked = [];
  page.on("request", (request) => asked.push(new URL(request.url())));
  await page.goto(`${origin}/m/`);
  await row(page, 0).waitFor();
  const calls = asked.filter((url) => url.pathname.startsWith("/jmap/") && !url.pathname.endsWith("eventsource"));
  const before = asked.slice(0, asked.indexOf(calls.at(-1)) + 1);
  holds("requests before the list", calls.length <= 3, calls.map((url) => url.pathname).join(" "));
  let [script, language, style] = [0, 0, 0];
  for (const url of new Set(before.map(String))) {
    if (/\/assets\/(en|pt-..|plural)-/.test(url)) language += await octets(url);
    else if (url.endsWith(".js")) script += await octets(url);
    else if (url.endsWith(".css")) style += await octets(url);
  }
  holds("JavaScript", script > 10_000 && script <= 45_000, `${script} octets`);
  holds("style", style > 1000 && style <= 8000, `${style} octets`);
  holds("language", language > 1000 && language <= 6000, `${language} octets`);
  await context.close();
  ok(`first load: ${script} octets of JavaScript, ${style} of style, ${language} of words, ${calls.length} requests to JMAP`);
}

export async function moves(page) {
  const count = async () => await page.getByRole("row").count();
  holds("rows in the page", (await count()) <= 60);
  const grid = page.getByRole("grid");
  const total = Number(await grid.getAttribute("aria-rowcount"));
  await grid.focus();
  await page.keyboard.press("End");
  await row(page, total - 1).waitFor();
  holds("rows in the page", (await count()) <= 60);
  await grid.evaluate((element) => (element.scrollTop = element.scrollHeight / 2));
  await row(page, Math.round(total / 2)).waitFor();
  await page.keyboard.press("Home");
  await row(page, 0).waitFor();
  ok(`any of ${total} rows is reached, with at most 60 in the page`);
}

export async function looks(colorScheme) {
  const context = await host.context({ colorScheme });
  const page = await context.newPage();
  await host.logIn(page);
  await accessible(page, `list, ${colorScheme}`);
  await rowWith(page, "Obras na cozinha").getByText("Re: Obras").click();
  await page.frameLocator('iframe[title="Message from Rui Tavares"]').getByText("Conseguem").waitFor();
  await accessible(page, `reader, ${colorScheme}`);
  await button(page.getByRole("article").last(), "More actions").click();
  await page.getByRole("menu").waitFor();
  await accessible(page, `menu, ${colorScheme}`);
  await page.keyboard.press("Escape");
  await page.keyboard.press("?");
  await dialog(page, "Keyboard shortcuts").waitFor();
  await accessible(page, `keys, ${colorScheme}`);
  // One key right after the other, as people type who know them: what is closed must not close what comes then.
  await Promise.all([page.keyboard.press("Escape"), page.keyboard.press("v")]);
  await dialog(page, "Move to").getByRole("combobox").waitFor();
  await accessible(page, `dialog, ${colorScheme}`);
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Search mail" }).fill("garden");
  await page.locator("mark").first().waitFor();
  await accessible(page, `search, ${colorScheme}`);
  await page.goto(`${origin}/m/settings`);
  await page.getByRole("heading", { name: "Appearance" }).waitFor();
  await accessible(page, `settings, ${colorScheme}`);
  await page.setViewportSize({ width: 320, height: 640 });
  await page.goto(`${origin}/m/`);
  await row(page, 0).waitFor();
  holds("nothing is wider than a narrow screen", await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  await accessible(page, `phone, ${colorScheme}`);
  await context.close();
  ok(`axe finds nothing, ${colorScheme}`);
}

export async function installs(page, context) {
  const cdp = await context.newCDPSession(page);
  const { data, errors } = await cdp.send("Page.getAppManifest");
  holds("the manifest is read", errors.length === 0 && JSON.parse(data).name === "correio", JSON.stringify(errors));
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // Pages of tests are private ones, into which nothing is installed.
  const others = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  holds("the page can be installed", others.length === 0, JSON.stringify(others));
  ok("the page can be installed");
}
