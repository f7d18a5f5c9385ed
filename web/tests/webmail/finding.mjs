// The search line.
import { rowWith, until } from "../browser.mjs";
import { accessible, button, dialog, ok, toast } from "./around.mjs";

export async function searches(page) {
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

export async function finds(page) {
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
