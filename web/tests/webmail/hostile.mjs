// What is text stays text.
import { holds, row, rowWith } from "../browser.mjs";
import { button, client, dialog, host, inbox, ok, user } from "./around.mjs";

/** What is text stays text, wherever mail is shown. */
export async function hostile(page) {
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
  // Beside others who want the processor, too, laying that out takes its time.
  await page.frameLocator("iframe.body").getByText("the end of it").waitFor({ timeout: 120_000 });
  holds("nothing ran", !(await page.title()).includes("hit"));
  holds("nothing asked for what lies elsewhere", host.strangers.length === 0, host.strangers.join(" "));
  ok("hostile names, subjects, file names, bodies, snippets and sources are text");
}
