"""imaplib against the host: IMAP PORT, IMAPS PORT, address, password."""
import imaplib
import re
import ssl
import sys
import time

port, tls_port, address, password = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def ok(answer):
    assert answer[0] == "OK", answer
    return answer[1]


def message(subject):
    return (f"From: a@example.net\r\nTo: {address}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@example.net>\r\n\r\nOlá {subject}\r\n").encode()


imap = imaplib.IMAP4("127.0.0.1", port)
ok(imap.starttls(context))
ok(imap.login(address, password))
assert "IMAP4REV1" in imap.capabilities and "STARTTLS" not in imap.capabilities, imap.capabilities
ok(imap.create('"Projects/2026"'))
ok(imap.subscribe('"Projects/2026"'))
names = b" ".join(ok(imap.list()))
assert b"Projects/2026" in names and b"\\Sent" in names, names
for number in range(5):
    ok(imap.append("INBOX", "(\\Seen)" if number % 2 else "", imaplib.Time2Internaldate(time.time()),
                   message(f"imap-{number}")))
assert ok(imap.select("INBOX")) == [b"5"]
assert ok(imap.search(None, "UNSEEN"))[0].split() == [b"1", b"3", b"5"]
assert ok(imap.search(None, "SUBJECT", '"imap-3"'))[0] == b"4"
imap.literal = "OLÁ imap-2".encode()
assert ok(imap.search("UTF-8", "TEXT"))[0] == b"3"
fetched = ok(imap.fetch("2", "(FLAGS ENVELOPE BODYSTRUCTURE RFC822.SIZE BODY.PEEK[])"))
assert fetched[0][1] == message("imap-1"), fetched
assert b"imap-1" in fetched[0][0] and b"\\Seen" in fetched[0][0], fetched
assert ok(imap.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))[0][1] == b"Subject: imap-0\r\n\r\n"
ok(imap.store("1:2", "+FLAGS", "(\\Flagged $Work)"))
assert ok(imap.search(None, "KEYWORD", "$Work"))[0] == b"1 2"
ok(imap.copy("5", '"Projects/2026"'))
ok(imap.uid("MOVE", "4", '"Projects/2026"'))
ok(imap.store("1", "+FLAGS", "\\Deleted"))
assert ok(imap.expunge())[-1] == b"1"  # the MOVE before left one, too
status = ok(imap.status('"Projects/2026"', "(MESSAGES UIDNEXT UIDVALIDITY)"))[0]
assert b"MESSAGES 2" in status, status
ok(imap.close())
ok(imap.select('"Projects/2026"', readonly=True))
subjects = [part[1] for part in ok(imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
            if isinstance(part, tuple)]
assert subjects == [b"Subject: imap-4\r\n\r\n", b"Subject: imap-3\r\n\r\n"], subjects
ok(imap.rename('"Projects/2026"', "Done"))
ok(imap.delete("Done"))
assert imap.logout()[0] == "BYE"

imap = imaplib.IMAP4_SSL("127.0.0.1", tls_port, ssl_context=context)
ok(imap.authenticate("PLAIN", lambda _: f"\0{address}\0{password}".encode()))
assert ok(imap.select("INBOX")) == [b"3"]
large = b"Subject: large\r\n\r\n" + b"x" * 76 + b"\r\n" * 1
large += (b"y" * 76 + b"\r\n") * 60_000
ok(imap.append("INBOX", "", None, large))
got = ok(imap.uid("FETCH", "6", "(BODY.PEEK[])"))
assert got[0][1] == large
part = ok(imap.uid("FETCH", "6", "(BODY.PEEK[]<100.50>)"))[0][1]
assert part == large[100:150], part
try:
    imap.login(address, "wrong")
    raise SystemExit("logged in twice")
except imaplib.IMAP4.error:
    pass
imap.logout()
try:
    imaplib.IMAP4_SSL("127.0.0.1", tls_port, ssl_context=context).login(address, "wrong")
    raise SystemExit("let in with a wrong password")
except imaplib.IMAP4.error as error:
    assert re.search("AUTHENTICATIONFAILED", str(error)), error
print("imaplib is content")
