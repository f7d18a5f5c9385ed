"""One account by IMAP, POP3 and JMAP at the same moment: whatever each of them does, in the end all of them see the same mail.

Three clients change the account at random, each by its own door and in its own thread. Two more watch from far: an IMAP client
that keeps a mirror by QRESYNC (RFC 7162), and a JMAP client that is offline all the time and catches up by /changes alone
(RFC 8620, 5.2). When the storm is over, mirrors and fresh views have to be equal.
"""

import http.client
import base64
import json
import poplib
import random
import ssl
import sys
import threading

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError
from imapclient.response_parser import parse_fetch_response

https, imaps, pop3s = (int(port) for port in sys.argv[1:4])
user, password, seed, steps = sys.argv[4], sys.argv[5], int(sys.argv[6]), int(sys.argv[7])
MAILBOXES = ["INBOX", "Work", "Work/Deep", "Archive"]
KEYWORDS = ["$seen", "$flagged", "$answered", "blue", "green"]
FLAGS = {"$seen": "\\Seen", "$flagged": "\\Flagged", "$answered": "\\Answered", "$draft": "\\Draft"}
tls = ssl.create_default_context()
tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE


def message(name):
    text = "x" * (hash(name) % 500)
    lines = [f"From: {user}", f"To: {user}", f"Subject: {name}", f"Message-ID: <{name}@test.example>", "", text, ""]
    return "\r\n".join(lines).encode()


def imap():
    client = IMAPClient("127.0.0.1", port=imaps, ssl=True, ssl_context=tls)
    client.login(user, password)
    return client


def fetch_all(client, items, modifiers=""):
    """Of all messages of the mailbox that is open, by UID; and the UIDs of those that vanished."""
    door = client._imap
    door.untagged_responses.clear()
    tag = door._command("UID", "FETCH", "1:*", f"({items})", *([f"({modifiers})"] if modifiers else []))
    said, data = door._command_complete("UID", tag)
    assert said == "OK", data
    gone = set()
    for line in door.untagged_responses.pop("VANISHED", []):
        for part in line.decode().split()[-1].split(","):
            first, _, last = part.partition(":")
            gone.update(range(int(first), int(last or first) + 1))
    return parse_fetch_response(door.untagged_responses.pop("FETCH", [None])), gone


class Jmap:
    def __init__(self):
        self.door = http.client.HTTPSConnection("127.0.0.1", https, context=tls)
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        self.head = {"Authorization": f"Basic {pair}", "Content-Type": "application/json"}
        session = self.ask("GET", "/jmap/session")
        (self.account,) = session["accounts"]

    def ask(self, method, path, body=None):
        self.door.request(method, path, body, self.head)
        answer = self.door.getresponse()
        octets = answer.read()
        assert answer.status == 200, (answer.status, octets)
        return json.loads(octets)

    def call(self, name, **arguments):
        using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"]
        calls = [[name, {"accountId": self.account, **arguments}, "0"]]
        answer = self.ask("POST", "/jmap/api", json.dumps({"using": using, "methodCalls": calls}))
        (name, arguments, _), *_ = answer["methodResponses"]
        return name, arguments

    def sure(self, name, **arguments):
        said, answer = self.call(name, **arguments)
        assert said == name, (said, answer)
        return answer


def mailbox_ids(jmap):
    """The id of each mailbox by its path."""
    all_of = {it["id"]: it for it in jmap.sure("Mailbox/get", ids=None)["list"]}

    def path(it):
        parent = all_of.get(it["parentId"])
        name = "INBOX" if it["role"] == "inbox" else it["name"]
        return f"{path(parent)}/{name}" if parent else name

    return {path(it): it["id"] for it in all_of.values()}


def all_emails(jmap):
    """All emails as a fresh client sees them."""
    properties = ["mailboxIds", "keywords", "size", "threadId"]
    found, position = {}, 0
    while True:
        ids = jmap.sure("Email/query", position=position, limit=500)["ids"]
        if not ids:
            return found
        got = jmap.sure("Email/get", ids=ids, properties=properties)
        found.update({it.pop("id"): it for it in got["list"]})
        position += len(ids)


# What changes the account.

def by_imap(dice):
    client = imap()
    for step in range(steps):
        mailbox = dice.choice(MAILBOXES)
        client.select_folder(mailbox)
        uids = client.search()
        act = dice.choice(["append", "append", "flag", "flag", "unflag", "delete", "undelete", "expunge", "copy", "move"])
        try:
            if act == "append" or not uids:
                flags = [FLAGS.get(it, it) for it in dice.sample(KEYWORDS, dice.randrange(3))]
                client.append(mailbox, message(f"imap-{seed}-{step}"), flags)
                continue
            some = dice.sample(uids, min(len(uids), dice.randrange(1, 4)))
            flag = FLAGS.get(it := dice.choice(KEYWORDS), it)
            other = dice.choice(MAILBOXES)
            if act == "flag":
                client.add_flags(some, [flag])
            elif act == "unflag":
                client.remove_flags(some, [flag])
            elif act == "delete":
                client.add_flags(some, ["\\Deleted"])
            elif act == "undelete":
                client.remove_flags(some, ["\\Deleted"])
            elif act == "expunge":
                client.expunge()
            elif act == "copy":
                client.copy(some, other)
            else:
                client.move(some, other)
        except IMAPClientError as error:
            # What another client took away in between cannot be copied any more.
            assert "no longer" in str(error) or "NO" in str(error) or "EXPUNGE" in str(error).upper(), error
    client.logout()


def by_jmap(dice):
    jmap = Jmap()
    places = [mailbox_ids(jmap)[name] for name in MAILBOXES]
    fine = {"notFound", "stateMismatch"}
    for step in range(steps):
        ids = jmap.sure("Email/query", limit=200)["ids"]
        act = dice.choice(["create", "create", "keyword", "keyword", "move", "add", "leave", "destroy"])
        if act == "create" or not ids:
            letter = {
                "mailboxIds": {it: True for it in dice.sample(places, dice.randrange(1, 3))},
                "keywords": {it: True for it in dice.sample(KEYWORDS, dice.randrange(3))},
                "subject": f"jmap-{seed}-{step}",
                "from": [{"email": user}],
                "bodyValues": {"1": {"value": "y" * dice.randrange(300)}},
                "textBody": [{"partId": "1", "type": "text/plain"}],
            }
            answer = jmap.sure("Email/set", create={"k": letter})
            assert answer["created"], answer
            continue
        some = dice.sample(ids, min(len(ids), dice.randrange(1, 4)))
        if act == "destroy":
            answer = jmap.sure("Email/set", destroy=some)
            wrong = answer["notDestroyed"] or {}
        else:
            if act == "keyword":
                patch = {f"keywords/{dice.choice(KEYWORDS)}": dice.choice([True, None])}
            elif act == "move":
                patch = {"mailboxIds": {dice.choice(places): True}}
            else:
                patch = {f"mailboxIds/{dice.choice(places)}": True if act == "add" else None}
            answer = jmap.sure("Email/set", update={it: patch for it in some})
            wrong = answer["notUpdated"] or {}
            # An email has to be in some mailbox.
            fine.add("invalidProperties")
        assert all(it["type"] in fine for it in wrong.values()), wrong


def by_pop3(dice):
    for step in range(max(1, steps // 8)):
        try:
            client = poplib.POP3_SSL("127.0.0.1", pop3s, context=tls)
            client.user(user)
            client.pass_(password)
        except poplib.error_proto as error:
            # Another session of this account may be open still.
            assert "IN-USE" in str(error), error
            continue
        listed = [line.split() for line in client.uidl()[1]]
        for number, _ in dice.sample(listed, min(len(listed), 3)):
            octets = sum(len(line) + 2 for line in client.retr(number.decode())[1])
            assert octets > 50, octets
            if dice.random() < 0.4:
                client.dele(number.decode())
        if dice.random() < 0.3:
            # Cut off: nothing is deleted (RFC 1939, 3).
            client.sock.close()
            client.file.close()
        else:
            client.quit()


# What watches it from far.

class Mirror:
    """An IMAP client that was here before, and asks for what is new since (RFC 7162, 3.2)."""

    def __init__(self):
        self.client, self.kept = imap(), {name: ({}, 0) for name in MAILBOXES}
        self.client.enable("CONDSTORE", "QRESYNC")

    def catch_up(self):
        for name in MAILBOXES:
            entries, modseq = self.kept[name]
            now = self.client.select_folder(name, readonly=True)[b"HIGHESTMODSEQ"]
            since = f"CHANGEDSINCE {modseq} VANISHED" if modseq else ""
            got, gone = fetch_all(self.client, "FLAGS EMAILID", since)
            for uid in gone:
                entries.pop(uid, None)
            for uid, it in got.items():
                entries[uid] = (frozenset(it[b"FLAGS"]) - {b"\\Recent"}, it[b"EMAILID"][0])
            self.kept[name] = (entries, now)


def catch_up(jmap, kept, state):
    """What a client that was offline does: ids that changed, then what became of them, a page at a time."""
    while True:
        answer = jmap.sure("Email/changes", sinceState=state, maxChanges=37)
        for it in answer["destroyed"]:
            assert it in kept, f"{it} is destroyed, and never was"
            del kept[it]
        for it in answer["created"]:
            assert it not in kept, f"{it} is created, and was there"
        for it in answer["updated"]:
            assert it in kept, f"{it} is updated, and never was"
        ids = answer["created"] + answer["updated"]
        got = jmap.sure("Email/get", ids=ids, properties=["mailboxIds", "keywords", "size", "threadId"])
        # What went since then is told as destroyed on a later page, or by a later question.
        for it in got["notFound"]:
            kept.setdefault(it, None)
        kept.update({it.pop("id"): it for it in got["list"]})
        state = answer["newState"]
        if not answer["hasMoreChanges"]:
            return state


def equal(what, one, other):
    if one != other:
        keys = [it for it in set(one) | set(other) if one.get(it) != other.get(it)]
        for key in sorted(keys, key=str)[:5]:
            print(f"{what}: {key}: {one.get(key)} against {other.get(key)}")
        sys.exit(f"{what}: {len(keys)} of {len(one)} differ (seed {seed})")


def fresh_view():
    client, entries = imap(), {}
    for name in MAILBOXES:
        client.select_folder(name, readonly=True)
        got, _ = fetch_all(client, "FLAGS EMAILID THREADID RFC822.SIZE")
        entries[name] = {
            uid: (frozenset(it[b"FLAGS"]) - {b"\\Recent"}, it[b"EMAILID"][0], it[b"THREADID"][0], it[b"RFC822.SIZE"])
            for uid, it in got.items()
        }
    client.logout()
    return entries


def inbox_by_pop3():
    """How many octets each message of the Inbox has by POP3, which ends it with a line end where it has none (RFC 1939, 3), and
    knows no flags: what is only marked as deleted is there."""
    client = imap()
    client.select_folder("INBOX", readonly=True)
    got, _ = fetch_all(client, "BODY.PEEK[]")
    client.logout()
    bodies = [it[b"BODY[]"] for it in got.values()]
    return sorted(len(it) + (0 if it.endswith(b"\r\n") else 2) for it in bodies)


def as_jmap(entries, places):
    """What JMAP has to show of what IMAP shows: each email once, its keywords those of any entry, $seen of all."""
    found = {}
    for name, of in entries.items():
        for flags, email, thread, size in of.values():
            if b"\\Deleted" not in flags:
                it = found.setdefault(email.decode(), {"in": set(), "flags": [], "size": size, "thread": thread.decode()})
                it["in"].add(places[name])
                it["flags"].append({flag.decode().lower().replace("\\", "$") for flag in flags})
    emails = {}
    for email, it in found.items():
        keywords = set.union(*it["flags"]) - {"$seen"}
        if all("$seen" in flags for flags in it["flags"]):
            keywords.add("$seen")
        emails[email] = {
            "mailboxIds": {place: True for place in it["in"]}, "keywords": {it: True for it in keywords},
            "size": it["size"], "threadId": it["thread"],
        }
    return emails


def main():
    client = imap()
    for name in MAILBOXES[1:]:
        if not client.folder_exists(name):
            client.create_folder(name)
    client.append("INBOX", message(f"first-{seed}"))
    client.logout()
    jmap, mirror = Jmap(), Mirror()
    kept = all_emails(jmap)
    state = jmap.sure("Email/get", ids=[])["state"]
    mirror.catch_up()
    failed = []

    def guarded(act, dice):
        try:
            act(dice)
        except BaseException as error:
            failed.append(f"{act.__name__}: {error!r}")
            raise

    acts = [by_imap, by_imap, by_jmap, by_jmap, by_pop3]
    threads = [threading.Thread(target=guarded, args=(act, random.Random(seed * 10 + at))) for at, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed, failed
    entries, places = fresh_view(), mailbox_ids(jmap)
    emails = all_emails(jmap)
    equal("JMAP and IMAP", emails, as_jmap(entries, places))
    catch_up(jmap, kept, state)
    equal("JMAP by changes and afresh", {it: of for it, of in kept.items() if of}, emails)
    assert None not in kept.values(), "an email is gone, and was not destroyed"
    mirror.catch_up()
    equal("IMAP by QRESYNC and afresh", {name: of for name, (of, _) in mirror.kept.items()},
          {name: {uid: it[:2] for uid, it in of.items()} for name, of in entries.items()})
    counts = {it["id"]: it for it in jmap.sure("Mailbox/get", ids=None)["list"]}
    for name, place in places.items():
        inside = [it for it in emails.values() if place in it["mailboxIds"]]
        assert counts[place]["totalEmails"] == len(inside), (name, counts[place], len(inside))
        threads_in = {it["threadId"] for it in inside}
        assert counts[place]["totalThreads"] == len(threads_in), (name, counts[place], len(threads_in))
    pop3 = poplib.POP3_SSL("127.0.0.1", pop3s, context=tls)
    pop3.user(user)
    pop3.pass_(password)
    sizes = sorted(int(line.split()[1]) for line in pop3.list()[1])
    assert sizes == inbox_by_pop3(), (sizes, inbox_by_pop3())
    pop3.quit()
    print(f"the doors agree: {len(emails)} emails, {sum(len(of) for of in entries.values())} entries")


main()
