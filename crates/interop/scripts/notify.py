"""imapclient hears of all mailboxes over one connection, without IDLE (NOTIFY, RFC 5465): PORT, address, password."""
import sys
import time

import imapclient

port, address, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]


def connect():
    client = imapclient.IMAPClient("127.0.0.1", port, ssl=False)
    client.login(address, password)
    return client


def hear(client, *wanted):
    """Waits until all of these were told, in any order, and nothing else."""
    heard, until = [], time.monotonic() + 20
    while len(heard) < len(wanted) and time.monotonic() < until:
        heard += client.idle_check(timeout=1)
    assert len(heard) == len(wanted), (heard, wanted)
    for kind, has in wanted:
        assert any(kind in response and has in repr(response) for response in heard), (heard, kind, has)


listener, other = connect(), connect()
assert listener.has_capability("NOTIFY")
other.create_folder("Work")
other.append("INBOX", b"Subject: first\r\n\r\nx\r\n")
listener.select_folder("INBOX")
answer = listener._imap.xatom(
    "NOTIFY", "SET STATUS (selected (MessageNew (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)]) MessageExpunge FlagChange))"
              " (personal (MessageNew MessageExpunge MailboxName SubscriptionChange))")
assert answer[0] == "OK", answer
assert any(b"Work" in status for status in listener._imap.untagged_responses["STATUS"])
listener._imap.untagged_responses.clear()

other.append("Work", b"Subject: second\r\n\r\nx\r\n")
hear(listener, (b"STATUS", "Work"))
other.rename_folder("Work", "Play")
hear(listener, (b"LIST", "OLDNAME"))
other.subscribe_folder("Play")
hear(listener, (b"LIST", "Subscribed"))
other.select_folder("INBOX")
other.set_flags([1], [imapclient.FLAGGED])
hear(listener, (b"FETCH", "Flagged"))
other.delete_messages([1])
hear(listener, (b"FETCH", "Deleted"))
other.expunge()
hear(listener, (b"EXPUNGE", "1"))
# What it does itself, it does not hear.
listener.create_folder("Own")
other.create_folder("Others")
hear(listener, (b"LIST", "Others"))
listener.logout()
other.logout()
print("is content")
