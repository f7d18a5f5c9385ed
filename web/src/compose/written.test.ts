import { describe, expect, test } from "vitest";
import { STOPS, doubts, speaksOfFiles } from "./checks.ts";
import { type FileState, missing, namesMissing, stateOf } from "./files.ts";
import { type Attachment, type Draft, emptyDraft } from "./draft.ts";
import { choices, mayBe } from "./later.ts";
import { emailOf, envelopeOf, wholeHtml, wholeText } from "./message.ts";
import { type Node_, htmlOf, textOf } from "./nodes.ts";
import type { Identity, Original } from "./original.ts";
import { asHtml, forwardLines, quoted } from "./quoting.ts";
import { exchanged, htmlSignature, signedText } from "./signature.ts";

/** Nodes as a browser has them: `["b", { class: "x" }, "text", …]`. */
type Tree = string | [string, Record<string, string>, ...Tree[]];
function node(tree: Tree): Node_ {
  if (typeof tree === "string") return { nodeType: 3, nodeName: "#text", nodeValue: tree, childNodes: [] };
  const [name, attributes, ...children] = tree;
  return {
    nodeType: 1,
    nodeName: name.toUpperCase(),
    nodeValue: null,
    childNodes: children.map(node),
    getAttribute: (attribute) => attributes[attribute] ?? null,
  };
}
const root = (...children: Tree[]) => node(["div", {}, ...children]);
const keep = (src: string) => src;

describe("the text of what is rich", () => {
  const cases: [string, Tree[], string][] = [
    ["lines", [["div", {}, "one"], ["div", {}, "two"]], "one\ntwo"],
    ["an empty line", [["div", {}, "one"], ["div", {}, ["br", {}]], ["div", {}, "two"]], "one\n\ntwo"],
    ["inline parts", [["div", {}, "a ", ["b", {}, "b"], " c"]], "a b c"],
    ["a list", [["ul", {}, ["li", {}, "x"], ["li", {}, "y"]]], "• x\n• y"],
    ["a numbered list", [["ol", { start: "3" }, ["li", {}, ["div", {}, "x"]], ["li", {}, "y"]]], "3. x\n4. y"],
    ["an item of two lines", [["ul", {}, ["li", {}, ["div", {}, "x"], ["div", {}, "y"]]]], "• x\n  y"],
    ["a quote", [["blockquote", {}, ["div", {}, "x"], ["blockquote", {}, "y"]], ["div", {}, "z"]], "> x\n>> y\nz"],
    ["a link", [["div", {}, ["a", { href: "https://x.example/a" }, "here"]]], "here <https://x.example/a>"],
    ["a link that says where", [["div", {}, ["a", { href: "https://x.example/" }, "x.example"]]], "x.example"],
    ["an address", [["div", {}, ["a", { href: "mailto:a@x.y" }, "a@x.y"]]], "a@x.y"],
    ["a signature", [["div", {}, "Hi"], ["div", { class: "correio-signature" }, ["div", {}, "Ana"]]], "Hi\n-- \nAna"],
    ["text as it was", [["pre", {}, "a\n  b"]], "a\n  b"],
    ["spaces", [["div", {}, "a\u00a0\u00a0b \n  c\u200b"]], "a  b c"],
  ];
  test.each(cases)("%s", (_, trees, want) => expect(textOf(root(...trees))).toBe(want));
});

test("HTML is written of nodes alone, with what is in them escaped", () => {
  const html = htmlOf(root(["div", { onclick: "x()", dir: "rtl" }, 'a<b>&"\u200b', ["br", {}], ["a", { href: 'h"' }, "x"]]), keep);
  expect(html).toBe('<div dir="rtl">a&lt;b&gt;&amp;&quot;<br><a href="h&quot;">x</a></div>');
  const pictures = root(["img", { src: "blob:1", alt: "p" }], ["img", { src: "https://x/" }]);
  expect(htmlOf(pictures, (src) => (src === "blob:1" ? "cid:p" : null))).toBe('<img src="cid:p" alt="p" style="max-width:100%">');
});

describe("quotes", () => {
  test("each line, and one more for what was quoted", () => expect(quoted("a\r\n\r\n> b\n>c\n\n")).toBe("> a\n>\n>> b\n>>c"));
  test("as HTML", () => expect(asHtml("a<b\n\nc  d")).toBe("<div>a&lt;b</div><div><br></div><div>c&nbsp; d</div>"));
  test("the head of what is passed on", () => {
    const original = { from: [{ name: "Ana, S.", email: "a@x.y" }], to: null, cc: null, subject: "Hi", sentAt: "S", receivedAt: "R" } as unknown as Original;
    const words = { forwarded: "Forwarded message", from: "From", date: "Date", subject: "Subject", to: "To", cc: "Cc" };
    expect(forwardLines(original, words, (at) => `at ${at}`)).toEqual([
      "---------- Forwarded message ----------",
      'From: "Ana, S." <a@x.y>',
      "Date: at S",
      "Subject: Hi",
    ]);
  });
});

const identity: Identity = { id: "I1", name: "Me", email: "me@example.org", replyTo: null, bcc: [{ name: null, email: "Archive@x.y" }], textSignature: "Me\nHere", htmlSignature: "", mayDelete: true };
const to = (email: string) => ({ name: null, email, isAddress: true });
const file = (cid: string | null, blobId: string | null = "B1"): Attachment => ({ key: "k", blobId, name: "a.png", type: "image/png", size: 3, cid });
const draft = (said: Partial<Draft> = {}): Draft => ({ ...emptyDraft("d"), to: [to("a@x.y")], subject: "S", ...said });
/** The types of the parts: `mixed(alternative(plain html) png)`. */
function shape(part: unknown): string {
  const { type, subParts } = part as { type: string; subParts?: unknown[] };
  const name = type.replace(/^\w+\//, "");
  return subParts ? `${name}(${subParts.map(shape).join(" ")})` : name;
}

describe("the message", () => {
  const rich = { html: '<img src="cid:c1">', text: "t" };
  const cases: [string, Draft, { html: string | null; text: string }, string][] = [
    ["plain", draft(), { html: null, text: "t" }, "plain"],
    ["plain with a file", draft({ attachments: [file(null)] }), { html: null, text: "t" }, "mixed(plain png)"],
    ["rich", draft(), rich, "alternative(plain html)"],
    ["a picture in the text", draft({ attachments: [file("c1")] }), rich, "alternative(plain related(html png))"],
    ["a picture that the text has no more", draft({ attachments: [file("c2")] }), rich, "mixed(alternative(plain html) png)"],
    ["all of it", draft({ attachments: [file("c1"), file(null)] }), rich, "mixed(alternative(plain related(html png)) png)"],
    ["what is not there yet", draft({ attachments: [file(null, null)] }), rich, "alternative(plain html)"],
  ];
  test.each(cases)("%s", (_, one, written, want) => expect(shape(emailOf(one, identity, written)["bodyStructure"])).toBe(want));

  test("its fields, and none that say nothing", () => {
    const email = emailOf(draft({ inReplyTo: ["m"], references: ["l", "m"] }), identity, { html: null, text: "t" });
    expect(email).toEqual({
      from: [{ name: "Me", email: "me@example.org" }],
      to: [{ name: null, email: "a@x.y" }],
      subject: "S",
      inReplyTo: ["m"],
      references: ["l", "m"],
      bodyValues: { text: { value: "t\n" } },
      bodyStructure: { partId: "text", type: "text/plain" },
    });
  });

  test("a receipt is asked for by whom it is from", () => {
    const email = emailOf(draft({ wantsReceipt: true }), identity, { html: null, text: "t" });
    expect(email["header:Disposition-Notification-To:asAddresses"]).toEqual([{ name: "Me", email: "me@example.org" }]);
  });

  test("what was quoted goes as it was", () => {
    const quote = { head: ["Ana <a@x.y> wrote:"], isForward: false, html: "<p onx>as <i>it</i> was</p>", text: "as it was", emailId: null };
    expect(wholeHtml(quote, "<div>Hi</div>")).toContain('<div>Hi</div><br><div class="correio-quote"><div><div>Ana &lt;a@x.y&gt; wrote:</div></div>');
    expect(wholeHtml(quote, "")).toContain("<p onx>as <i>it</i> was</p></blockquote>");
    expect(wholeText(quote, "Hi")).toBe("Hi\n\nAna <a@x.y> wrote:\n> as it was\n");
    expect(wholeText({ ...quote, isForward: true }, "Hi")).toBe("Hi\n\nAna <a@x.y> wrote:\n\nas it was\n");
  });

  test("it goes to everybody once, and when it shall", () => {
    const many = draft({ cc: [to("A@x.y"), to("b@x.y")], bcc: [to("c@x.y")] });
    expect(envelopeOf(many, identity, { HOLDFOR: "8" })).toEqual({
      mailFrom: { email: "me@example.org", parameters: { HOLDFOR: "8" } },
      rcptTo: ["a@x.y", "b@x.y", "c@x.y", "Archive@x.y"].map((email) => ({ email, parameters: null })),
    });
  });
});

describe("signatures", () => {
  const cases: [string, string, string, string, string][] = [
    ["exchanged", "Hi\n\n-- \nMe", "Me", "You", "Hi\n\n-- \nYou"],
    ["with a quote below", "Hi\n\n-- \nMe\n\n> x", "Me", "You", "Hi\n\n-- \nYou\n\n> x"],
    ["taken out", "Hi\n\n-- \nMe", "Me", "", "Hi"],
    ["put there", "Hi", "", "You", "Hi\n\n-- \nYou"],
    ["changed by hand: left alone", "Hi\n\n-- \nMe!", "Me", "You", "Hi\n\n-- \nMe!"],
    ["taken away by hand: left alone", "Hi", "Me", "You", "Hi"],
    ["the same", "Hi", "Me", "Me", "Hi"],
  ];
  test.each(cases)("%s", (_, text, from, next, want) => expect(exchanged(text, from, next)).toBe(want));
  test("of text, as HTML", () => expect(htmlSignature(identity)).toBe("<div>Me</div><div>Here</div>"));
  test("there is room to write above", () => expect(signedText("Me")).toBe("\n\n-- \nMe"));
});

describe("doubts", () => {
  const yes = [
    "I attached the file",
    "I've attached it",
    "Please find attached the report.",
    "see attachment",
    "The invoice is attached.",
    "Attached is the plan",
    "Segue em anexo o relatório",
    "Envio em anexo.",
    "Seguem os documentos em anexo",
    "Anexei o ficheiro",
    "Segue anexado",
    "Anexo o contrato",
    "Os ficheiros vão anexados",
  ];
  test.each(yes)("%j speaks of files", (text) => expect(speaksOfFiles(text)).toBe(true));
  const no = [
    "I am very attached to this house",
    "O anexo do hospital",
    "> I attached the file\nThanks!",
    "Thanks!\n-- \nsee attached terms",
    "Sem mais",
  ];
  test.each(no)("%j does not", (text) => expect(speaksOfFiles(text)).toBe(false));

  const there = () => "there" as const;
  test("what stops comes first", () => {
    const coming = { attachments: [file(null, null)] };
    expect(doubts(draft({ ...coming, to: [] }), "", () => "coming")).toEqual(["noRecipients", "uploading"]);
    const vague = { to: [{ ...to("ana"), isAddress: false }], subject: " " };
    expect(doubts(draft(vague), "I attached it", there)).toEqual(["badRecipients", "noSubject", "forgotten"]);
    expect(doubts(draft({ attachments: [file(null)] }), "I attached it", there)).toEqual([]);
    expect(doubts(draft({ attachments: [{ ...file(null), size: 30_000_000 }] }), "", there)).toEqual(["large"]);
    const many = Array.from({ length: 26 }, (_, n) => to(`a${n}@x.y`));
    expect(doubts(draft({ to: many }), "", there)).toEqual(["many"]);
    // Who gets a blind copy is seen by nobody.
    expect(doubts(draft({ bcc: many }), "", there)).toEqual([]);
  });
  test("no file stays behind in silence", () => {
    const states: Record<string, FileState> = { a: "there", b: "coming", c: "failed" };
    const with_ = (...keys: string[]) => draft({ attachments: keys.map((key) => ({ ...file(null, null), key })) });
    const found = (...keys: string[]) => doubts(with_(...keys), "", ({ key }) => states[key] ?? "failed");
    expect(found("a")).toEqual([]);
    expect(found("a", "b")).toEqual(["uploading"]);
    // What waits does not help where something failed.
    expect(found("a", "b", "c")).toEqual(["notUploaded"]);
    expect(STOPS).toContain("notUploaded");
  });
});

describe("how far a file is", () => {
  const cases: [string, string | null, { failed?: "tooLarge" | "unreachable" } | undefined, boolean, FileState][] = [
    ["on the host", "B1", undefined, false, "there"],
    ["on its way, or about to go", null, {}, false, "coming"],
    ["stopped on its way", null, { failed: "unreachable" }, false, "failed"],
    ["nowhere: the browser that had it was closed", null, undefined, false, "failed"],
    ["without a connection it goes with the message", null, { failed: "unreachable" }, true, "there"],
    ["and so does what is on its way", null, {}, true, "there"],
    ["but not what the host will not take", null, { failed: "tooLarge" }, true, "failed"],
    ["nor what is nowhere", null, undefined, true, "failed"],
  ];
  test.each(cases)("%s", (_, blobId, way, isAway, want) => {
    const ways = new Map(way ? [["k", { failed: undefined, ...way }]] : []);
    expect(stateOf(file(null, blobId), ways, isAway)).toBe(want);
  });
});

describe("a draft says which files are missing", () => {
  const named = (name: string, blobId: string | null = null) => ({ ...file(null, blobId), name });
  test("by names that come back", () => {
    const names = ["nota.txt", "a  b %20.png", "ação \u{1f600}.pdf"];
    const said = namesMissing([named("there", "B1"), ...names.map((name) => named(name))]);
    expect(said).toMatch(/^[!-~ ]+$/);
    expect(missing(said, () => "n").map(({ name }) => name)).toEqual(names);
    expect(missing(said, () => "n")[0]).toMatchObject({ key: "n", blobId: null, cid: null });
  });
  test("or nothing", () => {
    expect(namesMissing([named("there", "B1")])).toBe(null);
    expect(missing(null, () => "n")).toEqual([]);
  });
  test("whatever stands there", () => {
    expect(missing("100% a", () => "n").map(({ name }) => name)).toEqual(["100%", "a"]);
    expect(missing("x ".repeat(1000), () => "n")).toHaveLength(50);
    expect(namesMissing([named(`\ud83d${"\u{1f600}".repeat(200)}`)])).toBe(encodeURIComponent("\u{1f600}".repeat(100)));
  });
});

describe("later", () => {
  const kinds = (now: Date) => choices(now).map(({ kind }) => kind);
  test("in the morning", () => expect(kinds(new Date(2026, 10, 25, 9))).toEqual(["hour", "evening", "morning", "monday"]));
  test("late in the evening", () => expect(kinds(new Date(2026, 10, 25, 22))).toEqual(["hour", "morning", "monday"]));
  test("on Sunday tomorrow is Monday", () => expect(kinds(new Date(2026, 10, 29, 12))).toEqual(["hour", "evening", "morning"]));
  test("all are to come, the host holds them, and none twice", () => {
    for (let hours = 0; hours < 24 * 7; hours += 1) {
      const now = new Date(2026, 10, 23, hours, 31);
      const times = choices(now).map(({ at }) => at.getTime());
      expect(times.every((at) => mayBe(new Date(at), now, 30 * 24 * 3600))).toBe(true);
      expect(new Set(times).size).toBe(times.length);
    }
  });
  test("not in the past, and not for ever", () => {
    const now = new Date(2026, 10, 23);
    expect(mayBe(now, now, 100_000)).toBe(false);
    expect(mayBe(new Date(2026, 11, 23), now, 100_000)).toBe(false);
  });
});
