// The webmail without a connection, in Chromium with a profile of its own, against a real host that this script starts and stops:
//   node web/tests/offline.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, browser, button, dialog, holds, lasting, ok, row, rowWith, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { fill, jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana", "rui"]);
const { origin } = running;
const ana = jmap(origin, "ana@example.org", PASSWORD);
const rui = jmap(origin, "rui@example.org", PASSWORD);
const profile = mkdtempSync(join(tmpdir(), "profile-"));
let chromium = await lasting(origin, "ana@example.org", PASSWORD, profile);

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

async function mailboxes(client = ana) {
  const { list } = await client.call("Mailbox/get", { ids: null });
  return Object.fromEntries(list.flatMap((one) => [[one.name, one.id], ...(one.role ? [[one.role, one.id]] : [])]));
}

/** The emails of a folder by their subjects, the newest first. */
async function emails(client, name) {
  const inMailbox = (await mailboxes(client))[name];
  const { ids } = await client.call("Email/query", { filter: { inMailbox }, sort: [{ property: "receivedAt", isAscending: false }] });
  const { list } = await client.call("Email/get", { ids, properties: ["id", "subject", "mailboxIds", "keywords", "messageId", "inReplyTo", "preview", "attachments"] });
  return ids.flatMap((id) => list.find((one) => one.id === id) ?? []);
}

const subjects = async (client, name) => (await emails(client, name)).map(({ subject }) => subject);
const named = async (subject) => (await ana.call("Email/query", { filter: { subject: `"${subject}"` } })).ids;

/** The whole messages that this browser keeps. */
const kept = (page) =>
  page.evaluate(async () => {
    const database = await new Promise((resolve) => {
      const request = indexedDB.open("correio-kept-ana@example.org");
      // Whoever only looks makes none.
      request.onupgradeneeded = () => request.transaction.abort();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => resolve(undefined);
    });
    if (!database) return 0;
    const all = await new Promise((resolve) => {
      const request = database.transaction("emails").objectStore("emails").getAll();
      request.onsuccess = () => resolve(request.result);
    });
    database.close();
    return all.filter(({ bodies }) => bodies).length;
  });

const away = (page) => page.getByRole("status").filter({ hasText: "No connection. You see what is kept in this browser." });
const body = (where) => where.getByRole("textbox", { name: "Message", exact: true });
const writing = (page) => page.getByRole("dialog").filter({ has: page.getByRole("combobox", { name: "To", exact: true }) });

/** Waits until something is said, and takes it away: what is said next is another. */
async function heard(page, text) {
  const said = toast(page, text);
  await said.waitFor();
  await button(said, "Close").click();
  await said.waitFor({ state: "detached" });
}

async function write(page, to, subject, text) {
  await page.getByRole("grid").focus();
  await page.keyboard.press("c");
  const one = writing(page).last();
  await body(one).waitFor();
  await one.getByRole("combobox", { name: "To", exact: true }).fill(to);
  await page.keyboard.press("Enter");
  await one.getByLabel("Subject").fill(subject);
  await body(one).click();
  await page.keyboard.type(text);
  return one;
}

async function keeps() {
  const page = await chromium.context.newPage();
  await chromium.logIn(page);
  await until("the newest 500 are kept", () => kept(page), 500, 240_000);
  await until("the worker is there", () => page.evaluate(async () => (await navigator.serviceWorker.getRegistration("/m/"))?.active?.state), "activated");
  // What was kept is not asked for again.
  await page.waitForTimeout(4000);
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.waitForTimeout(4000);
  holds("nothing is asked for", asked.length === 0, asked.slice(0, 3).join("\n"));
  await page.getByRole("button", { name: "Account: ana@example.org" }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByText(/^500 messages, \d/).waitFor();
  await accessible(page, "settings of what is kept");
  await picture(page, "keeping");
  await page.getByRole("link", { name: "Inbox" }).click();
  await row(page, 0).waitFor();
  ok("the newest 500 messages are kept, and nothing is asked for twice");
  return page;
}

async function readsAndActs(page) {
  await running.kill("SIGTERM");
  await chromium.context.setOffline(true);
  await page.reload();
  await row(page, 0).waitFor();
  await away(page).waitFor();
  await accessible(page, "no connection");
  await picture(page, "away");
  holds("as many rows as are kept", (await page.getByRole("grid").getAttribute("aria-rowcount")) > 400);
  await rowWith(page, "Obras na cozinha").getByText("Re: Obras").click();
  const frame = page.frameLocator('iframe[title="Message from Rui Tavares"]');
  await frame.getByText("Conseguem começar antes do dia 12?").waitFor();
  const { src, sandbox } = await page.locator('iframe[title="Message from Rui Tavares"]').evaluate((one) => ({ src: one.src, sandbox: one.getAttribute("sandbox") }));
  holds("it comes from here", src.includes("/m/kept/") && sandbox === null, src);
  const [own] = page.frames().filter((one) => one.url() === src);
  holds("and has no origin", (await own.evaluate(() => String(globalThis.origin))) === "null");
  await accessible(page, "reading without a connection");
  await picture(page, "reading-away");
  await page.keyboard.press("u");
  await rowWith(page, "Rye is back").getByText("Rye is back").click();
  await page.frameLocator("iframe.body").getByText("Rye with caraway").waitFor();
  holds("no picture from elsewhere", !(await page.locator("iframe.body").evaluate((one) => fetch(one.src).then((answer) => answer.text()))).includes("pictures.invalid"));
  // Far down, as the newest 500 go.
  await page.getByRole("grid").focus();
  await page.keyboard.press("End");
  const last = Number(await page.getByRole("grid").getAttribute("aria-rowcount")) - 1;
  await row(page, last).click();
  await page.frameLocator("iframe.body").getByText(/Number \d+\./).waitFor();
  await page.keyboard.press("Home");
  // In this order: archive, star, tag by another name, delete, and one taken back again.
  await rowWith(page, "Lunch on Friday?").getByText("Lunch on Friday?").click();
  await page.getByRole("heading", { name: "Lunch on Friday?", level: 2 }).waitFor();
  await page.keyboard.press("e");
  await heard(page, "1 message archived");
  await button(rowWith(page, "Recibo n.º"), "Star").click();
  await rowWith(page, "Fotografias do fim de semana").getByRole("checkbox").click();
  await page.keyboard.press("#");
  await heard(page, "1 message moved to Trash");
  await rowWith(page, "Rye is back").getByRole("checkbox").click();
  await page.keyboard.press("e");
  await toast(page, "1 message archived").waitFor();
  await page.keyboard.press("z");
  await rowWith(page, "Rye is back").waitFor();
  await page.getByRole("link", { name: /^Archive/ }).click();
  await rowWith(page, "Lunch on Friday?").waitFor();
  await page.getByRole("link", { name: /^Inbox/ }).click();
  await row(page, 0).waitFor();
  ok("500 messages are read and put in order without a connection");
}

async function writes(page) {
  const first = await write(page, "rui@example.org", "From the train", "The first of two.");
  const files = first.locator("xpath=.//input[@type='file' and not(@accept)]");
  await files.setInputFiles([{ name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("written on the way\n") }]);
  await first.getByText("It did not get there").waitFor();
  await button(first, "Send").click();
  await heard(page, "Kept here; it is sent as soon as the host can be reached");
  // An answer, with what it answers.
  await rowWith(page, "The keys").getByText("The keys").click();
  await button(page, "Reply").waitFor();
  await page.keyboard.press("r");
  const answer = dialog(page, "Re: The keys");
  await body(answer).waitFor();
  await body(answer).click();
  await page.keyboard.type("I come on Tuesday.");
  await button(answer, "Send").click();
  await heard(page, "Kept here");
  // One that is called back, changed and sent again.
  const wrong = await write(page, "rui@example.org", "Too early", "This is wrong.");
  await button(wrong, "Send").click();
  await button(toast(page, "Kept here"), "Undo").click();
  const again = dialog(page, "Too early");
  await body(again).getByText("This is wrong.").waitFor();
  await heard(page, "Undone: Kept here");
  await again.getByLabel("Subject").fill("In time");
  await button(dialog(page, "In time"), "Send").click();
  await heard(page, "Kept here");
  const draft = await write(page, "rui@example.org", "Not ready", "I shall go on later.");
  await draft.getByLabel("Subject").focus();
  await page.keyboard.press("Escape");
  await toast(page, "it goes to Drafts as soon as the host can be reached").waitFor();
  await button(page, "Show what waits").click();
  const shown = dialog(page, "Waiting to be sent");
  const items = shown.getByRole("listitem");
  // What was opened is read as well.
  const what = async () => (await items.locator("strong").allInnerTexts()).filter((one) => one !== "1 message marked as read");
  await until("what waits", what, [
    "1 message moved to Archive",
    "1 message starred",
    "1 message moved to Trash",
    "1 message moved to Archive",
    "1 message moved to Inbox",
    "From the train",
    "Re: The keys",
    "In time",
    "Not ready",
  ]);
  await accessible(page, "what waits");
  await picture(page, "waiting");
  // Both the wrong move and its undoing can be taken back.
  await button(shown, "Take back: 1 message moved to Inbox").click();
  await button(shown, "Take back: 1 message moved to Archive").last().click();
  await until("two less wait", async () => (await what()).length, 7);
  await page.keyboard.press("Escape");
  await rowWith(page, "Rye is back").waitFor();
  ok("mail is written without a connection, with files and quotes, called back and changed");
}

/** Everything is there after the browser was closed, and began again without the host. */
async function startsAgain() {
  await chromium.close();
  chromium = await lasting(origin, "ana@example.org", PASSWORD, profile);
  await chromium.context.setOffline(true);
  const page = await chromium.context.newPage();
  await page.goto(`${origin}/m/`);
  await row(page, 0).waitFor();
  await page.getByText(/\d+ things wait to be sent\./).waitFor();
  holds("what was archived is not in the list", (await page.getByRole("row").filter({ hasText: "Lunch on Friday?" }).count()) === 0);
  ok("a browser that was closed begins again without the host, and has all of it");
  return page;
}

/** The host comes back: everything arrives, in order, once. */
async function arrives(page) {
  const second = await chromium.context.newPage();
  await second.goto(`${origin}/m/`);
  await row(second, 0).waitFor();
  await running.start();
  await chromium.context.setOffline(false);
  await until("nothing waits", () => page.getByRole("status").filter({ hasText: /No connection|being sent/ }).count(), 0, 60_000);
  await until("nor in the other tab", () => second.getByRole("status").filter({ hasText: /No connection|being sent/ }).count(), 0, 60_000);
  const { archive, trash, inbox } = await mailboxes();
  const places = async (subject) => (await ana.call("Email/get", { ids: await named(subject), properties: ["mailboxIds", "keywords"] })).list;
  const [lunch] = await places("Lunch on Friday?");
  holds("it is archived", Object.keys(lunch.mailboxIds).join() === archive, JSON.stringify(lunch));
  const [photos] = await places("Fotografias do fim de semana");
  holds("it is in the trash", Object.keys(photos.mailboxIds).join() === trash, JSON.stringify(photos));
  const [rye] = await places("Rye is back");
  holds("what was taken back is where it was", Object.keys(rye.mailboxIds).join() === inbox, JSON.stringify(rye));
  const [receipt] = await places("Recibo n.º");
  holds("it has a star", receipt.keywords.$flagged);
  const sent = ["From the train", "Re: The keys", "In time"];
  await until("all mail came, once", async () => (await subjects(rui, "inbox")).sort(), [...sent].sort(), 60_000);
  const { list: submissions } = await ana.call("EmailSubmission/get", { ids: null });
  const { list: known } = await ana.call("Email/get", { ids: submissions.map(({ emailId }) => emailId), properties: ["id", "subject"] });
  const order = submissions.map(({ emailId }) => known.find(({ id }) => id === emailId).subject);
  holds("it went in order", order.join() === sent.join(), order.join());
  const [answer] = (await emails(rui, "inbox")).filter(({ subject }) => subject === "Re: The keys");
  holds("the answer has what it answers", answer.inReplyTo?.join() === "keys@example.org" && answer.preview.includes("I come on Tuesday."), JSON.stringify(answer));
  await until("that is answered", async () => (await places("The keys")).some(({ keywords }) => keywords.$answered), true);
  holds("it is in Sent, once", (await subjects(ana, "sent")).filter((one) => ["From the train", "In time"].includes(one)).length === 2);
  holds("and the draft in Drafts", JSON.stringify(await subjects(ana, "drafts")) === '["Not ready"]', JSON.stringify(await subjects(ana, "drafts")));
  const [came] = (await emails(rui, "inbox")).filter(({ subject }) => subject === "From the train");
  const { blobId } = came.attachments.find(({ name }) => name === "notes.txt");
  holds("with its file", (await rui.download(blobId)).toString() === "written on the way\n");
  await second.close();
  ok("once the host is there, all of it arrives, in order and once");
}

/** Answers that get lost, and things that others did meanwhile. */
async function conflicts(page) {
  await rowWith(page, "Rye is back").waitFor();
  await chromium.context.setOffline(true);
  await rowWith(page, "Rye is back").getByRole("checkbox").click();
  await page.keyboard.press("e");
  await away(page).waitFor();
  await rowWith(page, "Slides for Thursday").getByRole("checkbox").click();
  await page.keyboard.press("e");
  await toast(page, "2 messages archived").waitFor();
  await ana.call("Email/set", { destroy: await named("Rye is back") });
  // The first answer of the host gets lost on its way.
  let isLost = false;
  await page.route("**/jmap/api", async (route) => {
    if (isLost || !/Email\/set/.test(route.request().postData() ?? "")) return await route.continue();
    isLost = true;
    await route.fetch();
    await route.abort();
  });
  await chromium.context.setOffline(false);
  await page.getByText("1 thing that you did without a connection could not be done.").waitFor({ timeout: 60_000 });
  await accessible(page, "what could not be done");
  await picture(page, "trouble");
  await button(page, "Show").click();
  const shown = dialog(page, "Waiting to be sent");
  await shown.getByText("1 message was deleted meanwhile; nothing was done to it.").waitFor();
  await button(shown, "Understood: 1 message moved to Archive").click();
  await page.keyboard.press("Escape");
  await until("nothing is said any more", () => page.locator(".offline").count(), 0);
  await page.unroute("**/jmap/api");
  const { archive } = await mailboxes();
  const slides = (await ana.call("Email/get", { ids: await named("Slides for Thursday"), properties: ["mailboxIds"] })).list;
  holds("an answer was lost", isLost);
  holds("the other is archived", slides.some((one) => archive in one.mailboxIds), JSON.stringify(slides));
  ok("a lost answer does nothing twice, and what others made impossible is said");
}

/** A login that ended meanwhile is asked for, and what waits goes on for the same user. */
async function loginEnds(page) {
  await chromium.context.setOffline(true);
  await rowWith(page, "Recibo n.º").getByRole("button", { name: /star/i }).click();
  await away(page).waitFor();
  const cookies = await chromium.context.cookies();
  await chromium.context.clearCookies();
  holds("there was a login", cookies.length > 0);
  await chromium.context.setOffline(false);
  const again = dialog(page, "Log in again");
  await again.getByLabel("Password").fill(PASSWORD);
  await page.keyboard.press("Enter");
  const starred = async () => (await ana.call("Email/get", { ids: await named("Recibo n.º"), properties: ["keywords"] })).list[0].keywords.$flagged ?? false;
  await until("it has arrived", starred, false, 60_000);
  await until("and nothing is said", () => page.locator(".offline").count(), 0);
  ok("a login that ended meanwhile is asked for, and then all goes on");
}

/** Nothing stays for others: when somebody else logs in, when one logs out, and when one says so. */
async function leaves(page) {
  const databases = () => page.evaluate(async () => (await indexedDB.databases()).map(({ name }) => name).filter((name) => name.startsWith("correio-kept")).sort());
  await page.getByRole("button", { name: "Account: ana@example.org" }).click();
  await page.getByRole("menuitem", { name: "Settings" }).click();
  await page.getByLabel("Keep mail in this browser").uncheck();
  await until("nothing is kept", databases, []);
  const files = () => page.evaluate(() => caches.keys());
  await until("no body either", files, [], 60_000);
  // Said once more, while the page waits for what it is about to keep.
  let release;
  const isReleased = new Promise((resolve) => (release = resolve));
  let isHeld = false;
  const keepsNow = "**/jmap/api";
  await page.route(keepsNow, async (route) => {
    if (!isHeld && /"limit":500\b/.test(route.request().postData() ?? "")) {
      isHeld = true;
      await isReleased;
    }
    await route.continue();
  });
  await page.getByLabel("Keep mail in this browser").check();
  await until("the page keeps", () => Promise.resolve(isHeld), true, 60_000);
  await page.getByLabel("Keep mail in this browser").uncheck();
  release();
  await until("nobody keeps", () => page.evaluate(async () => (await navigator.locks.query()).held.filter(({ name }) => name.startsWith("correio-keeper")).length), 0);
  await until("nothing is kept then", databases, []);
  await until("and no body", files, [], 60_000);
  await page.unroute(keepsNow);
  await page.getByLabel("Keep mail in this browser").check();
  await until("it is kept again", async () => (await kept(page)) > 20, true, 60_000);
  await chromium.context.clearCookies();
  await chromium.logIn(page, "/m/", "rui@example.org");
  await until("only that of the other is there", databases, ["correio-kept-rui@example.org"]);
  await page.getByRole("button", { name: "Account: rui@example.org" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await page.getByLabel("Address").waitFor();
  await until("nothing is there", databases, []);
  await until("no file either", files, [], 60_000);
  ok("what is kept goes when one says so, when somebody else logs in, and when one logs out");
}

try {
  await fill(origin, "ana@example.org", PASSWORD, 700);
  const keys = `From: Rui <rui@example.org>\r\nTo: ana@example.org\r\nSubject: The keys\r\nMessage-ID: <keys@example.org>\r\nContent-Type: text/html\r\n\r\n<p>They are <b>here</b>.</p>\r\n`;
  const blobId = await ana.upload(Buffer.from(keys), "message/rfc822");
  await ana.call("Email/import", { emails: { one: { blobId, mailboxIds: { [(await mailboxes()).inbox]: true } } } });
  let page = await keeps();
  await readsAndActs(page);
  await writes(page);
  page = await startsAgain();
  await arrives(page);
  await conflicts(page);
  await loginEnds(page);
  await leaves(page);
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the webmail is content without a connection\n");
} catch (error) {
  for (const [place, page] of chromium.context.pages().entries()) await picture(page, `failed-${place}`).catch(() => undefined);
  throw new Error(chromium.faults.join("\n"), { cause: error });
} finally {
  await chromium.close();
  rmSync(profile, { recursive: true, force: true });
  await running.remove();
}
