"""poplib against the host: POP3 PORT, POP3S PORT, LMTP PORT, address, password."""
import poplib
import smtplib
import ssl
import sys

port, tls_port, lmtp_port = (int(word) for word in sys.argv[1:4])
address, password = sys.argv[4], sys.argv[5]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE

bodies = ["Hello\r\n", ".\r\n..\r\n.dot\r\n", "", "long " + "x" * 900 + "\r\n", "last line without end"]
with smtplib.LMTP("127.0.0.1", lmtp_port) as lmtp:
    for number, body in enumerate(bodies):
        text = f"From: a@example.net\r\nTo: {address}\r\nSubject: pop-{number}\r\n\r\n{body}"
        assert lmtp.sendmail("a@example.net", [address], text.encode()) == {}

clear = poplib.POP3("127.0.0.1", port)
assert "STLS" in clear.capa(), clear.capa()
clear.stls(context)
capabilities = clear.capa()
assert "STLS" not in capabilities and {"UIDL", "TOP", "PIPELINING", "USER", "RESP-CODES"} <= set(capabilities)
clear.user(address)
clear.pass_(password)
count, octets = clear.stat()
assert count == len(bodies), count
listed = [int(line.split()[1]) for line in clear.list()[1]]
assert sum(listed) == octets
ids = [line.split()[1] for line in clear.uidl()[1]]
assert len(set(ids)) == count
for number, body in enumerate(bodies, 1):
    _, lines, size = clear.retr(number)
    # poplib counts the line ends of what came, not the dots it took away.
    assert sum(len(line) + 2 for line in lines) == listed[number - 1], (number, size, listed)
    text = b"\r\n".join(lines)
    assert f"Subject: pop-{number - 1}".encode() in text
    assert text.endswith(body.rstrip("\r\n").encode()), (number, text)
    top = clear.top(number, 0)[1]
    assert top[-1] == b"" and not any(b"Hello" in line for line in top), top
try:
    poplib.POP3_SSL("127.0.0.1", tls_port, context=context).user(address)
    second = poplib.POP3_SSL("127.0.0.1", tls_port, context=context)
    second.user(address)
    second.pass_(password)
    raise SystemExit("two sessions at once")
except poplib.error_proto as error:
    assert b"[IN-USE]" in error.args[0], error
clear.dele(1)
clear.dele(2)
assert clear.stat()[0] == count - 2
clear.rset()
assert clear.stat()[0] == count
clear.dele(2)
for wrong in (0, 2, count + 1):
    try:
        clear.retr(wrong)
        raise SystemExit(f"RETR {wrong} was answered")
    except poplib.error_proto:
        pass
clear.quit()

tls = poplib.POP3_SSL("127.0.0.1", tls_port, context=context)
tls.user(address)
tls.pass_(password)
assert [line.split()[1] for line in tls.uidl()[1]] == ids[:1] + ids[2:]
tls.dele(1)
tls.close()

tls = poplib.POP3_SSL("127.0.0.1", tls_port, context=context)
tls.user(address)
tls.pass_(password)
assert tls.stat()[0] == count - 1, "a cut connection removed mail"
tls.quit()
print("poplib is content")
