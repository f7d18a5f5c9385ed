//! The mail that is delivered: made here, the same for all servers.

/// A letter of about this many octets. The number makes it unlike any other; its text does not compress away.
pub(crate) fn letter(number: u32, octets: usize) -> Vec<u8> {
    let mut text = format!(
        "Return-Path: <list-bounce@example.net>\r\n\
         Received: from mx{n}.example.net (mx{n}.example.net [192.0.2.{n}])\r\n\
         \tby host.example.org with ESMTPS id {number:08x};\r\n\
         \tTue, 03 Nov 2026 10:{m:02}:{n:02} +0100\r\n\
         Date: Tue, 03 Nov 2026 10:{m:02}:{n:02} +0100\r\n\
         From: \"Ana Lucia {number}\" <ana{number}@example.net>\r\n\
         To: Bruno <bruno@example.org>, \"Costa, Carla\" <carla@example.org>\r\n\
         Cc: =?utf-8?q?Jos=C3=A9?= <jose@example.org>\r\n\
         Subject: Minutes of meeting {number}, with =?utf-8?q?a=C3=A7=C3=A3o?=\r\n\
         Message-ID: <{number}.{octets}@example.net>\r\n\
         In-Reply-To: <{parent}.{octets}@example.net>\r\n\
         References: <{parent}.{octets}@example.net>\r\n\
         MIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\
         Content-Transfer-Encoding: 7bit\r\n\r\n",
        n = number % 60,
        m = number / 60 % 60,
        parent = number / 4,
    )
    .into_bytes();
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    while text.len() + 2 < octets {
        let length = (octets - text.len() - 2).min(74);
        for _ in 0..length {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            text.push(b"abcdefghijklmnopqrstuvwxyz      "[(state >> 20) as usize % 32]);
        }
        text.extend_from_slice(b"\r\n");
    }
    text
}
