"""jmapc against the host: one person writes and sends, the other reads, orders and keeps up; IMAP sees the same mail."""

import imaplib
import ssl
import sys
import time

import jmapc
import urllib3
from jmapc import (
    Address, Comparator, Email, EmailAddress, EmailBodyPart, EmailBodyValue, EmailQueryFilterCondition, EmailSubmission,
    Envelope, MailboxQueryFilterCondition, Ref,
)
from jmapc.methods import (
    EmailChanges, EmailGet, EmailQuery, EmailSet, EmailSubmissionSet, IdentityGet, MailboxChanges, MailboxGet,
    MailboxQuery, MailboxSet, SearchSnippetGet, ThreadGet,
)

https, imaps, sender, receiver, password = sys.argv[1:6]
urllib3.disable_warnings()


def client(user):
    made = jmapc.Client.create_with_password(f"127.0.0.1:{https}", user, password)
    # Else certificates that the environment names would be asked all the same.
    made.requests_session.trust_env, made.requests_session.verify = False, False
    return made


def one(of, method):
    return of.request(method, raise_errors=True, single_response=True)


def mailboxes(of):
    found = one(of, MailboxGet(ids=None))
    return {mailbox.role or mailbox.name: mailbox.id for mailbox in found.data}, found.state


ana, bob = client(sender), client(receiver)
assert "urn:ietf:params:jmap:mail" in ana.jmap_session.capabilities.urns

# Ana writes a letter, and sends it.
hers, _ = mailboxes(ana)
assert {"inbox", "drafts", "sent", "trash", "junk", "archive"} <= set(hers), hers
identity = one(ana, IdentityGet(ids=None)).data[0]
assert identity.email == sender, identity
letter = Email(
    mail_from=[EmailAddress(name="Ana Conceição", email=sender)],
    to=[EmailAddress(name="Bob", email=receiver)],
    subject="Olá, coração: uma carta",
    keywords={"$draft": True, "$seen": True},
    mailbox_ids={hers["drafts"]: True},
    body_values={"text": EmailBodyValue(value="Bom dia, Bob.\nA baleia azul passou ontem.\n")},
    text_body=[EmailBodyPart(part_id="text", type="text/plain")],
)
answers = ana.request([
    EmailSet(create={"letter": letter}),
    EmailSubmissionSet(
        on_success_update_email={
            "#sending": {
                f"mailboxIds/{hers['drafts']}": None,
                f"mailboxIds/{hers['sent']}": True,
                "keywords/$draft": None,
            }
        },
        create={
            "sending": EmailSubmission(
                email_id="#letter",
                identity_id=identity.id,
                envelope=Envelope(mail_from=Address(email=sender), rcpt_to=[Address(email=receiver)]),
            )
        },
    ),
], raise_errors=True)
made = answers[0].response.created["letter"]
sent = one(ana, EmailQuery(filter=EmailQueryFilterCondition(in_mailbox=hers["sent"])))
assert sent.ids == [made.id], (sent.ids, made)

# Bob finds it, whole.
his, mailbox_state = mailboxes(bob)
before = one(bob, EmailGet(ids=[])).state
for _ in range(600):
    found = one(bob, EmailQuery(filter=EmailQueryFilterCondition(in_mailbox=his["inbox"]), calculate_total=True))
    if found.ids:
        break
    time.sleep(0.1)
assert found.total == 1, found
answers = bob.request([
    EmailQuery(filter=EmailQueryFilterCondition(text="baleia"), sort=[Comparator(property="receivedAt", is_ascending=False)]),
    EmailGet(ids=Ref("/ids"), fetch_text_body_values=True),
    SearchSnippetGet(ids=Ref("/ids", method=0), filter=EmailQueryFilterCondition(text="baleia")),
], raise_errors=True)
email = answers[1].response.data[0]
assert email.subject == "Olá, coração: uma carta", email.subject
assert email.mail_from[0].name == "Ana Conceição", email.mail_from
value = email.body_values[email.text_body[0].part_id].value
assert value.replace("\r\n", "\n") == "Bom dia, Bob.\nA baleia azul passou ontem.\n", repr(value)
assert email.preview.startswith("Bom dia, Bob."), email.preview
snippet = answers[2].response.data[0]
assert "<mark>baleia</mark>" in snippet.preview, snippet
thread = one(bob, ThreadGet(ids=[email.thread_id])).data[0]
assert thread.email_ids == [email.id], thread

# He puts it into a folder of his own, with a star, and hears of what changed.
folder = one(bob, MailboxSet(create={"f": jmapc.Mailbox(name="Cartas", parent_id=None)})).created["f"].id
patch = {f"mailboxIds/{his['inbox']}": None, f"mailboxIds/{folder}": True, "keywords/$flagged": True, "keywords/$seen": True}
done = one(bob, EmailSet(update={email.id: patch}))
assert email.id in done.updated, done
changes = one(bob, EmailChanges(since_state=before))
assert email.id in changes.created + changes.updated and not changes.destroyed, changes
changes = one(bob, MailboxChanges(since_state=mailbox_state))
assert folder in changes.created and his["inbox"] in changes.updated, changes
query = one(bob, MailboxQuery(filter=MailboxQueryFilterCondition(name="Cartas")))
assert query.ids == [folder], query

# IMAP shows the same.
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
imap = imaplib.IMAP4_SSL("127.0.0.1", int(imaps), ssl_context=context)
imap.login(receiver, password)
assert imap.select("Cartas")[1] == [b"1"]
line = imap.fetch("1", "(FLAGS EMAILID THREADID)")[1][0].decode()
assert "\\Flagged" in line and "\\Seen" in line, line
assert f"EMAILID ({email.id})" in line and f"THREADID ({email.thread_id})" in line, line

# What is marked as deleted there is gone here, and comes back with the mark taken off.
state = one(bob, EmailGet(ids=[])).state
imap.store("1", "+FLAGS", "\\Deleted")
assert one(bob, EmailGet(ids=[email.id])).not_found == [email.id]
changes = one(bob, EmailChanges(since_state=state))
assert changes.destroyed == [email.id], changes
imap.store("1", "-FLAGS", "\\Deleted")
changes = one(bob, EmailChanges(since_state=changes.new_state))
assert changes.created == [email.id], changes
done = one(bob, EmailSet(destroy=[email.id, "Mnone"]))
assert done.destroyed == [email.id] and done.not_destroyed["Mnone"].type == "notFound", done
imap.noop()
assert imap.search(None, "ALL")[1] == [b""]
imap.logout()

print("jmapc is content")
