#!/bin/sh
# Starts Debian's Dovecot in a folder of its own, in the foreground: dovecot.sh FOLDER POP3 POP3S IMAP LMTP
# One person: suite, password suite-2026. Needs root (its parts run as other users) and the packages
# dovecot-pop3d dovecot-imapd dovecot-lmtpd. $DOVECOT_MORE is added to the configuration.
set -eu
folder=$1 pop3=$2 pop3s=$3 imap=$4 lmtp=$5
mkdir -p "$folder/run" "$folder/mail"
chmod 755 "$folder"
chmod 777 "$folder/mail"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
echo 'suite:{PLAIN}suite-2026' > "$folder/users"
cat > "$folder/dovecot.conf" <<END
base_dir = $folder/run
log_path = $folder/log
protocols = imap pop3 lmtp
listen = 127.0.0.1
mail_location = maildir:$folder/mail/%n
mail_uid = mail
mail_gid = mail
first_valid_uid = 1
first_valid_gid = 1
disable_plaintext_auth = no
ssl = yes
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem
passdb {
  driver = passwd-file
  args = $folder/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=$folder/mail/%n
}
service imap-login {
  inet_listener imap {
    port = $imap
  }
  inet_listener imaps {
    port = 0
  }
}
service pop3-login {
  inet_listener pop3 {
    port = $pop3
  }
  inet_listener pop3s {
    port = $pop3s
    ssl = yes
  }
}
# By it Postfix asks who may log in.
service auth {
  unix_listener auth-postfix {
    mode = 0666
  }
}
service lmtp {
  inet_listener lmtp {
    port = $lmtp
  }
}
protocol lmtp {
  postmaster_address = postmaster@localhost
}
${DOVECOT_MORE:-}
END
exec /usr/sbin/dovecot -F -c "$folder/dovecot.conf"
