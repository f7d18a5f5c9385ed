// Conversations, odd senders, printing, a tab of its own.
import { holds, rowWith, until } from "../browser.mjs";
import { accessible, button, client, dialog, inbox, ok, origin, placesOf, quiet, toast, toolbar, user } from "./around.mjs";

export async function reads(page) {
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

export async function doubts(page) {
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

export async function alone(page, context) {
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
