// Writing mail in Chromium, against a real host that this script starts, kills and starts again:
//   node web/tests/compose.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { join } from "node:path";
import { accessible, browser, button, dialog as composer, holds, ok, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana", "rui", "eva"]);
const { origin } = running;
running.command(["alias", "add", "shop@example.org", "ana@example.org"]);
const ana = jmap(origin, "ana@example.org", PASSWORD);
const rui = jmap(origin, "rui@example.org", PASSWORD);
const eva = jmap(origin, "eva@example.org", PASSWORD);
const chromium = await browser(origin, "ana@example.org", PASSWORD);

const PARTS = ["partId", "blobId", "type", "name", "size", "disposition", "cid"];

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** The emails in a folder of somebody, the newest first, with all that they say. */
async function emails(client, role) {
  const { list: folders } = await client.call("Mailbox/get", { ids: null });
  const id = folders.find((one) => one.role === role).id;
  const { ids } = await client.call("Email/query", { filter: { inMailbox: id }, sort: [{ property: "receivedAt", isAscending: false }] });
  const properties = ["id", "from", "to", "cc", "bcc", "subject", "messageId", "inReplyTo", "references", "keywords", "textBody", "htmlBody", "attachments", "bodyValues", "header:Correio-Original:asText"];
  const { list } = await client.call("Email/get", { ids, properties, bodyProperties: PARTS, fetchAllBodyValues: true });
  // One that goes between the two calls is gone.
  return ids.flatMap((one) => list.find((email) => email.id === one) ?? []);
}

const textOf = (email) => email.bodyValues[email.textBody[0].partId].value;
const htmlOf = (email) => email.bodyValues[email.htmlBody[0].partId].value;
const subjects = async (client, role) => (await emails(client, role)).map(({ subject }) => subject);

/** Puts a message into the inbox of Ana, as if it had come. */
async function receive(head, type, body) {
  const message = `${head.join("\r\n")}\r\nDate: Mon, 23 Nov 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: ${type}; charset=utf-8\r\n\r\n${body}\r\n`;
  const blobId = await ana.upload(Buffer.from(message), "message/rfc822");
  const { list } = await ana.call("Mailbox/get", { ids: null });
  const inbox = list.find(({ role }) => role === "inbox").id;
  const answer = await ana.call("Email/import", { emails: { one: { blobId, mailboxIds: { [inbox]: true } } } });
  holds("the message comes in", answer.created?.one, JSON.stringify(answer));
  return answer.created.one.id;
}

async function download(client, email, name) {
  const { blobId } = email.attachments.find((part) => part.name === name);
  return await client.download(blobId);
}

/** Opens an empty message by its key. */
async function write(page) {
  await page.getByRole("grid").focus();
  await page.keyboard.press("c");
  await composer(page, "New message").getByRole("textbox", { name: "Message", exact: true }).waitFor();
  // Its name is its subject; the one that is written on is the one whose fields are seen.
  return page.getByRole("dialog").filter({ has: page.getByRole("combobox", { name: "To", exact: true }) });
}

const to = (where) => where.getByRole("combobox", { name: "To", exact: true });
const body = (where) => where.getByRole("textbox", { name: "Message", exact: true });

async function answers(page) {
  await page.getByRole("row").filter({ hasText: "The new house" }).click();
  await page.getByRole("article").first().waitFor();
  await button(page, "Reply to all").waitFor();
  await page.keyboard.press("a");
  const one = composer(page, "Re: The new house");
  await body(one).waitFor();
  await until("the focus is in the text", () => body(one).evaluate((element) => element === document.activeElement), true);
  await page.keyboard.type("Here are the keys.");
  holds("from where it came to", (await one.getByRole("combobox", { name: "From" }).evaluate((select) => select.selectedOptions[0].text)) === "shop@example.org");
  await button(one, "Show quoted message").click();
  await one.frameLocator("iframe").getByText("at the office").waitFor();
  await picture(page, "answer");
  await accessible(page, "an answer");
  await page.keyboard.press("Control+Enter");
  await toast(page, "Message sent").waitFor();
  await until("it is in Sent", () => subjects(ana, "sent"), ["Re: The new house"]);
  await until("the original is answered", async () => (await emails(ana, "inbox")).find(({ subject }) => subject.includes("house")).keywords.$answered, true);
  await until("it came", () => subjects(rui, "inbox"), ["Re: The new house"], 40_000);
  const [came] = await emails(rui, "inbox");
  holds("from", came.from[0].email === "shop@example.org", JSON.stringify(came.from));
  holds("to", came.to.map(({ email }) => email).join() === "rui@example.org" && came.cc[0].email === "eva@example.org", JSON.stringify([came.to, came.cc]));
  holds("its place in the conversation", came.inReplyTo.join() === "h1@example.net" && came.references.join() === "h0@example.net,h1@example.net");
  holds("no word of the draft", came["header:Correio-Original:asText"] === null);
  holds("its text", /^Here are the keys\.\n\nOn .*, Rui Tavares wrote:\n> Dear Ana,/.test(textOf(came)), textOf(came));
  const html = htmlOf(came);
  holds("what it quotes is as it was", html.includes('<td style="padding: 9px">Room</td>') && /\.q\w+ \.big ?\{/.test(html), html);
  holds("and runs nothing", !/script|onerror|onload/i.test(html), html);
  ok("an answer to all goes from the address that was written to, with its quote and its place in the conversation");
}

async function attaches(page) {
  const one = await write(page);
  await page.keyboard.type("rui");
  await one.getByRole("option", { name: "rui@example.org" }).first().waitFor();
  await picture(page, "suggestions");
  await accessible(page, "suggestions");
  await page.keyboard.press("Enter");
  await one.getByLabel("Subject").fill("Files");
  await body(one).click();
  await page.keyboard.type("They are attached.");
  const octets = Buffer.from(Array.from({ length: 400_000 }, (_, n) => (n * 7919) % 256));
  const files = one.locator("xpath=.//input[@type='file' and not(@accept)]");
  await files.setInputFiles([
    { name: "plano de obra.bin", mimeType: "application/x-thing", buffer: octets },
    { name: "nota.txt", mimeType: "text/plain", buffer: Buffer.from("olá\r\n") },
  ]);
  await button(one, "Remove plano de obra.bin").waitFor();
  // Pictures in the text go as a part of it.
  const png = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
  await one.locator("xpath=.//input[@type='file' and @accept]").setInputFiles([{ name: "dot.png", mimeType: "image/png", buffer: png }]);
  await body(one).getByRole("img", { name: "dot.png" }).waitFor();
  await one.getByText(/^Saved /).waitFor();
  await picture(page, "attachments");
  await accessible(page, "attachments");
  // Saved, closed and opened again, it is the same.
  await page.keyboard.press("Escape");
  await toast(page, "Kept in Drafts").waitFor();
  await page.getByRole("link", { name: /^Drafts/ }).click();
  await page.getByRole("row").filter({ hasText: "Files" }).click();
  const again = composer(page, "Files");
  await body(again).getByRole("img", { name: "dot.png" }).waitFor();
  await until("the picture is seen again", () => body(again).getByRole("img").evaluate((image) => image.naturalWidth), 1);
  await button(again, "Remove nota.txt").waitFor();
  await button(again, "Send").click();
  await toast(page, "Message sent").waitFor();
  await until("it came", async () => (await subjects(rui, "inbox"))[0], "Files", 40_000);
  const [came] = await emails(rui, "inbox");
  holds("the file is equal", octets.equals(await download(rui, came, "plano de obra.bin")));
  holds("the text is equal", (await download(rui, came, "nota.txt")).toString() === "olá\r\n");
  const dot = came.attachments.find(({ name }) => name === "dot.png");
  holds("the picture is in the text", dot.disposition === "inline" && htmlOf(came).includes(`cid:${dot.cid}`), JSON.stringify(dot));
  holds("the picture is equal", png.equals(await download(rui, came, "dot.png")));
  await until("no draft is left", () => subjects(ana, "drafts"), []);
  await page.getByRole("link", { name: /^Inbox/ }).click();
  ok("files and a picture in the text go up, are kept in the draft, and come down equal");
}

/** A message that is written to Rui, with a subject. */
async function begun(page, subject) {
  const one = await write(page);
  await to(one).fill("rui@example.org");
  await page.keyboard.press("Enter");
  await one.getByLabel("Subject").fill(subject);
  return composer(page, subject);
}

const fileInput = (one) => one.locator("xpath=.//input[@type='file' and not(@accept) and @multiple]");
const text = (name, said) => ({ name, mimeType: "text/plain", buffer: Buffer.from(said) });
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const HELD = "Not sent: what is marked red did not get to the host. Try again, or remove it.";

/** No message goes without a file that belongs to it, however it is sent. */
async function keepsFiles(page) {
  const uploads = /\/jmap\/upload\//;
  let waiting = [];
  await page.route(uploads, (route) => route.abort());
  const one = await begun(page, "With its files");
  await fileInput(one).setInputFiles([text("contrato.txt", "o contrato\r\n"), text("lista.txt", "a lista\r\n")]);
  const failed = one.getByRole("listitem").filter({ hasText: "It did not get there" });
  await until("both failed", () => failed.count(), 2);
  await one.locator("xpath=.//input[@type='file' and @accept]").setInputFiles([{ name: "dot.png", mimeType: "image/png", buffer: PNG }]);
  await until("the picture as well", () => failed.count(), 3);
  await one.getByText(/^Saved /).waitFor();
  // By the button and by the key.
  await button(one, "Send").click();
  await one.getByRole("alert").filter({ hasText: HELD }).waitFor();
  await until("the focus is where something can be done", () => button(one, "Try again: contrato.txt").evaluate((it) => it === document.activeElement), true);
  await body(one).click();
  await page.keyboard.type("Here they are.");
  await until("what was said goes", () => one.getByText(HELD).count(), 0);
  await page.keyboard.press("Control+Enter");
  await one.getByText(HELD).waitFor();
  holds("nothing was sent", !(await subjects(ana, "sent")).includes("With its files"));
  await picture(page, "not-uploaded");
  await accessible(page, "files that did not get there");
  // Closed, it would be kept without them: that is asked.
  await one.getByLabel("Subject").focus();
  await page.keyboard.press("Escape");
  const asked = composer(page, "Close without these files?");
  await asked.getByText("contrato.txt, lista.txt, dot.png").waitFor();
  await accessible(page, "closing without files");
  await picture(page, "close-without");
  await button(asked, "Cancel").click();
  // A picture that is removed goes out of the text, too.
  await button(one, "Remove dot.png").click();
  await until("the picture is gone", () => body(one).getByRole("img").count(), 0);
  await button(one, "Remove lista.txt").click();
  // One that is on its way holds it as well.
  await page.unroute(uploads);
  await page.route(uploads, (route) => void waiting.push(route));
  await button(one, "Try again: contrato.txt").click();
  await until("it is on its way", () => waiting.length, 1);
  await button(one, "Send").click();
  await one.getByText("Files are on their way still. Wait, or remove them.").waitFor();
  holds("nothing was sent", !(await subjects(ana, "sent")).includes("With its files"));
  // Opened in another tab, it takes the file along.
  await until("it is a draft", async () => (await emails(ana, "drafts")).map(({ subject, attachments }) => [subject, attachments.length]), [["With its files", 0]]);
  const other = await page.context().newPage();
  await other.goto(`${origin}/m/`);
  await other.getByRole("link", { name: /^Drafts/ }).click();
  await other.getByRole("row").filter({ hasText: "With its files" }).click();
  await button(composer(other, "This draft is open in another tab"), "Go on here").click();
  await composer(page, "With its files").waitFor({ state: "detached" });
  const there = composer(other, "With its files");
  await there.getByText("Here they are.").waitFor();
  await until("the file goes up from there", async () => (await emails(ana, "drafts"))[0]?.attachments.map(({ name }) => name), ["contrato.txt"]);
  await button(there, "Send").click();
  await toast(other, "Message sent").waitFor();
  await until("it came", async () => (await subjects(rui, "inbox"))[0], "With its files", 40_000);
  const [came] = await emails(rui, "inbox");
  holds("its files", came.attachments.map(({ name }) => name).join() === "contrato.txt", JSON.stringify(came.attachments));
  holds("the file is equal", (await download(rui, came, "contrato.txt")).toString() === "o contrato\r\n");
  holds("no picture that nobody has", !htmlOf(came).includes("cid:"), htmlOf(came));
  const { list } = await rui.call("Email/get", { ids: [came.id], properties: ["header:Correio-Missing:asText"] });
  holds("no word of the draft", list[0]["header:Correio-Missing:asText"] === null);
  await other.close();
  for (const route of waiting) await route.abort().catch(() => undefined);
  await page.unroute(uploads);
  ok("a message is held until each of its files is on the host, or was removed");
}

/** A message goes on in a tab of its own, with all that it is made of. */
async function ownTab(page) {
  await page.getByRole("row").filter({ hasText: "Plain question" }).click();
  await page.getByRole("article").first().waitFor();
  await button(page, "Reply").waitFor();
  await page.keyboard.press("r");
  const here = composer(page, "Re: Plain question");
  await body(here).waitFor();
  // Before anything was typed: what it answers goes along.
  const opened = page.waitForEvent("popup");
  await button(here, "Open in a tab of its own").click();
  const tab = await opened;
  const there = composer(tab, "Re: Plain question");
  await body(there).waitFor();
  await here.waitFor({ state: "detached" });
  await button(there, "Show quoted message").waitFor();
  await to(there).waitFor();
  await body(there).click();
  await tab.keyboard.press("Control+Home");
  await tab.keyboard.type("On Friday, then.");
  await there.getByText(/^Saved /).waitFor();
  await fileInput(there).setInputFiles([text("hora.txt", "às dez\r\n")]);
  await until("the file is in the draft", async () => (await emails(ana, "drafts"))[0]?.attachments.map(({ name }) => name), ["hora.txt"]);
  await picture(tab, "own-tab");
  await accessible(tab, "a message in a tab of its own");
  // Loaded anew, it is there again.
  await tab.reload();
  await there.getByText("On Friday, then.").waitFor();
  await button(there, "Remove hora.txt").waitFor();
  holds("one draft", (await subjects(ana, "drafts")).join() === "Re: Plain question");
  // It is noticed where it is open.
  await page.getByRole("link", { name: /^Drafts/ }).click();
  await page.getByRole("row").filter({ hasText: "Re: Plain question" }).first().click();
  const question = composer(page, "This draft is open in another tab");
  await button(question, "Cancel").click();
  await page.getByRole("link", { name: /^Inbox/ }).click();
  const closed = tab.waitForEvent("close");
  await button(there, "Save and close").click();
  await closed;
  await until("it is a draft", async () => (await emails(ana, "drafts")).map(({ subject, attachments }) => [subject, attachments.length]), [["Re: Plain question", 1]]);
  await ana.call("Email/set", { destroy: (await emails(ana, "drafts")).map(({ id }) => id) });
  ok("a message goes on in a tab of its own, with what it answers and its files, also when that is loaded anew");
}

/** Tables are made, changed by rows and columns, pasted, and sent. */
async function tables(page) {
  const one = await begun(page, "A table");
  await body(one).click();
  await button(one, "Table").click();
  const tools = one.getByRole("group", { name: "Table" });
  await tools.getByLabel("Rows").fill("2");
  await tools.getByLabel("Columns").fill("2");
  await accessible(page, "a table is wanted");
  await page.keyboard.press("Enter");
  const shape = () => body(one).locator("tr").evaluateAll((rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent).join("|")));
  await until("two by two", shape, ["|", "|"]);
  await page.keyboard.type("Room");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.type("Size");
  await until("written", shape, ["Room|Size", "|"]);
  await button(tools, "Column after").click();
  await page.keyboard.type("Price");
  await button(tools, "Row above").click();
  await until("a column and a row more", shape, ["||", "Room|Size|Price", "||"]);
  await picture(page, "table");
  await accessible(page, "a table");
  await button(tools, "Remove row").click();
  await until("a row less", shape, ["Room|Size|Price", "||"]);
  await button(tools, "Remove column").click();
  await until("a column less", shape, ["Size|Price", "|"]);
  await body(one).click();
  await page.keyboard.press("Control+z");
  await until("it is back", shape, ["Room|Size|Price", "||"]);
  const paste = async (html) => {
    await page.evaluate((html) => {
      const pasted = new DataTransfer();
      pasted.setData("text/html", html);
      pasted.setData("text/plain", "plain");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
    }, html);
  };
  // In a cell there are lines.
  await body(one).locator("td").last().click();
  await paste("<div>one</div><ul><li><b>two</b></li></ul><table><tr><td>3</td><td>4</td></tr></table>");
  await until("as lines", async () => (await body(one).locator("td").last().innerHTML()).replace(/<br>$/, ""), "one<br><b>two</b><br>3 4 ");
  await until("the table is as it was", async () => (await shape()).map((row) => row.split("|").length), [3, 3]);
  // What is deleted at the ends of a cell leaves it a cell.
  await body(one).locator("td").nth(1).click();
  await page.keyboard.press("Home");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("End");
  await page.keyboard.press("Delete");
  await until("each cell is one still", async () => (await shape()).map((row) => row.split("|").length), [3, 3]);
  // One that is pasted is kept, and cleaned.
  await body(one).locator("xpath=./div").last().click();
  await paste('<table style="color:red" onclick="window.bad=1"><tr><th colspan="2">Sum</th></tr><tr><td><script>window.bad=1</script>a</td><td><img src="https://pictures.invalid/x.png">b</td></tr></table>');
  await until("what was pasted", async () => (await shape()).slice(2), ["Sum", "a|b"]);
  const html = await body(one).innerHTML();
  holds("it is clean", /colspan="2"/.test(html) && !/style|onclick|script|img/.test(html), html);
  await button(one, "Send").click();
  await until("it came", async () => (await subjects(rui, "inbox"))[0], "A table", 40_000);
  const [came] = await emails(rui, "inbox");
  holds("as a table", /<table[^>]*><tbody><tr><td[^>]*border[^>]*>Room<\/td>/.test(htmlOf(came)) && htmlOf(came).includes('<th colspan="2"'), htmlOf(came));
  holds("as text", /Room\tSize\tPrice/.test(textOf(came)), textOf(came));
  ok("tables are made, changed by rows and columns, undone, pasted clean, and sent");
}

/** A draft says elsewhere which files it has not. */
async function missesFiles(page) {
  const uploads = /\/jmap\/upload\//;
  await page.route(uploads, (route) => route.fulfill({ status: 507, body: "{}" }));
  const one = await begun(page, "Without its file");
  await fileInput(one).setInputFiles([text("ação 1.txt", "x")]);
  await one.getByText("There is no room for it").waitFor();
  await until("it is a draft", () => subjects(ana, "drafts"), ["Without its file"]);
  await until("all of it is kept", () => one.getByText(/^Saved /).count(), 1);
  await button(one, "Save and close").click();
  await button(composer(page, "Close without these files?"), "Close without them").click();
  await toast(page, "Kept in Drafts").waitFor();
  await page.unroute(uploads);
  await page.getByRole("link", { name: /^Drafts/ }).click();
  await page.getByRole("row").filter({ hasText: "Without its file" }).click();
  await one.getByText("It is not on the host, and not in this browser any more").waitFor();
  await button(one, "Send").click();
  await one.getByText(HELD).waitFor();
  await picture(page, "missing");
  await accessible(page, "a file that nobody has");
  const chooser = page.waitForEvent("filechooser");
  await button(one, "Choose again: ação 1.txt").click();
  await (await chooser).setFiles([text("ação 2.txt", "y")]);
  await button(one, "Remove ação 2.txt").waitFor();
  await until("it is there", async () => (await emails(ana, "drafts"))[0]?.attachments.map(({ name }) => name), ["ação 2.txt"]);
  await button(one, "Save and close").click();
  await one.waitFor({ state: "detached" });
  await ana.call("Email/set", { destroy: (await emails(ana, "drafts")).map(({ id }) => id) });
  await page.getByRole("link", { name: /^Inbox/ }).click();
  ok("a draft that was kept without a file says so wherever it is opened");
}

async function chips(page) {
  const one = await write(page);
  await to(one).fill("x");
  await to(one).fill("");
  await page.evaluate(() => {
    const pasted = new DataTransfer();
    pasted.setData("text/plain", 'Friends: "Silva, Ana" <a@x.example>, b@x.example; Costa, Rui <c@x.example>\nnobody');
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
  });
  const names = () => one.locator(".recipients").first().locator(".recipient-name").allTextContents();
  await until("what was pasted", names, ["Silva, Ana", "b@x.example", "Costa, Rui", "nobody"]);
  await picture(page, "recipients");
  await accessible(page, "recipients");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("Backspace");
  await until("Backspace takes the last one", names, ["Silva, Ana", "b@x.example", "Costa, Rui"]);
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Enter");
  await page.getByRole("menu").waitFor();
  await accessible(page, "the menu of a recipient");
  await page.getByRole("menuitem", { name: "Move to Bcc" }).click();
  await until("one moved", names, ["Silva, Ana", "Costa, Rui"]);
  await one.getByRole("group", { name: "Bcc" }).getByRole("button", { name: /^b@x\.example, 1 of 1/ }).waitFor();
  // The same by dragging.
  await one.getByRole("button", { name: /Costa, Rui.*2 of 2/ }).dragTo(one.getByRole("group", { name: "Cc", exact: true }));
  await until("one dragged", names, ["Silva, Ana"]);
  await to(one).fill("d@x.example");
  await page.keyboard.press(",");
  await to(one).fill("broken@");
  await button(one, "Send").click();
  await one.getByRole("alert").filter({ hasText: "is no address" }).waitFor();
  holds("the focus is where it is wrong", await to(one).evaluate((input) => input === document.activeElement));
  await accessible(page, "a wrong address");
  await button(one, "Delete draft").click();
  await toast(page, "Draft deleted").waitFor();
  await button(page, "Undo").click();
  await until("it is back", names, ["Silva, Ana", "d@x.example", "broken@"]);
  await button(composer(page, "New message"), "Delete draft").click();
  await composer(page, "New message").waitFor({ state: "detached" });
  ok("recipients are typed, pasted, moved and removed by keys, menu and mouse, and a deleted draft comes back");
}

async function pastes(page) {
  const one = await write(page);
  await body(one).click();
  const paste = async (html) => {
    await page.evaluate((html) => {
      const pasted = new DataTransfer();
      pasted.setData("text/html", html);
      pasted.setData("text/plain", "plain");
      document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: pasted, bubbles: true, cancelable: true }));
    }, html);
  };
  await paste('<p style="color:red" onclick="window.bad=1">a <b>bold</b> <a href="javascript:bad()">x</a><img src="https://pictures.invalid/1.png" onerror="window.bad=1"></p><svg onload="window.bad=1"></svg><script>window.bad=1</script>');
  await body(one).getByText("bold").waitFor();
  const html = await body(one).innerHTML();
  holds("what was pasted is clean", html.includes("<b>bold</b>") && !/style|script|onclick|img|svg/.test(html), html);
  holds("nothing ran", (await page.evaluate(() => window.bad)) === undefined);
  await page.keyboard.press("Control+z");
  await until("undone", async () => await body(one).getByText("bold").count(), 0);
  await page.keyboard.type("one");
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Control+b");
  await until("bold", () => button(one, "Bold").getAttribute("aria-pressed"), "true");
  await button(one, "Bulleted list").click();
  await until("a list", () => body(one).locator("ul li").count(), 1);
  await button(one, "More").click();
  await page.getByRole("menuitemradio", { name: "Plain text" }).click();
  await until("as text", () => body(one).inputValue(), "• one");
  await picture(page, "plain");
  await accessible(page, "plain text");
  await button(one, "More").click();
  await page.getByRole("menuitemradio", { name: "Rich text" }).click();
  await button(one, "Delete draft").click();
  ok("pasted text is cleaned, undo and tools work, and rich text becomes plain");
}

/** What is typed in a moment is there again, whatever was killed. */
async function killed(context, page) {
  const first = await write(page);
  await page.keyboard.type("rui@example.org");
  await page.keyboard.press("Enter");
  await first.getByLabel("Subject").fill("Not to be lost");
  await body(first).click();
  await page.keyboard.type("Every word of it");
  await page.waitForTimeout(600);
  // The page goes without a word, as when its process is killed.
  const session = await context.newCDPSession(page);
  await Promise.race([session.send("Page.crash").catch(() => undefined), new Promise((resolve) => setTimeout(resolve, 2000))]);
  const second = await context.newPage();
  await second.goto(`${origin}/m/`);
  const again = composer(second, "Not to be lost");
  await again.getByText("Every word of it").waitFor();
  await again.getByText(/^Saved /).waitFor();
  ok("a draft survives a page that was killed before it was saved");
  await body(again).click();
  await second.keyboard.press("Control+End");
  await running.kill();
  await second.keyboard.type(", and more");
  await again.getByText("Offline: kept in this browser").waitFor();
  await picture(second, "offline");
  await button(again, "Send").click();
  await again.getByRole("alert").filter({ hasText: "send it when you are online" }).waitFor();
  await running.start();
  await again.getByText(/^Saved /).waitFor({ timeout: 40_000 });
  await until("all is on the host", async () => (await emails(ana, "drafts")).map(textOf), ["Every word of it, and more\n"]);
  ok("a draft survives a host that was killed, is kept here meanwhile, and goes on by itself");
  return second;
}

async function undoes(page) {
  const one = composer(page, "Not to be lost");
  await button(one, "Send").click();
  await toast(page, "Message sent").waitFor();
  await picture(page, "sent");
  await button(page, "Undo").click();
  const again = composer(page, "Not to be lost");
  await again.getByText("Every word of it, and more").waitFor();
  const { list } = await ana.call("EmailSubmission/get", { ids: null });
  holds("it was called back", list.at(-1).undoStatus === "canceled", JSON.stringify(list));
  await until("it is a draft again", () => subjects(ana, "drafts"), ["Not to be lost"]);
  holds("and not in Sent", !(await subjects(ana, "sent")).includes("Not to be lost"));
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  holds("nobody has it", !(await subjects(rui, "inbox")).includes("Not to be lost"));
  ok("sending is undone on the host, and the message is in the composer again");
}

async function twoTabs(context, page) {
  const other = await context.newPage();
  await other.goto(`${origin}/m/`);
  await other.getByRole("link", { name: /^Drafts/ }).click();
  await other.getByRole("row").filter({ hasText: "Not to be lost" }).click();
  const question = composer(other, "This draft is open in another tab");
  await question.waitFor();
  await accessible(other, "a draft in two tabs");
  await body(composer(page, "Not to be lost")).click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type(". Last words");
  await button(question, "Go on here").click();
  await composer(other, "Not to be lost").getByText("and more. Last words").waitFor();
  await composer(page, "Not to be lost").waitFor({ state: "detached" });
  await until("one draft", () => subjects(ana, "drafts"), ["Not to be lost"]);
  ok("a draft that is open in another tab is noticed, and taken over with its last words");
  return other;
}

async function leavesByItself(page) {
  await button(composer(page, "Not to be lost"), "Send").click();
  await toast(page, "Message sent").waitFor();
  await page.close();
  holds("it waits still", !(await subjects(rui, "inbox")).includes("Not to be lost"));
  await until("it leaves with the page closed", async () => (await subjects(rui, "inbox"))[0], "Not to be lost", 40_000);
  const { list } = await ana.call("EmailSubmission/get", { ids: null });
  holds("it was held for nine seconds", list.at(-1).envelope.mailFrom.parameters.HOLDFOR === "9");
  ok("a message whose page was closed leaves when its seconds are over");
}

async function later(page) {
  const one = await write(page);
  await page.keyboard.type("rui@example.org");
  await page.keyboard.press("Enter");
  await body(one).click();
  await page.keyboard.type("I attached nothing");
  await button(one, "Send later").click();
  await accessible(page, "the menu of sending");
  await page.getByRole("menuitem", { name: "Send later…" }).click();
  const dialog = composer(page, "Send later");
  await dialog.waitFor();
  await picture(page, "later");
  await accessible(page, "send later");
  await dialog.getByRole("button", { name: /^Tomorrow morning/ }).click();
  const doubt = composer(page, "Send it like this?");
  await doubt.getByText("none is there").waitFor();
  await doubt.getByText("no subject").waitFor();
  await picture(page, "doubts");
  await accessible(page, "doubts");
  await button(doubt, "Send all the same").click();
  await toast(page, "Will be sent").waitFor();
  const { list } = await ana.call("EmailSubmission/get", { ids: null });
  const { undoStatus, sendAt } = list.at(-1);
  const morning = new Date(sendAt);
  holds("it waits until the morning", undoStatus === "pending" && morning > new Date() && morning.getUTCHours() === 8, sendAt);
  const two = await write(page);
  await button(two, "Send later").click();
  await page.getByRole("menuitem", { name: "Waiting to be sent" }).click();
  const held = composer(page, "Waiting to be sent");
  await held.getByText("(no subject)").waitFor();
  await picture(page, "waiting");
  await accessible(page, "what waits");
  await button(held, "Back to drafts: (no subject)").click();
  await one.getByText("I attached nothing").waitFor();
  await until("it waits no more", async () => (await ana.call("EmailSubmission/get", { ids: null })).list.at(-1).undoStatus, "canceled");
  await button(one, "Delete draft").click();
  await toast(page, "Draft deleted").waitFor();
  ok("a message is sent later, is seen in EmailSubmission, and is called back from the list of what waits");
}

async function forwards(page) {
  await page.getByRole("grid").focus();
  await page.getByRole("row").filter({ hasText: "Plain question" }).click();
  await button(page, "Forward").waitFor();
  await button(page, "Forward").click();
  const one = composer(page, "Fwd: Plain question");
  await one.getByText("---------- Forwarded message ----------").waitFor();
  await one.getByText("shall we meet").first().waitFor();
  await picture(page, "forward");
  await to(one).fill("rui@example.org");
  await page.keyboard.press("Enter");
  await button(one, "Send").click();
  await toast(page, "Message sent").waitFor();
  await button(page.getByRole("article"), "More").click();
  await page.getByRole("menuitem", { name: "Forward as attachment" }).click();
  const two = composer(page, "Fwd: Plain question");
  await button(two, "Remove Plain question.eml").waitFor();
  await to(two).fill("rui@example.org");
  await page.keyboard.press("Enter");
  await button(two, "Send").click();
  await until("both came", async () => (await subjects(rui, "inbox")).filter((subject) => subject === "Fwd: Plain question").length, 2, 60_000);
  const came = (await emails(rui, "inbox")).filter(({ subject }) => subject === "Fwd: Plain question");
  const attached = came.find(({ attachments }) => attachments.length > 0);
  holds("as a message", attached.attachments[0].type === "message/rfc822" && (await download(rui, attached, "Plain question.eml")).includes("shall we meet"));
  const inline = came.find((email) => email !== attached);
  holds("in the text", /From: "?Lima, João Pedro"? <joao@x\.example>\n(.*\n)+[\s\S]*shall we meet/.test(textOf(inline)), textOf(inline));
  ok("a message is passed on in the text, and as an attachment");
}

/** A message goes on as it is, and who passed it on stands above it. */
async function redirects(page) {
  await page.getByRole("row").filter({ hasText: "Plain question" }).click();
  await page.getByRole("article").first().waitFor();
  await button(page.locator(".answers"), "More").click();
  await page.getByRole("menuitem", { name: "Redirect…" }).click();
  const one = composer(page, "Redirect");
  await button(one, "Redirect").click();
  await one.getByRole("alert").filter({ hasText: "Say to whom it goes." }).waitFor();
  await to(one).fill("Eva Lima <eva@example.org>");
  await page.keyboard.press("Enter");
  await accessible(page, "redirecting");
  await picture(page, "redirect");
  await button(one, "Redirect").click();
  await button(toast(page, "Message redirected"), "Undo").click();
  await until("no copy of it is left", async () => (await subjects(ana, "sent")).includes("Plain question"), false);
  await button(page.locator(".answers"), "More").click();
  await page.getByRole("menuitem", { name: "Redirect…" }).click();
  await to(one).fill("eva@example.org");
  await page.keyboard.press("Enter");
  await button(one, "Redirect").click();
  await until("it came", async () => (await subjects(eva, "inbox"))[0], "Plain question", 40_000);
  const [came] = await emails(eva, "inbox");
  holds("from its author", came.from[0].email === "joao@x.example" && came.to[0].email === "ana@example.org", JSON.stringify(came));
  holds("its words", textOf(came).includes("shall we meet on Friday?"), textOf(came));
  const { list } = await eva.call("Email/get", { ids: [came.id], properties: ["header:Resent-From:asAddresses", "header:Resent-To:asAddresses", "header:Resent-Date", "messageId"] });
  const [resent] = list;
  holds("who passed it on", resent["header:Resent-From:asAddresses"][0].email === "ana@example.org" && resent["header:Resent-To:asAddresses"][0].email === "eva@example.org", JSON.stringify(resent));
  holds("its name", resent.messageId[0] === "p1@example.net" && resent["header:Resent-Date"] !== null, JSON.stringify(resent));
  ok("a message is redirected as it is, and called back");
}

/** Receipts are asked for, and go only where their reader says so. */
async function receipts(page) {
  const one = await write(page);
  await to(one).fill("eva@example.org");
  await page.keyboard.press("Enter");
  await one.getByLabel("Subject").fill("Did it come?");
  await button(one, "More").click();
  await page.getByRole("menuitem", { name: "Ask for a receipt" }).click();
  await toast(page, "Whoever reads it is asked for a receipt").waitFor();
  await button(composer(page, "Did it come?"), "Send").click();
  await until("it came", async () => (await subjects(eva, "inbox"))[0], "Did it come?", 40_000);
  const { ids } = await eva.call("Email/query", { filter: { subject: "Did it come" } });
  const { list } = await eva.call("Email/get", { ids, properties: ["header:Disposition-Notification-To:asAddresses"] });
  holds("a receipt is asked for", list[0]["header:Disposition-Notification-To:asAddresses"][0].email === "ana@example.org", JSON.stringify(list));
  const ask = async (subject, id) =>
    await receive(["From: Eva <eva@example.org>", "To: ana@example.org", `Subject: ${subject}`, `Message-ID: <${id}@example.net>`, "Disposition-Notification-To: Eva <eva@example.org>"], "text/plain", "Please tell me.");
  for (const [subject, name, said] of [["Tell me one", "Send receipt", "Receipt sent"], ["Tell me two", "No receipt", "No receipt is sent"]]) {
    const id = await ask(subject, subject.replaceAll(" ", "-"));
    await page.getByRole("row").filter({ hasText: subject }).click();
    await page.getByText("Eva asks for a receipt.").waitFor();
    if (name === "Send receipt") await accessible(page, "a receipt is asked for");
    await button(page, name).click();
    await toast(page, said).waitFor();
    await until("nobody asks again", () => page.getByText("Eva asks for a receipt.").count(), 0);
    const marked = async () => (await ana.call("Email/get", { ids: [id], properties: ["keywords"] })).list[0].keywords.$mdnsent;
    await until("it is marked", marked, true);
  }
  await until("one receipt came", async () => (await subjects(eva, "inbox")).filter((subject) => subject.startsWith("Read: ")), ["Read: Tell me one"], 40_000);
  ok("receipts are asked for, and go only where their reader says so");
}

/** What is written again and again is kept, put in, and deleted. */
async function templates(page) {
  const one = await write(page);
  await one.getByLabel("Subject").fill("Thank you");
  await body(one).click();
  await page.keyboard.type("Thanks for ");
  await page.keyboard.press("Control+B");
  await page.keyboard.type("everything");
  await button(composer(page, "Thank you"), "More").click();
  await page.getByRole("menuitem", { name: "Templates…" }).click();
  const shown = composer(page, "Templates");
  await shown.getByText("There are none yet.").waitFor();
  await shown.getByLabel("Keep this message as").fill("Thanks");
  await button(shown, "Keep").click();
  await toast(page, "Template Thanks kept").waitFor();
  await accessible(page, "templates");
  await picture(page, "templates");
  await button(shown, "Close").last().click();
  await button(composer(page, "Thank you"), "Delete draft").click();
  const other = await write(page);
  await body(other).click();
  await button(composer(page, "New message"), "More").click();
  await page.getByRole("menuitem", { name: "Templates…" }).click();
  await button(shown, "Put in: Thanks").click();
  const filled = composer(page, "Thank you");
  await until("it is there as it was written", () => body(filled).locator("b").textContent(), "everything");
  await button(filled, "More").click();
  await page.getByRole("menuitem", { name: "Templates…" }).click();
  await button(shown, "Delete: Thanks").click();
  await shown.getByText("There are none yet.").waitFor();
  await button(shown, "Close").last().click();
  await button(filled, "Delete draft").click();
  ok("a text that is written again and again is kept, put in and deleted");
}

/** Files of other messages go along, and messages themselves; nothing is uploaded. */
async function takes(page) {
  const one = await write(page);
  await button(one, "More").click();
  await page.getByRole("menuitem", { name: "Attach from messages…" }).click();
  const shown = composer(page, "Attach from messages");
  await shown.getByLabel("Find messages").fill("house");
  await button(shown, "The message itself: Attach Aw  The new house.eml").click();
  await toast(page, "Aw  The new house.eml attached").waitFor();
  await shown.getByLabel("Find messages").fill("in:sent files");
  await shown.getByRole("button", { name: /^Attach plano de obra\.bin · / }).click();
  await accessible(page, "files of messages");
  await picture(page, "from-messages");
  await button(shown, "Close").last().click();
  await to(one).fill("rui@example.org");
  await page.keyboard.press("Enter");
  await one.getByLabel("Subject").fill("From elsewhere");
  await button(composer(page, "From elsewhere"), "Send").click();
  await until("it came", async () => (await subjects(rui, "inbox"))[0], "From elsewhere", 40_000);
  const [came] = await emails(rui, "inbox");
  const octets = Buffer.from(Array.from({ length: 400_000 }, (_, n) => (n * 7919) % 256));
  holds("the file is equal", octets.equals(await download(rui, came, "plano de obra.bin")));
  holds("the message is whole", (await download(rui, came, "Aw  The new house.eml")).includes("Message-ID: <h1@example.net>"));
  ok("files of other messages go along, and messages themselves");
}

/** What a page fetches by itself, once its first list is there. */
async function unasked() {
  const fresh = await chromium.context();
  const page = await fresh.newPage();
  const urls = new Set();
  page.on("request", (request) => urls.add(request.url()));
  await chromium.logIn(page);
  // It is the last of them, and all are asked for at once.
  await until("its parts are fetched", () => [...urls].some((url) => /\/Reader-[^/]*\.js$/.test(url)), true);
  await page.getByRole("button", { name: "Write" }).first().hover();
  await fresh.close();
  return urls;
}

/** The octets that writing takes, and what it looks like elsewhere. */
async function elsewhere() {
  const others = await unasked();
  // In a browser that has nothing of it yet.
  const fresh = await chromium.context();
  const page = await fresh.newPage();
  await chromium.logIn(page);
  const urls = [];
  page.on("request", (request) => urls.push(request.url()));
  await write(page);
  let octets = 0;
  // Words are counted apart; what sends and what completes is fetched when nothing else is to be done.
  const own = urls.filter((url) => url.endsWith(".js") && !others.has(url));
  for (const url of new Set(own.filter((url) => !/\/(en|pt-..|sending|people|card)-[^/]*$/.test(url)))) {
    const answer = await fetch(url, { headers: { "Accept-Encoding": "gzip" } });
    await answer.arrayBuffer();
    octets += Number(answer.headers.get("content-length"));
  }
  holds("the composer", octets > 20_000 && octets <= 40_000, `${octets} octets`);
  await fresh.close();
  ok(`the composer has ${octets} octets of JavaScript`);
  for (const [width, height] of [[820, 1100], [390, 844], [320, 640]]) {
    for (const colorScheme of ["light", "dark"]) {
      const locale = width === 390 ? "pt-PT" : width === 320 ? "pt-BR" : "en-GB";
      const other = await chromium.context({ viewport: { width, height }, colorScheme, locale });
      const phone = await other.newPage();
      await chromium.logIn(phone);
      await phone.getByRole("button", { name: /^(Write|Escrever)$/ }).first().click();
      const one = phone.getByRole("dialog");
      await one.getByRole("combobox").last().waitFor();
      await phone.keyboard.type("Rui Tavares <rui@example.org>, eva@example.org,");
      await one.locator(".compose-subject").fill("A casa nova");
      await one.locator(".compose-text").click();
      await phone.keyboard.type("Olá!\n\nAqui vai a planta.");
      await accessible(phone, `${width} pixels, ${colorScheme}`);
      holds(`no scrolling sideways at ${width}`, await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      await picture(phone, `write-${width}-${colorScheme}`);
      await one.getByRole("button", { name: /^(Delete draft|Eliminar rascunho|Excluir rascunho)$/ }).click();
      await other.close();
    }
  }
  ok("it is read by people who use other screens, at 820, 390 and 320 pixels, light and dark, in three languages");
}

try {
  await receive(
    ["From: Rui Tavares <rui@example.org>", "To: Shop <shop@example.org>", "Cc: eva@example.org", "Subject: Aw: The new house", "Message-ID: <h1@example.net>", "References: <h0@example.net>"],
    "text/html",
    '<html><head><style>.big { color: #204060 }</style></head><body><p class="big" onclick="x()">Dear Ana,</p><p>the <b>keys</b> are at the office.</p><script>alert(1)</script><img src="https://pictures.invalid/x.png" onerror="alert(2)"><table border="1"><tr><td style="padding: 9px">Room</td></tr></table></body></html>',
  );
  await receive(['From: "Lima, João Pedro" <joao@x.example>', "To: ana@example.org", "Subject: Plain question", "Message-ID: <p1@example.net>"], "text/plain", "Hello Ana,\r\n\r\nshall we meet on Friday?\r\n> earlier words");
  const context = await chromium.context();
  let page = await context.newPage();
  await chromium.logIn(page);
  await answers(page);
  await attaches(page);
  await keepsFiles(page);
  await missesFiles(page);
  await chips(page);
  await pastes(page);
  await ownTab(page);
  await tables(page);
  await forwards(page);
  await redirects(page);
  await receipts(page);
  await templates(page);
  await takes(page);
  await later(page);
  await page.close({ runBeforeUnload: false });
  page = await context.newPage();
  await page.goto(`${origin}/m/`);
  await page.getByRole("grid").waitFor();
  page = await killed(context, page);
  await undoes(page);
  const other = await twoTabs(context, page);
  await leavesByItself(other);
  await elsewhere();
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the composer is content\n");
} catch (error) {
  for (const [at, context] of chromium.running.contexts().entries()) {
    for (const [place, page] of context.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
