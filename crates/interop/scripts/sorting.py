"""SORT and THREAD beside Dovecot: our PORT, address, password, Dovecot's PORT, its user, its password, PROGRAMS, SEED, and, perhaps, a
FOLDER with real mails, one a file: 3,000 of them take the place of 300 that are made up.

The same mail goes into both; each program has to give the same answer, or a difference that the standard explains.
"""
import email.header
import email.utils
import imaplib
import pathlib
import random
import re
import sys

port, address, password, other_port, other_user, other_password, programs, seed = sys.argv[1:9]
folder = sys.argv[9] if len(sys.argv) > 9 else None
dice = random.Random(int(seed))

WORDS = ["lunch", "Lunch", "LUNCH plan", "caf\u00e9", "CAFE\u0301", "\u00c9clair", "stra\u00dfe", "apple", "zebra",
         "\u03c3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2", "\u65e5\u672c", "10", "9", "a  b", "a b"]
MARKS = ["Re: ", "RE: ", "Fwd: ", "fw:", "[list] ", "Re[2]: ", "[x][y] ", "re : "]
ENDS = ["", "", "", " (fwd)", "  "]
PEOPLE = [("Ana", "ana"), ("", "bo"), ("Z\u00e9", "ze"), ("carl", "Carl"), ("\u00c9mile", "emile"), ("bert", "ANA"),
          ("Lima, Rita", "rita"), ("", "Dora")]


def encoded(text):
    if text.isascii():
        return text
    return email.header.Header(text, "utf-8", maxlinelen=900).encode()


def addresses(count):
    found = []
    for _ in range(count):
        name, box = dice.choice(PEOPLE)
        spec = f"{box}@example.{dice.choice(['org', 'net'])}"
        if not name:
            found.append(spec)
        elif "," in name:
            found.append(f'"{name}" <{spec}>')
        else:
            found.append(f"{encoded(name)} <{spec}>")
    return ", ".join(found)


def message(number, ids):
    lines = []
    if dice.random() < 0.95:
        lines.append(f"From: {addresses(1)}")
    if dice.random() < 0.9:
        lines.append(f"To: {addresses(dice.randint(1, 3))}")
    if dice.random() < 0.4:
        lines.append(f"Cc: {addresses(dice.randint(1, 2))}")
    if dice.random() < 0.95:
        subject = "".join(dice.choice(MARKS) for _ in range(dice.choice([0, 0, 1, 1, 2, 3])))
        lines.append(f"Subject: {encoded(subject + dice.choice(WORDS) + dice.choice(ENDS))}")
    if dice.random() < 0.95:
        at = 1_000_000_000 + dice.randint(0, 40) * 86_400 + dice.choice([0, 0, 3600, dice.randint(0, 86_400)])
        zone = dice.choice(["+0000", "-0800", "+0530", "+0100"])
        minutes = int(zone[:3]) * 60 + int(zone[0] + zone[3:])
        local = email.utils.formatdate(at + minutes * 60)[:-5]
        lines.append(f"Date: {local}{zone}")
    # Some take the id of another.
    own = f"<{number if dice.random() < 0.97 else dice.randint(0, 300)}@example.org>"
    if dice.random() < 0.95:
        lines.append(f"Message-ID: {own}")
    if ids and dice.random() < 0.7:
        chain = [dice.choice(ids) for _ in range(dice.choice([1, 1, 2, 3]))]
        if dice.random() < 0.1:
            # What comes later, or the message itself: loops.
            chain.append(f"<{number + dice.randint(0, 9)}@example.org>")
        if dice.random() < 0.2:
            chain.insert(0, f"<gone{dice.randint(0, 20)}@example.org>")
        if dice.random() < 0.75:
            lines.append("References: " + "\r\n ".join(chain))
        else:
            lines.append(f"In-Reply-To: {chain[-1]}")
    if dice.random() < 0.97:
        ids.append(own)
    text = "word " * dice.randint(0, 300)
    return ("\r\n".join(lines) + f"\r\nX-Number: {number}\r\n\r\n{text}\r\n").encode()


def real_mails(most):
    """Mails of the folder, evenly spaced by name, without the line `From ` that files of mail have, with CRLF."""
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.suffix in (".txt", ".eml"))
    step = max(1, len(files) // most)
    for path in files[::step][:most]:
        text = path.read_bytes()
        if text.startswith(b"From "):
            text = text.split(b"\n", 1)[1]
        text = re.sub(rb"\r?\n", b"\r\n", text)
        if b"\0" not in text and text:
            yield text


def made_up_mails():
    ids = []
    for number in range(1, 301):
        yield message(number, ids)


def connect(port, user, password):
    imap = imaplib.IMAP4("127.0.0.1", int(port))
    imap.login(user, password)
    return imap


def answer(imap, command, name):
    """The untagged response of that name, its spaces made one."""
    kind, found = imap._simple_command(*command.split(" ", 1))
    assert kind == "OK", (command, kind, found)
    told = imap.response(name)[1]
    text = b" ".join(part for part in told if part) if told else b""
    return re.sub(rb" +", b" ", text).strip().decode()


ours, theirs = connect(port, address, password), connect(other_port, other_user, other_password)
mailbox = f"Sorting{seed}"
for server in (ours, theirs):
    server.create(mailbox)
def field(mail, name):
    """The value of a field, as octets, unfolded; none: there is none."""
    header = mail.split(b"\r\n\r\n", 1)[0] + b"\r\n"
    found = re.search(rb"(?im)^" + name + rb"[ \t]*:(.*(?:\r\n[ \t].*)*)\r\n", header)
    return found and re.sub(rb"\r\n(?=[ \t])", b"", found.group(1)).strip()


MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
DATE = re.compile(r"((Mon|Tue|Wed|Thu|Fri|Sat|Sun), +)?(\d{1,2}) +(" + "|".join(MONTHS) + r") +(\d{4}) +([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
                  r" +([+-](0\d|1[0-3])[0-5]\d|UT|GMT|[ECMP][SD]T)( +\(.*\))?$", re.A)
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
SPEC = rf"{ATOM}(\.{ATOM})*@{ATOM}(\.{ATOM})*"
PHRASE = rf'({ATOM}|"(?! )[^"\\]+(?<! )"|\.)([ \t]+({ATOM}|"[^"\\]+"|\.))*'
ADDRESS = rf"({SPEC}([ \t]+\([^()\\]*\))?|({PHRASE}[ \t]*)?<{SPEC}>)"
ADDRESSES = re.compile(rf"{ADDRESS}([ \t]*,[ \t]*{ADDRESS})*$", re.A)
IDS = re.compile(rb"(<[^<>@\s\"]+@[^<>@\s\"\[\]]+>\s*)*$")


def decodes(value):
    """Whether what is in encoded words can be decoded, in charsets on which all decoders agree; and all else is ASCII."""
    if not value.isascii():
        return False
    for charset, coding, text in re.findall(rb"=\?([^?]*)\?([^?]*)\?([^?]*)\?=", value):
        try:
            email.header.decode_header(f"=?{charset.decode()}?{coding.decode()}?{text.decode()}?=")[0][0].decode(charset.decode())
        except (LookupError, UnicodeError, email.errors.HeaderParseError, AttributeError):
            return False
        if charset.lower() not in (b"us-ascii", b"utf-8", b"iso-8859-1", b"iso-8859-15", b"windows-1252"):
            return False
    # What is cut in the middle of a word, or has words in it that are none.
    return b"=?" not in re.sub(rb"=\?[^?]*\?[^?]*\?[^?\s]*\?=", b"", value)


def oddities(mail):
    """What of a mail is not as the standards have it, so that each server reads what it can."""
    date = field(mail, b"Date")
    if date is not None and not is_date(date):
        yield "Date is none (RFC 5322, 3.3): RFC 5256, 2.2, takes INTERNALDATE, or midnight where only the time is wrong"
    if not decodes(field(mail, b"Subject") or b""):
        yield "Subject cannot be decoded: RFC 5255, 4.6, puts it last; Dovecot puts U+FFFD into it"
    for name in (b"From", b"To", b"Cc"):
        value = field(mail, name)
        if value is not None and not (decodes(value) and ADDRESSES.match(value.decode())):
            yield f"{name.decode()} has what is no address (RFC 5322, 3.4), or words in it that are none (RFC 2047, 5)"
    if any(not IDS.match(field(mail, name) or b"") for name in (b"Message-ID", b"References", b"In-Reply-To")):
        yield "Message-ID, References or In-Reply-To has what is no id (RFC 5256, 2.1: then it is as if it were not there)"
    for name in (b"From", b"To", b"Cc", b"Subject", b"Date", b"Message-ID", b"References", b"In-Reply-To"):
        header = mail.split(b"\r\n\r\n", 1)[0]
        if len(re.findall(rb"(?im)^" + name + rb"[ \t]*:", header)) > 1:
            yield f"{name.decode()} is there twice (RFC 5322, 3.6)"


def is_date(value):
    found = DATE.match(value.decode("ascii", "replace"))
    if not found or int(found.group(5)) < 1900:
        return False
    return 1 <= int(found.group(3)) <= 28 or email.utils.parsedate_to_datetime(value.decode()) is not None


arrived, odd = {}, {}
for number, mail in enumerate(real_mails(3_000) if folder else made_up_mails(), 1):
    arrived[number] = 1_600_000_000 + dice.randint(0, 5_000) * 60
    for oddity in oddities(mail) if folder else ():
        odd.setdefault(oddity, []).append(number)
    for server in (ours, theirs):
        kind, told = server.append(mailbox, None, imaplib.Time2Internaldate(arrived[number]), mail)
        assert kind == "OK", told
for server in (ours, theirs):
    assert int(server.select(mailbox)[1][0]) == len(arrived)

FIELDS = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"]
KEYS = ["ALL", "ALL", "1:150", "UID 100:*", "SINCE 15-Sep-2020", "SENTSINCE 20-Sep-2001", "LARGER 700",
        "SUBJECT lunch", "NOT FROM ana", "OR TO bo CC ze"]
if folder:
    KEYS += ["SUBJECT re", "NOT SUBJECT re", "OR FROM list SUBJECT free", "SMALLER 2500", "1500:2000", "SENTBEFORE 1-Aug-2002"]


def program():
    prefix, key = dice.choice(["", "UID "]), dice.choice(KEYS)
    if dice.random() < 0.3:
        algorithm = dice.choice(["REFERENCES", "REFS", "ORDEREDSUBJECT"])
        return f"{prefix}THREAD {algorithm} UTF-8 {key}", "THREAD"
    fields = [dice.choice(["", "", "REVERSE "]) + dice.choice(FIELDS) for _ in range(dice.randint(1, 3))]
    returns = dice.choice(["", "", "RETURN (ALL) ", "RETURN (MIN MAX COUNT) "])
    return f"{prefix}SORT {returns}({' '.join(fields)}) UTF-8 {key}", "ESEARCH" if returns else "SORT"


def without_tag(text):
    return re.sub(r'^\(TAG "[^"]*"\) ?', "", text)


def threads(text):
    """The threads at the top, each as its text."""
    found, depth, begin = [], 0, 0
    for at, letter in enumerate(text):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == "(" and depth == 1:
            begin = at
        if letter == ")" and depth == 0:
            found.append(text[begin:at + 1])
    return found


def latest(thread):
    return max(arrived[int(number)] for number in re.findall(r"\d+", thread))


def explained_by_arrival(here, there):
    ordered = [latest(thread) for thread in threads(here)]
    return sorted(threads(here)) == sorted(threads(there)) and ordered == sorted(ordered)


def explained(command, here, there):
    """Why the answers may differ; none: they may not."""
    if "THREAD REFS" in command:
        if explained_by_arrival(here, there):
            return "draft-ietf-morg-inthread: threads go by INTERNALDATE; Dovecot takes the Date field"
    criteria = re.findall(r"(REVERSE )?([A-Z]+)", re.search(r"SORT .*?\(([A-Z ]+)\) UTF-8", command + " UTF-8").group(1)) \
        if "SORT" in command else []
    if len({field for _, field in criteria}) < len(criteria):
        # RFC 5256, 3: REVERSE is of the one criterion behind it. Dovecot passes over a criterion that was named before,
        # and takes its REVERSE for the next.
        kept, turned = [], ""
        for reverse, field in criteria:
            turned = reverse or turned
            if field not in [known for _, known in kept]:
                kept.append((turned, field))
                turned = ""
        rewritten = " ".join(reverse + field for reverse, field in kept)
        original = " ".join(reverse + field for reverse, field in criteria)
        name = "ESEARCH" if "RETURN" in command else "SORT"
        if without_tag(answer(ours, command.replace(f"({original})", f"({rewritten})"), name)) == there:
            return "RFC 5256, 3: REVERSE is of one criterion; Dovecot lets that of a repeated one go to the next"
    # Without the mails that are not as the standards have it the answers have to be the same: of one kind, or of several.
    for oddity, numbers in [*odd.items(), *([("several of these", sorted(set().union(*odd.values())))] if odd else [])]:
        rest = f"{command} NOT UID {','.join(map(str, numbers))}"
        here, there = (without_tag(answer(server, rest, answer_name(command))) for server in (ours, theirs))
        if here == there or "THREAD REFS" in command and explained_by_arrival(here, there):
            return f"without {len(numbers)} mails they are the same: {oddity}"
    return None


def answer_name(command):
    return "THREAD" if "THREAD" in command else "ESEARCH" if "RETURN" in command else "SORT"


reasons, unexplained = {}, 0
for _ in range(int(programs)):
    command, name = program()
    here, there = (without_tag(answer(server, command, name)) for server in (ours, theirs))
    if here == there:
        continue
    reason = explained(command, here, there)
    if reason:
        reasons[reason] = reasons.get(reason, 0) + 1
        continue
    unexplained += 1
    if unexplained <= 3:
        print(f"different: {command}\n  ours:   {here}\n  theirs: {there}")
for reason, times in sorted(reasons.items()):
    print(f"{times} times: {reason}")
print(f"{programs} programs, {sum(reasons.values())} differences that are explained, {unexplained} that are not")
assert unexplained == 0
print("is content")
