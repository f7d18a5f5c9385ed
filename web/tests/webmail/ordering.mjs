// What is done to messages and folders, by buttons, keys, fingers and dragging, and undone.
import { holds, rowWith, until } from "../browser.mjs";
import { accessible, button, client, dialog, host, inbox, mailbox, ok, placesOf, toast, toolbar } from "./around.mjs";

export async function acts(page) {
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

export async function chooses(page) {
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

export async function destroys(page) {
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

export async function folders(page) {
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

export async function orders(page) {
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

export async function wipes() {
  const context = await host.context({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await host.logIn(page);
  const cdp = await context.newCDPSession(page);
  const touch = (type, ...touchPoints) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints });
  // What follows the finger comes after the list: on a slow machine the first try may be too early.
  const wipe = async () => {
    const { y, height } = await rowWith(page, "Slides for Thursday").boundingBox();
    await touch("touchStart", { x: 120, y: y + height / 2 });
    for (let x = 130; x <= 320; x += 10) await touch("touchMove", { x, y: y + height / 2 });
    const said = await rowWith(page, "Slides for Thursday").getAttribute("data-said");
    if (said === null) await touch("touchCancel");
    return said;
  };
  await until("it says what it does", wipe, "Archive");
  await touch("touchEnd");
  await button(toast(page, "2 messages archived"), "Undo").click();
  await rowWith(page, "Slides for Thursday").waitFor();
  await context.close();
  ok("a row that is wiped aside is archived, and comes back");
}
