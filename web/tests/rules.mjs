// Rules in Chromium, against a real host that this script starts: what people say in a form becomes of mail that another person sends.
//   node web/tests/rules.mjs PROGRAM
// With a folder behind it, pictures are left there.
import { join } from "node:path";
import { accessible, browser, button, dialog, holds, ok, row, rowWith, toast, until } from "./browser.mjs";
import { PASSWORD, host } from "./host.mjs";
import { fill, jmap } from "./sample.mjs";

const [program, pictures] = process.argv.slice(2);
const running = await host(program, ["ana", "rui"]);
const { origin } = running;
const ana = jmap(origin, "ana@example.org", PASSWORD);
const rui = jmap(origin, "rui@example.org", PASSWORD);
const chromium = await browser(origin, "ana@example.org", PASSWORD);

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: join(pictures, `${name}.png`) });
}

/** Rui writes to Ana; what is sent comes as mail from anybody does. */
async function writes(subject, more = {}) {
  const { list } = await rui.call("Mailbox/get", { ids: null });
  const drafts = list.find(({ role }) => role === "drafts").id;
  const email = {
    mailboxIds: { [drafts]: true },
    from: [{ name: "Rui Tavares", email: "rui@example.org" }],
    to: [{ name: null, email: "ana@example.org" }],
    subject,
    bodyValues: { text: { value: `About ${subject}.\n` } },
    textBody: [{ partId: "text", type: "text/plain" }],
    ...more,
  };
  const made = await rui.call("Email/set", { create: { one: email } });
  holds("it is written", made.created?.one, JSON.stringify(made));
  const [identity] = (await rui.call("Identity/get", { ids: null })).list;
  const sent = await rui.call("EmailSubmission/set", { create: { one: { identityId: identity.id, emailId: made.created.one.id } } });
  holds("it is sent", sent.created?.one, JSON.stringify(sent));
}

/** Where Ana's message of a subject is, and how it is marked. */
async function placed(subject) {
  const { ids } = await ana.call("Email/query", { filter: { subject: `"${subject}"` } });
  const { list } = await ana.call("Email/get", { ids, properties: ["mailboxIds", "keywords", "messageId", "threadId"] });
  const boxes = (await ana.call("Mailbox/get", { ids: null })).list;
  return list.map(({ mailboxIds, keywords }) =>
    [...Object.keys(mailboxIds).map((id) => boxes.find((one) => one.id === id).name), ...Object.keys(keywords)].sort().join(" "),
  );
}

const lands = (subject, where) => until(`${subject} is there`, () => placed(subject), [where]);
const item = (page, text) => page.getByRole("listitem").filter({ hasText: text });

async function makes(page) {
  await page.goto(`${origin}/m/settings/rules`);
  await page.getByText("There are no rules yet.").waitFor();
  await accessible(page, "no rules");
  await button(page, "New rule").click();
  const form = dialog(page, "New rule");
  await button(form, "Save").click();
  await form.getByRole("alert").filter({ hasText: "Say what to look for." }).waitFor();
  const first = form.getByRole("group", { name: "Condition 1", exact: true });
  await first.getByLabel("Where to look").selectOption("Subject");
  await first.getByLabel("Text", { exact: true }).fill("quarterly figures");
  await button(form, "Save").click();
  await form.getByRole("alert").filter({ hasText: "Say what becomes of the mail." }).waitFor();
  await button(form, "Add a condition").click();
  const second = form.getByRole("group", { name: "Condition 2", exact: true });
  await second.getByLabel("Where to look").selectOption("From");
  await second.getByLabel("Contains or not").selectOption("does not contain");
  await second.getByLabel("Text", { exact: true }).fill("boss");
  await form.getByLabel("Goes to").selectOption("Casa");
  await form.getByLabel("Mark as read").check();
  await form.getByLabel("Tag").fill("Reports");
  await form.getByLabel("Do it to the inbox as well, now").check();
  await form.getByText("0 messages there are like this").waitFor();
  await accessible(page, "a rule");
  await form.locator(".dialog-content").evaluate((content) => content.scrollTo(0, 0));
  await picture(page, "rule");
  await form.getByLabel("Do it to the inbox as well, now").uncheck();
  await button(form, "Save").click();
  await toast(page, "Rule made: quarterly figures").waitFor();
  await item(page, "Subject contains “quarterly figures” and From does not contain “boss” → to Casa, read, tagged reports").waitFor();
  await writes("The quarterly figures are here");
  await lands("The quarterly figures are here", "$seen Casa reports");
  await writes("The report of this quarter");
  await lands("The report of this quarter", "Inbox");
  ok("a rule is made in a form, and mail that comes is put where it says");
}

async function changes(page) {
  await page.getByRole("checkbox", { name: "quarterly figures: in use" }).uncheck();
  await toast(page, "Rule not in use: quarterly figures").waitFor();
  await writes("Late quarterly figures");
  await lands("Late quarterly figures", "Inbox");
  await button(toast(page, "Rule not in use: quarterly figures"), "Undo").click();
  await until("it is in use again", () => page.getByRole("checkbox", { name: "quarterly figures: in use" }).isChecked(), true);
  await button(page, "Edit quarterly figures").click();
  const form = dialog(page, "Edit quarterly figures");
  await button(form, "Remove condition 2").click();
  await form.getByLabel("Star").check();
  await form.getByLabel("Do it to the inbox as well, now").check();
  await form.getByText("1 message there is like this").waitFor();
  await button(form, "Save").click();
  await toast(page, "1 message put in order").waitFor();
  await lands("Late quarterly figures", "$flagged $seen Casa reports");
  await button(page, "New rule").click();
  const other = dialog(page, "New rule");
  await other.getByLabel("Text", { exact: true }).fill("rui@");
  await other.getByLabel("Star").check();
  // It stands where it was made, and decides nothing before those above it.
  await other.getByLabel("Look at no rule below").check();
  await button(other, "Save").click();
  await toast(page, "Rule made: rui@").waitFor();
  const names = () => page.locator("ol.setting-list strong").allTextContents();
  await until("it is below", names, ["quarterly figures", "rui@"]);
  await button(page, "rui@: more actions").click();
  await page.getByRole("menuitem", { name: "Move up" }).click();
  await until("it is above", names, ["rui@", "quarterly figures"]);
  await accessible(page, "rules");
  await picture(page, "rules");
  await button(page, "rui@: more actions").click();
  await page.getByRole("menuitem", { name: "Delete rule" }).click();
  await toast(page, "Rule deleted: rui@").waitFor();
  await until("one is left", names, ["quarterly figures"]);
  const large = { filter: { minSize: 50_000_000 }, keywords: { large: true }, name: "Large", sortOrder: 9 };
  const made = await ana.call("Rule/set", { create: { large } });
  holds("another program makes one", made.created?.large, JSON.stringify(made));
  await item(page, "Made by another program").waitFor();
  await accessible(page, "a rule of another program");
  await ana.call("Rule/set", { destroy: [made.created.large.id] });
  await until("it is gone by itself", names, ["quarterly figures"]);
  ok("rules are turned off, changed, moved, deleted, undone, and done to what is in the inbox");
}

async function opens(page, subject) {
  await page.goto(`${origin}/m/`);
  await rowWith(page, subject).click();
  await page.getByRole("heading", { name: subject }).waitFor();
}

async function mutes(page) {
  await writes("Sardines on Friday");
  await lands("Sardines on Friday", "Inbox");
  await opens(page, "Sardines on Friday");
  await page.getByRole("toolbar").getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Mute conversation" }).click();
  await toast(page, "Muted: Sardines on Friday").waitFor();
  await page.getByRole("heading", { name: "Sardines on Friday Muted" }).waitFor();
  const { ids } = await ana.call("Email/query", { filter: { subject: '"Sardines on Friday"' } });
  const [{ messageId }] = (await ana.call("Email/get", { ids, properties: ["messageId"] })).list;
  await writes("Re: Sardines on Friday, once more", { inReplyTo: messageId, references: messageId });
  await lands("Re: Sardines on Friday, once more", "$seen Archive");
  await page.getByRole("toolbar").getByRole("button", { name: "Actions" }).click();
  await picture(page, "muted");
  await page.getByRole("menuitem", { name: "Let it into the inbox again" }).click();
  await toast(page, "The conversation comes into the inbox again").waitFor();
  await writes("Re: Sardines on Friday, at last", { inReplyTo: messageId, references: messageId });
  await lands("Re: Sardines on Friday, at last", "Inbox");
  ok("a conversation is muted, and comes again when it is wanted");
}

async function blocks(page) {
  await opens(page, "The report of this quarter");
  const menu = page.locator(".message-bar").getByRole("button", { name: "Actions" });
  await menu.click();
  await page.getByRole("menuitem", { name: "Make a rule…" }).click();
  const form = dialog(page, "New rule");
  holds("it begins with the sender", (await form.getByLabel("Text", { exact: true }).inputValue()) === "<rui@example.org>");
  await button(form, "Cancel").click();
  await menu.click();
  await page.getByRole("menuitem", { name: "Block rui@example.org" }).click();
  await toast(page, "Blocked: rui@example.org").waitFor();
  await writes("Another thing");
  await lands("Another thing", "$seen Junk");
  await page.goto(`${origin}/m/settings/rules`);
  // Whom one blocks is looked at first.
  await until("it is on top", async () => (await page.locator("ol.setting-list strong").allTextContents())[0], "Blocked: rui@example.org");
  ok("a sender is blocked from the message");
}

async function inPortuguese() {
  const context = await chromium.context({ locale: "pt-PT", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  await chromium.logIn(page, "/m/");
  await page.goto(`${origin}/m/settings/rules`);
  await page.getByRole("heading", { name: "Regras" }).waitFor();
  await page.getByRole("button", { name: "Editar quarterly figures" }).click();
  await page.getByRole("dialog").getByText("O que lhe acontece").waitFor();
  await accessible(page, "a rule on a phone");
  await picture(page, "rule-phone");
  await context.close();
  ok("rules are made on a phone, in Portuguese");
}

try {
  await fill(origin, "ana@example.org", PASSWORD, 20);
  const context = await chromium.context();
  const page = await context.newPage();
  await chromium.logIn(page);
  await row(page, 0).waitFor();
  await makes(page);
  await changes(page);
  await mutes(page);
  await blocks(page);
  await inPortuguese();
  holds("faults", chromium.faults.length === 0, chromium.faults.join("\n"));
  holds("requests to strangers", chromium.strangers.length === 0, chromium.strangers.join("\n"));
  process.stdout.write("the rules are content\n");
} catch (error) {
  for (const [at, context] of chromium.running.contexts().entries()) {
    for (const [place, page] of context.pages().entries()) await picture(page, `failed-${at}-${place}`).catch(() => undefined);
  }
  throw error;
} finally {
  await chromium.close();
  await running.remove();
}
