// jmap-jam against the host, with an access token: a person writes, imports, sends, finds, moves and reads.

import assert from "node:assert/strict";
import JamClient from "jmap-jam";

const [https, token, sender, receiver, receiverToken] = process.argv.slice(2);
const jam = (bearerToken) => new JamClient({ bearerToken, sessionUrl: `https://127.0.0.1:${https}/.well-known/jmap` });
const ana = jam(token);
const bob = jam(receiverToken);
const accountId = await ana.getPrimaryAccount();

// Folders by their roles, and one of Ana's own.
const [{ list: mailboxes }] = await ana.api.Mailbox.get({ accountId });
const byRole = Object.fromEntries(mailboxes.map((it) => [it.role, it.id]));
const [made] = await ana.api.Mailbox.set({ accountId, create: { own: { name: "Viagens" } } });
const own = made.created.own.id;

// A message is uploaded and imported into it.
const letter = `From: ${sender}\r\nTo: ${receiver}\r\nSubject: Lisboa\r\nMessage-ID: <jam@test.example>\r\n\r\nO elevador do Carmo.\r\n`;
const uploaded = await ana.uploadBlob(accountId, new Blob([letter], { type: "message/rfc822" }));
assert.equal(uploaded.size, letter.length);
const [imported] = await ana.api.Email.import({
  accountId,
  emails: { one: { blobId: uploaded.blobId, mailboxIds: { [own]: true }, keywords: { $seen: true } } },
});
const importedId = imported.created.one.id;

// A draft is written and sent in one request, and laid into Sent. (What onSuccessUpdateEmail does comes back under the same id as the
// submission, RFC 8621, 7.5, of which jmap-jam shows one alone.)
const [{ list: identities }] = await ana.api.Identity.get({ accountId });
const [sent] = await ana.requestMany((t) => {
  const draft = t.Email.set({
    accountId,
    create: {
      draft: {
        mailboxIds: { [byRole.drafts]: true },
        keywords: { $draft: true },
        from: [{ email: sender }],
        to: [{ email: receiver }],
        subject: "Até amanhã",
        bodyValues: { text: { value: "O comboio parte às nove.\n" } },
        textBody: [{ partId: "text", type: "text/plain" }],
      },
    },
  });
  const submission = t.EmailSubmission.set({
    accountId,
    create: { sending: { emailId: "#draft", identityId: identities[0].id } },
  });
  return { draft, submission };
});
const draftId = sent.draft.created.draft.id;
assert.ok(sent.submission.created.sending.id);
await ana.api.Email.set({
  accountId,
  update: {
    [draftId]: { [`mailboxIds/${byRole.drafts}`]: null, [`mailboxIds/${byRole.sent}`]: true, "keywords/$draft": null },
  },
});
const [{ list: [after] }] = await ana.api.Email.get({ accountId, ids: [draftId], properties: ["mailboxIds", "keywords"] });
assert.deepEqual(after.mailboxIds, { [byRole.sent]: true });
assert.deepEqual(after.keywords, {});

// Found by a word in its text, with a reference between two calls; then moved.
const [found] = await ana.requestMany((t) => {
  const ids = t.Email.query({ accountId, filter: { text: "elevador" } });
  const emails = t.Email.get({ accountId, ids: ids.$ref("/ids"), properties: ["id", "subject", "bodyValues", "textBody"], fetchTextBodyValues: true });
  return { ids, emails };
});
assert.deepEqual(found.ids.ids, [importedId]);
assert.equal(Object.values(found.emails.list[0].bodyValues)[0].value, "O elevador do Carmo.\n");
const [moved] = await ana.api.Email.set({ accountId, update: { [importedId]: { mailboxIds: { [byRole.archive]: true } } } });
assert.deepEqual(Object.keys(moved.updated), [importedId]);

// Bob reads it, whole; what he has is none of Ana's.
const bobs = await bob.getPrimaryAccount();
let inbox;
for (let tries = 0; tries < 200; tries += 1) {
  const [{ ids }] = await bob.api.Email.query({ accountId: bobs, filter: { subject: "amanhã" } });
  inbox = ids;
  if (ids.length > 0) break;
  await new Promise((go) => setTimeout(go, 50));
}
const [{ list: [got] }] = await bob.api.Email.get({ accountId: bobs, ids: inbox, properties: ["blobId", "from", "subject"] });
assert.equal(got.from[0].email, sender);
const whole = await bob.downloadBlob({ accountId: bobs, blobId: got.blobId, mimeType: "message/rfc822", fileName: "carta.eml" });
assert.match(await whole.text(), /O comboio parte/);
await assert.rejects(ana.api.Email.get({ accountId: bobs, ids: null }));
console.log("jmap-jam is content");
