// The webmail in Chromium, against a real host with some thousand messages: what people do with it, found by the names that they read.
//   node web/tests/webmail.mjs ORIGIN USER PASSWORD [MESSAGES]
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { browser, holds, row, rowWith, until } from "./browser.mjs";
import { fill, jmap } from "./sample.mjs";

const [origin, user, password, messages = "2000"] = process.argv.slice(2);
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const client = jmap(origin, user, password);
const host = await browser(origin, user, password);
const began_ms = Date.now();
const ok = (what) => process.stdout.write(`ok after ${Math.round((Date.now() - began_ms) / 1000)} s: ${what}\n`);

const dialog = (page, name) => page.getByRole("dialog", { name });
const button = (where, name) => where.getByRole("button", { name, exact: false });
const toolbar = (page, pane) => page.locator(pane).getByRole("toolbar");
const toast = (page, text) => page.getByRole("status").locator("> *").filter({ hasText: text });

async function mailbox(role) {
  const { list } = await client.call("Mailbox/get", { ids: null });
  return list.find((one) => one.role === role);
}

const inbox = async () => await mailbox("inbox");

async function placesOf(subject) {
  const { ids } = await client.call("Email/query", { filter: { subject: `"${subject}"` } });
  const { list } = await client.call("Email/get", { ids, properties: ["mailboxIds", "keywords"] });
  return list;
}

/** No violation of WCAG that can be found by a program. */
async function accessible(page, what) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { iframes: false, resultTypes: ["violations"] }));
  const said = found.violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).slice(0, 3).join(" | ")}`);
  holds(`axe, ${what}:`, said.length === 0, said.join("\n"));
}

/** How many octets a file takes, gzipped. */
async function octets(url) {
  const answer = await fetch(url, { headers: { "Accept-Encoding": "gzip" } });
  await answer.arrayBuffer();
  return Number(answer.headers.get("content-length"));
}

async function budgets() {
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

/** Whoever only looks asks for nothing. */
async function quiet(page, what) {
  await page.waitForTimeout(700);
  const asked = [];
  const note = (request) => asked.push(`${request.url()} ${(request.postData() ?? "").slice(-200)}`);
  page.on("request", note);
  await page.waitForTimeout(800);
  page.off("request", note);
  holds(`nothing is asked for, ${what}:`, asked.length === 0, asked.slice(0, 3).join("\n"));
}

async function moves(page) {
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

async function reads(page) {
  await rowWith(page, "Obras na cozinha").getByText("Re: Obras").click();
  await page.getByRole("heading", { name: "Obras na cozinha: orçamento", level: 2 }).waitFor();
  const messages = page.getByRole("article");
  await until("messages of the conversation", () => messages.count(), 3);
  const body = page.frameLocator('iframe[title="Message from Rui Tavares"]');
  await body.getByText("Conseguem começar antes do dia 12?").waitFor();
  await until("what was read is marked so", async () => (await placesOf("Obras na cozinha")).every((email) => email.keywords.$seen), true);
  await button(messages.first(), "Marta Nogueira").click();
  await messages.first().getByRole("link", { name: "Download planta.png" }).waitFor();
  await button(messages.first(), "View or").click();
  const shown = dialog(page, "or").locator("iframe");
  holds("PDF comes from the host", (await shown.getAttribute("src")).startsWith(`${origin}/jmap/download/`));
  await button(page, "Next attachment").click();
  await dialog(page, "planta.png").getByRole("img", { name: "planta.png" }).waitFor();
  await page.keyboard.press("Escape");
  await button(messages.first(), "Details").click();
  await messages.first().getByText("marta@oficina.example").waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  await body.getByText("Conseguem").waitFor();
  await page.emulateMedia({ colorScheme: "light" });
  await quiet(page, "a conversation is read");
  // Keys work in the frame as well.
  await body.getByText("Conseguem").click();
  await page.keyboard.press("j");
  await page.getByRole("heading", { name: "Rye is back, and a class on Saturday", level: 2 }).waitFor();
  await button(page, "Show pictures").waitFor();
  await page.keyboard.press("u");
  await page.getByText("No message is open").waitFor();
  ok("a conversation is read, with attachments, and keys work in bodies");
}

/** A message that is not what it says. */
function odd() {
  const html = `<p>Your account is closed.</p><a href="https://evil.invalid/x">https://bank.example/login</a> <a href="https://bank.example/">bank.example</a>
    <img src="${origin}/assets/none.png" width="9" height="9" alt=""><div class="gmail_quote">On Monday you wrote:<blockquote type="cite">what was quoted</blockquote></div>`;
  const fields = ['From: "service@bank.example" <x@evil.invalid>', `To: ${user}`, "Subject: Your account", "List-Unsubscribe: <mailto:leave@evil.invalid?subject=leave%20me>"];
  const part = (type, text, more = []) => ["--b", `Content-Type: ${type}`, ...more, "", text];
  const file = part('text/plain; charset=iso-8859-1; name="notes.txt"', "what the file says: ol=E9", ["Content-Disposition: attachment; filename=notes.txt", "Content-Transfer-Encoding: quoted-printable"]);
  return [...fields, "MIME-Version: 1.0", "Content-Type: multipart/mixed; boundary=b", "", ...part("text/html", html), ...file, "--b--", ""].join("\r\n");
}

async function doubts(page) {
  const blobId = await client.upload(odd(), "message/rfc822");
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
  await rowWith(page, "Your account").getByText("Your account", { exact: true }).click();
  const note = page.getByRole("note", { name: "Be careful" });
  await note.getByText("The name says service@bank.example, but the message says that it comes from x@evil.invalid.").waitFor();
  await note.getByText("A link says bank.example, but leads to evil.invalid.").waitFor();
  await accessible(page, "doubts");
  const body = page.frameLocator("iframe.body");
  await body.getByText("what was quoted").waitFor({ state: "hidden" });
  await body.getByRole("button", { name: "Show quoted text" }).click();
  await body.getByText("what was quoted").waitFor();
  await button(page, "View notes.txt").click();
  await dialog(page, "notes.txt").getByText("what the file says: olé").waitFor();
  await accessible(page, "preview");
  await page.keyboard.press("Escape");
  await button(page, "Always from x@evil.invalid").click();
  await toast(page, "Pictures from x@evil.invalid are always shown now").waitFor();
  await page.reload();
  await body.getByText("Your account is closed").waitFor();
  await until("pictures are shown", async () => await body.locator("img").getAttribute("src"), `${origin}/assets/none.png`);
  holds("nothing is said of pictures", (await page.getByRole("button", { name: "Show pictures" }).count()) === 0);
  await button(page.getByRole("article"), "More actions").click();
  await page.getByRole("menuitem", { name: "Stop showing pictures" }).click();
  await button(page, "Show pictures").waitFor();
  await page.getByRole("button", { name: "Unsubscribe" }).click();
  await button(dialog(page, "Leave this mailing list?"), "Write the message").click();
  const composer = page.getByRole("dialog").filter({ has: page.getByLabel("Subject") });
  await until("the subject is that of the list", async () => await composer.getByLabel("Subject").inputValue(), "leave me");
  await composer.getByText("leave@evil.invalid").first().waitFor();
  await button(composer, "Delete draft").click();
  ok("odd senders, links and pictures are said, lists are left, quotes fold, attached texts are shown");
}

async function alone(page, context) {
  await rowWith(page, "Rye is back").getByText("Rye is back").click();
  await page.getByRole("heading", { name: "Rye is back", level: 2 }).waitFor();
  await page.emulateMedia({ colorScheme: "dark" });
  await button(page.getByRole("article"), "More actions").click();
  await page.getByRole("menuitem", { name: "Show on a dark ground" }).click();
  // Bodies need no login: what the frame shows can be asked for beside it.
  const filter = async () => {
    const answer = await fetch(await page.locator("iframe.body.dark").getAttribute("src"));
    return (await answer.text()).includes("filter: invert(");
  };
  await until("it is turned around", filter, true);
  await accessible(page, "darkened");
  await page.evaluate(() => (globalThis.print = () => (globalThis.printed = document.documentElement.dataset.theme)));
  await button(toolbar(page, ".reader-pane"), "More actions").click();
  await page.getByRole("menuitem", { name: "Print conversation" }).click();
  await until("paper is white", async () => await page.evaluate(() => globalThis.printed), "light");
  await until("and then it is dark again", filter, true);
  await page.emulateMedia({ media: "print" });
  const isOnPaper = async (name) => await page.locator(name).isVisible();
  const onPaper = { list: await isOnPaper(".list-pane"), actions: await isOnPaper(".reader-head"), message: await isOnPaper("iframe.body") };
  holds("on paper is the message alone", JSON.stringify(onPaper) === '{"list":false,"actions":false,"message":true}', JSON.stringify(onPaper));
  await page.emulateMedia({ media: null });
  await page.emulateMedia({ colorScheme: "light" });
  const opened = context.waitForEvent("page");
  await button(toolbar(page, ".reader-pane"), "More actions").click();
  await page.getByRole("menuitem", { name: "Open in a new tab" }).click();
  const tab = await opened;
  await tab.getByRole("heading", { name: "Rye is back", level: 2 }).waitFor();
  holds("the list is not there", !(await tab.getByRole("grid").isVisible()));
  await accessible(tab, "a tab of its own");
  await button(toolbar(tab, ".reader-pane"), "Archive").click();
  await rowWith(page, "Rye is back").waitFor({ state: "detached" });
  await button(toast(tab, "1 message archived"), "Undo").click();
  await rowWith(page, "Rye is back").waitFor();
  await tab.goBack();
  await tab.getByRole("heading", { name: "Rye is back", level: 2 }).waitFor();
  const closed = tab.waitForEvent("close");
  await button(toolbar(tab, ".reader-pane"), "More actions").click();
  await tab.getByRole("menuitem", { name: "Close this tab" }).click();
  await closed;
  ok("a conversation is printed, turned dark, and has a tab of its own");
}

async function acts(page) {
  await rowWith(page, "Lunch on Friday?").getByText("Lunch on Friday?").click();
  await button(toolbar(page, ".reader-pane"), "Archive").click();
  await rowWith(page, "Lunch on Friday?").waitFor({ state: "detached" });
  const archive = (await mailbox("archive")).id;
  await until("it is in the archive", async () => Object.keys((await placesOf("Lunch on Friday"))[0].mailboxIds), [archive]);
  await button(toast(page, "1 message archived"), "Undo").click();
  await rowWith(page, "Lunch on Friday?").waitFor();
  await until("it is back", async () => Object.keys((await placesOf("Lunch on Friday"))[0].mailboxIds), [(await inbox()).id]);
  await page.getByRole("grid").focus();
  await page.keyboard.press("Control+Shift+z");
  await rowWith(page, "Lunch on Friday?").waitFor({ state: "detached" });
  await page.keyboard.press("z");
  await rowWith(page, "Lunch on Friday?").waitFor();
  await button(rowWith(page, "Lunch on Friday?"), "Star").click();
  await until("it has a star", async () => (await placesOf("Lunch on Friday"))[0].keywords.$flagged, true);
  await page.keyboard.press("z");
  await until("it has none", async () => (await placesOf("Lunch on Friday"))[0].keywords.$flagged, undefined);
  ok("archive and star, undone and done again, by buttons and keys");
}

async function chooses(page) {
  const unread = (await inbox()).unreadEmails;
  await page.getByRole("checkbox", { name: "Select all on this page" }).click();
  await until("chosen", async () => await page.locator(".chosen-count").innerText(), "50 selected");
  await button(page, "Select all ").click();
  await button(toolbar(page, ".list-pane"), "Mark as read").click();
  await button(dialog(page, "Mark as read"), "Yes").click();
  await toast(page, "marked as read").waitFor();
  await until("none is unread", async () => (await inbox()).unreadEmails, 0);
  await button(toast(page, "marked as read"), "Undo").click();
  await until("as many are unread as before", async () => (await inbox()).unreadEmails, unread);
  for (const text of ["Fotografias do fim de semana", "Recibo n.º"]) await rowWith(page, text).getByRole("checkbox").click();
  await button(toolbar(page, ".list-pane"), "Move to").click();
  await dialog(page, "Move to").getByRole("combobox").fill("viag");
  await page.keyboard.press("Enter");
  await toast(page, "2 messages moved to Viagens").waitFor();
  await page.getByRole("link", { name: "Viagens" }).click();
  await until("rows", async () => await page.getByRole("grid").getAttribute("aria-rowcount"), "2");
  await button(toast(page, "moved to Viagens"), "Undo").click();
  await page.getByText("Nothing here").waitFor();
  await page.getByRole("link", { name: "Inbox" }).click();
  await rowWith(page, "Recibo n.º").waitFor();
  ok(`everything that the list holds is marked as read and undone (${unread} unread), and some are moved`);
}

async function destroys(page) {
  await page.getByRole("grid").focus();
  await rowWith(page, "A room with a view").getByRole("checkbox").click();
  await page.keyboard.press("#");
  await toast(page, "1 message moved to Trash").waitFor();
  await page.getByRole("link", { name: "Trash" }).click();
  await rowWith(page, "A room with a view").getByText("A room").click();
  await button(toolbar(page, ".reader-pane"), "Delete for good").click();
  await button(dialog(page, "Delete for good"), "Yes").click();
  await until("it is gone", async () => (await placesOf("A room with a view")).length, 0);
  await button(toast(page, "deleted for good"), "Undo").click();
  await until("it is back", async () => (await placesOf("A room with a view")).length, 1);
  await page.getByRole("link", { name: "Inbox" }).click();
  ok("what is deleted for good comes back");
}

async function searches(page) {
  const field = page.getByRole("combobox", { name: "Search mail" });
  await page.getByRole("grid").focus();
  await page.keyboard.press("/");
  await page.keyboard.type("de:rui é:estrela");
  await page.getByRole("heading", { name: "Results for de:rui é:estrela" }).waitFor();
  await until("hits", async () => await page.getByRole("grid").getAttribute("aria-rowcount"), "1");
  await field.fill('cozinha -subject:"nada"');
  await page.keyboard.press("Enter");
  await rowWith(page, "Obras na cozinha").locator("mark").first().waitFor();
  await page.reload();
  await rowWith(page, "Obras na cozinha").waitFor();
  await field.fill("xyzzy");
  await page.getByText("Nothing found").waitFor();
  await button(page, "Clear search").click();
  await rowWith(page, "Obras na cozinha").waitFor();
  ok("search by operators in two languages, with hits marked, kept by its address");
}

async function finds(page) {
  const field = page.getByRole("combobox", { name: "Search mail" });
  const suggestions = page.getByRole("listbox", { name: "Suggestions" });
  await field.fill("ru");
  await suggestions.getByRole("option", { name: "Rui Tavares" }).waitFor();
  await accessible(page, "suggestions");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Results for from:rui.tavares@example.net" }).waitFor();
  await suggestions.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Unread", exact: true }).click();
  await page.getByRole("heading", { name: "Results for from:rui.tavares@example.net is:unread" }).waitFor();
  await button(page, "Save search").click();
  const save = dialog(page, "Save this search");
  await save.getByLabel("Name").fill("Rui, unread");
  await button(save, "Save search").click();
  const saved = page.getByRole("link", { name: "Rui, unread" });
  await saved.waitFor();
  await button(page, "Remove from:rui").click();
  await page.getByRole("heading", { name: "Results for is:unread", exact: true }).waitFor();
  await saved.click();
  await page.getByRole("heading", { name: "Results for from:rui.tavares@example.net is:unread" }).waitFor();
  await accessible(page, "chips");
  await button(page, "Search Rui, unread: menu").click();
  await page.getByRole("menuitem", { name: "Delete search" }).click();
  await saved.waitFor({ state: "detached" });
  await button(toast(page, "Search Rui, unread deleted"), "Undo").click();
  await saved.waitFor();
  await field.fill("in:proj");
  await suggestions.getByRole("option", { name: "Projetos" }).click();
  await page.getByRole("heading", { name: "Results for in:Projetos" }).waitFor();
  await button(page, "Clear search").click();
  await rowWith(page, "Obras na cozinha").waitFor();
  await page.keyboard.press("Escape");
  ok("people, folders and earlier searches are suggested; chips narrow a search, and it is kept under a name");
}

async function folders(page) {
  await button(page, "New folder").click();
  await dialog(page, "New folder").getByLabel("Name").fill("Receitas");
  await button(dialog(page, "New folder"), "New folder").click();
  await page.getByRole("heading", { name: "Receitas", level: 1 }).waitFor();
  await button(page, "Folder Receitas: menu").click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  const rename = dialog(page, "Rename Receitas");
  await rename.getByLabel("Name").fill("Casa");
  await button(rename, "Rename").click();
  await rename.getByRole("alert").filter({ hasText: "there is one of this name already" }).waitFor();
  await rename.getByLabel("Name").fill("Sopas");
  await button(rename, "Rename").click();
  await page.getByRole("link", { name: "Sopas" }).waitFor();
  await button(page, "Folder Sopas: menu").click();
  await page.getByRole("menuitem", { name: "Move folder" }).click();
  await dialog(page, "Move Sopas to").getByRole("option", { name: "Projetos", exact: true }).click();
  await toast(page, "Sopas moved").waitFor();
  await button(page, "Hide folders in Projetos").click();
  await page.getByRole("link", { name: "Sopas" }).waitFor({ state: "detached" });
  await button(page, "Show folders in Projetos").click();
  await button(page, "Folder Sopas: menu").click();
  await page.getByRole("menuitem", { name: "Delete folder" }).click();
  await button(dialog(page, "Delete Sopas?"), "Delete folder").click();
  await page.getByRole("link", { name: "Sopas" }).waitFor({ state: "detached" });
  ok("folders are made, renamed, moved and deleted, and a name that is taken is said");
}

async function installs(page, context) {
  const cdp = await context.newCDPSession(page);
  const { data, errors } = await cdp.send("Page.getAppManifest");
  holds("the manifest is read", errors.length === 0 && JSON.parse(data).name === "correio", JSON.stringify(errors));
  const { installabilityErrors } = await cdp.send("Page.getInstallabilityErrors");
  // Pages of tests are private ones, into which nothing is installed.
  const others = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
  holds("the page can be installed", others.length === 0, JSON.stringify(others));
  ok("the page can be installed");
}

async function orders(page) {
  const casa = (await client.call("Mailbox/get", { ids: null })).list.find((one) => one.name === "Casa");
  await rowWith(page, "Lunch on Friday?").dragTo(page.getByRole("link", { name: "Casa" }));
  await until("it was dragged there", async () => Object.keys((await placesOf("Lunch on Friday"))[0].mailboxIds), [casa.id]);
  await button(toast(page, "1 message moved to Casa"), "Undo").click();
  await rowWith(page, "Lunch on Friday?").waitFor();
  await page.getByRole("link", { name: "Viagens" }).dragTo(page.getByRole("link", { name: "Projetos" }));
  await button(toast(page, "Viagens moved"), "Undo").click();
  await toast(page, "Undone: Viagens moved").waitFor();
  await button(page, "Folder Casa: menu").click();
  await page.getByRole("menuitem", { name: "Colour…" }).click();
  await dialog(page, "Colour of Casa").getByLabel("Violet").check();
  await accessible(page, "colours");
  await page.keyboard.press("Escape");
  await until("it is kept", async () => (await client.call("Preferences/get", { ids: null })).list[0].values["webmail.colours"], { [casa.id]: 2 });
  await page.getByRole("grid").focus();
  await page.keyboard.press("Control+k");
  await accessible(page, "palette");
  await page.keyboard.type("go via");
  await dialog(page, "Find a command").getByRole("option", { name: "Go to Viagens", selected: true }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Viagens", level: 1 }).waitFor();
  await page.getByRole("link", { name: "Inbox" }).click();
  await rowWith(page, "Lunch on Friday?").waitFor();
  ok("rows and folders are dragged, folders have colours, and commands are found by their names");
}

async function wipes() {
  const context = await host.context({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await host.logIn(page);
  const cdp = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
  const { y, height } = await rowWith(page, "Slides for Thursday").boundingBox();
  await touch("touchStart", { x: 120, y: y + height / 2 });
  for (let x = 130; x <= 320; x += 10) await touch("touchMove", { x, y: y + height / 2 });
  await until("it says what it does", async () => await rowWith(page, "Slides for Thursday").getAttribute("data-said"), "Archive");
  await touch("touchEnd");
  await button(toast(page, "2 messages archived"), "Undo").click();
  await rowWith(page, "Slides for Thursday").waitFor();
  await context.close();
  ok("a row that is wiped aside is archived, and comes back");
}

async function live(page) {
  const mail = `From: Rui <rui@example.net>\r\nTo: ${user}\r\nSubject: Acabou de chegar\r\n\r\nOlá!\r\n`;
  const blobId = await client.upload(mail, "message/rfc822");
  const began = Date.now();
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
  await rowWith(page, "Acabou de chegar").waitFor();
  const took_ms = Date.now() - began;
  holds("news shows soon", took_ms < 5000, `${took_ms} ms`);
  ok(`what others change shows by itself (${took_ms} ms)`);
}

/** Brings a message into the inbox as if it had come. */
async function comes(subject) {
  const blobId = await client.upload(`From: "Rui <b>" <rui@example.net>\r\nTo: ${user}\r\nSubject: ${subject}\r\n\r\nOlá!\r\n`, "message/rfc822");
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
}

async function notifies() {
  const context = await host.context();
  const page = await context.newPage();
  // What the desktop would show, of somebody who allows it and looks elsewhere.
  await page.addInitScript(() => {
    const told = [];
    globalThis.told = told;
    globalThis.Notification = class {
      static permission = "default";
      static requestPermission = async () => (this.permission = "granted");
      constructor(title, { body }) {
        told.push(`${title}: ${body}`);
        globalThis.shown = this;
      }
      close() {}
    };
    document.hasFocus = () => false;
  });
  await host.logIn(page);
  await page.goto(`${origin}/m/settings`);
  await button(page, "Tell me of new messages").click();
  await page.getByLabel("Inbox", { exact: true }).waitFor();
  await accessible(page, "notifications");
  await comes("Bom dia");
  await until("it is told", () => page.evaluate(() => globalThis.told), ["Rui <b>: Bom dia"]);
  await page.evaluate(() => globalThis.shown.onclick());
  await page.getByRole("heading", { name: "Bom dia", level: 2 }).waitFor();
  await button(page, "Account").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByLabel("Inbox", { exact: true }).uncheck();
  await page.getByLabel("Casa", { exact: true }).check();
  const casa = (await client.call("Mailbox/get", { ids: null })).list.find((one) => one.name === "Casa");
  await until("it is kept", async () => (await client.call("Preferences/get", { ids: null })).list[0].values["webmail.notifies"], [casa.id]);
  await button(page, "Do not tell me any more").click();
  await button(page, "Tell me of new messages").waitFor();
  await context.close();
  ok("news is told on the desktop, of the folders that were chosen, and leads to the message");
}

/** What is text stays text, wherever mail is shown. */
async function hostile(page) {
  const bad = "<img src=x onerror=document.title='hit'>\"><script>document.title='hit'</script>";
  const boundary = "b";
  const mail = [
    `From: "${bad.replaceAll('"', "")}" <x@example.net>`,
    `To: ${user}`,
    `Subject: hostile ${bad}`,
    `Content-Type: multipart/mixed; boundary=${boundary}`,
    "",
    `--${boundary}`,
    "Content-Type: text/html",
    "",
    `<p>hostile ${bad}</p><img src="https://tracker.invalid/a.png"><link rel=stylesheet href="https://tracker.invalid/a.css">`,
    `--${boundary}`,
    `Content-Type: application/pdf; name="${bad.replaceAll('"', "'")}.pdf"`,
    "Content-Disposition: attachment",
    "",
    "x",
    `--${boundary}--`,
    "",
  ].join("\r\n");
  const blobId = await client.upload(mail, "message/rfc822");
  await client.call("Email/import", { emails: { a: { blobId, mailboxIds: { [(await inbox()).id]: true } } } });
  await rowWith(page, "hostile").getByText("hostile <img src=x").click();
  await page.getByRole("heading", { name: "hostile <img src=x onerror=", level: 2 }).waitFor();
  await page.frameLocator("iframe.body").getByText("hostile").first().waitFor();
  await button(page.getByRole("article"), "More actions").click();
  await page.getByRole("menuitem", { name: "Show source" }).click();
  await dialog(page, "Show source").getByText("tracker.invalid/a.png").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("combobox", { name: "Search mail" }).fill("hostile");
  await page.keyboard.press("Enter");
  await rowWith(page, "hostile").locator("mark").first().waitFor();
  await button(page, "Clear search").click();
  await row(page, 0).waitFor();
  // A body that is made to keep whoever looks for its quotes busy.
  const many = `x${"<blockquote type=cite></blockquote>".repeat(40_000)}<p>the end of it</p>`;
  const large = await client.upload(`From: x@example.net\r\nTo: ${user}\r\nSubject: busy\r\nContent-Type: text/html\r\n\r\n${many.replaceAll("><", ">\r\n<")}\r\n`, "message/rfc822");
  await client.call("Email/import", { emails: { a: { blobId: large, mailboxIds: { [(await inbox()).id]: true } } } });
  await rowWith(page, "busy").getByText("busy").click();
  await page.frameLocator("iframe.body").getByText("the end of it").waitFor();
  holds("nothing ran", !(await page.title()).includes("hit"));
  holds("nothing asked for what lies elsewhere", host.strangers.length === 0, host.strangers.join(" "));
  ok("hostile names, subjects, file names, bodies, snippets and sources are text");
}

async function settings(page) {
  await button(page, "Account").click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByLabel("Language").selectOption("pt-PT");
  await page.getByRole("heading", { name: "Definições" }).waitFor();
  await page.getByLabel("Compacta").check();
  await until("it is kept", async () => (await client.call("Preferences/get", { ids: null })).list[0].values["webmail.density"], "compact");
  await page.reload();
  await page.getByRole("heading", { name: "Definições" }).waitFor();
  holds("it is as it was left", await page.getByLabel("Compacta").isChecked());
  await page.getByLabel("Língua").selectOption("en");
  await page.getByLabel("Comfortable").check();
  await page.getByLabel("Group messages into conversations").uncheck();
  await page.getByRole("link", { name: "Inbox" }).click();
  await rowWith(page, "Slides for Thursday").waitFor();
  await until("flat rows", async () => await page.getByRole("row").filter({ hasText: "Slides for Thursday" }).count(), 2);
  await rowWith(page, "Re: Slides for Thursday").getByText("Re: Slides").click();
  await until("one message", async () => await page.getByRole("article").count(), 1);
  await client.call("Preferences/set", { update: { singleton: { "values/webmail.conversations": true } } });
  await until("another browser's choice shows", async () => await page.getByRole("row").filter({ hasText: "Slides for Thursday" }).count(), 1);
  await quiet(page, "settings changed");
  ok("settings count at once, are kept on the host, and come from other browsers");
}

async function loginEnds(page) {
  await rowWith(page, "Lunch on Friday?").getByRole("checkbox").click();
  await quiet(page, "a row is chosen");
  await page.evaluate(async () => {
    await fetch("/auth/logout", { method: "POST", headers: { "X-Correio-CSRF": "1" } });
  });
  await page.keyboard.press("e");
  const again = dialog(page, "Log in again");
  await again.getByLabel("Password").fill("wrong");
  await page.keyboard.press("Enter");
  await again.getByRole("alert").filter({ hasText: "not right" }).waitFor();
  await again.getByLabel("Password").fill(password);
  await page.keyboard.press("Enter");
  await toast(page, "1 message archived").waitFor();
  await page.getByRole("grid").focus();
  await page.keyboard.press("z");
  await rowWith(page, "Lunch on Friday?").waitFor();
  ok("a login that ends is renewed in place, and what was asked is done");
}

async function offline(page, context) {
  await context.setOffline(true);
  await page.getByRole("link", { name: "Casa" }).click();
  await page.getByText("The messages could not be loaded").waitFor();
  await page.getByText("The host cannot be reached. What you see may be old.").waitFor();
  await accessible(page, "offline");
  await context.setOffline(false);
  // The browser says that there is a network again, and what failed is asked for anew.
  await page.getByText("Nothing here").waitFor();
  await page.getByText("What you see may be old.").waitFor({ state: "detached" });
  ok("a host that is away is said, and comes back");
}

async function looks(colorScheme) {
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

try {
  const imported = await fill(origin, user, password, Number(messages));
  ok(`${imported} messages`);
  await looks("light");
  await looks("dark");
  await budgets();
  const context = await host.context();
  const page = await context.newPage();
  await host.logIn(page);
  const parts = [installs, moves, reads, doubts, alone, acts, chooses, destroys, searches, finds, folders, orders, wipes, notifies, live, hostile, settings, loginEnds, offline];
  try {
    for (const part of parts) await part(page, context);
  } catch (error) {
    // What was to be seen then; the name is said with the error.
    const picture = join(tmpdir(), `webmail-${process.pid}.png`);
    await page.screenshot({ path: picture });
    throw new Error(`${picture} ${host.faults.join(" ")}`, { cause: error });
  }
  holds("the page reports no faults", host.faults.length === 0, host.faults.join("\n"));
  holds("nothing went to other hosts", host.strangers.length === 0, host.strangers.join(" "));
  process.stdout.write("the webmail is content\n");
} finally {
  await host.close();
}
