"""imapclient and imap_tools sort and thread: PORT, address, password."""
import sys

import imap_tools
import imapclient

port, address, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]

MAIL = [
    ("lunch", "3 Jan 2024", None), ("Re: lunch", "5 Jan 2024", 0), ("apple", "1 Jan 2024", None),
    ("Re: lunch", "4 Jan 2024", 0), ("Éclair", "2 Jan 2024", None),
]
client = imapclient.IMAPClient("127.0.0.1", port, ssl=False)
client.login(address, password)
for number, (subject, date, answers) in enumerate(MAIL):
    reference = "" if answers is None else f"References: <{answers}@x>\r\n"
    client.append("INBOX", f"From: p{9 - number}@example.net\r\nSubject: {subject}\r\nDate: {date} 10:00:00 +0000\r\n"
                           f"Message-ID: <{number}@x>\r\n{reference}\r\n{'x' * 100 * (number % 3)}\r\n".encode())
client.select_folder("INBOX")
assert client.has_capability("SORT") and client.has_capability("THREAD=REFERENCES")
assert client.sort(["SUBJECT"]) == [3, 5, 1, 2, 4], client.sort(["SUBJECT"])
assert client.sort(["REVERSE DATE"], ["SUBJECT", "lunch"]) == [2, 4, 1]
assert client.sort("FROM", charset="UTF-8") == [5, 4, 3, 2, 1]
threads = client.thread("REFERENCES")
assert threads == ((3,), (5,), (1, (4,), (2,))), threads
threads = client.thread("ORDEREDSUBJECT", ["SUBJECT", "lunch"])
assert threads == ((1, (4,), (2,)),), threads
client.logout()

with imap_tools.MailBoxUnencrypted("127.0.0.1", port).login(address, password) as mailbox:
    dates = [message.uid for message in mailbox.fetch(sort=imap_tools.SortCriteria.DATE_ASC, mark_seen=False)]
    assert dates == ["3", "5", "1", "4", "2"], dates
    subjects = mailbox.uids(sort=imap_tools.SortCriteria.SUBJECT_DESC)
    assert subjects == ["1", "2", "4", "5", "3"], subjects
print("is content")
