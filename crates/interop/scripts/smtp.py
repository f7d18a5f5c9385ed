"""smtplib against the host: SMTP, SUBMISSION, SUBMISSIONS, IMAP ports, address, other address, password."""
import imaplib
import smtplib
import ssl
import sys
from email.message import EmailMessage

smtp_port, submission_port, tls_port, imap_port = (int(word) for word in sys.argv[1:5])
address, other, password = sys.argv[5:8]
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE


def message(subject, to):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = address, to, subject
    mail.set_content("Bom dia, açúcar e café.\n")
    mail.add_attachment(bytes(range(256)) * 40, maintype="application", subtype="octet-stream",
                        filename="octets.bin")
    return mail


with smtplib.SMTP("127.0.0.1", submission_port) as smtp:
    smtp.ehlo()
    assert smtp.has_extn("starttls") and smtp.has_extn("size") and smtp.has_extn("8bitmime")
    try:
        smtp.sendmail(address, [other], "Subject: no login\r\n\r\n")
        raise SystemExit("submission without a login")
    except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused):
        pass
    smtp.starttls(context=context)
    smtp.ehlo()
    assert smtp.has_extn("auth")
    try:
        smtp.login(address, "wrong")
        raise SystemExit("let in with a wrong password")
    except smtplib.SMTPAuthenticationError as error:
        assert error.smtp_code == 535, error
    smtp.login(address, password)
    assert smtp.send_message(message("submission", other)) == {}
    try:
        smtp.sendmail("stranger@example.net", [other], "Subject: spoofed\r\n\r\n")
        raise SystemExit("sent under a strange address")
    except (smtplib.SMTPSenderRefused, smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError):
        pass

with smtplib.SMTP_SSL("127.0.0.1", tls_port, context=context) as smtp:
    smtp.login(address, password)
    assert smtp.send_message(message("submissions", other)) == {}

with smtplib.SMTP("127.0.0.1", smtp_port) as smtp:
    assert smtp.sendmail("sender@example.net", [other], "Subject: from outside\r\n\r\nHi\r\n") == {}
    for stranger in ("nobody@example.org", "somebody@example.com"):
        try:
            smtp.sendmail("sender@example.net", [stranger], "Subject: relay\r\n\r\n")
            raise SystemExit(f"took mail for {stranger}")
        except smtplib.SMTPRecipientsRefused as error:
            assert 500 <= error.recipients[stranger][0] < 600, error
        smtp.rset()

imap = imaplib.IMAP4("127.0.0.1", imap_port)
imap.login(other, password)
assert imap.select("INBOX")[1] == [b"3"], "three messages should have come"
found = imap.fetch("1:3", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
subjects = [part[1].strip() for part in found if isinstance(part, tuple)]
assert subjects == [b"Subject: submission", b"Subject: submissions", b"Subject: from outside"], subjects
imap.logout()
print("smtplib is content")
