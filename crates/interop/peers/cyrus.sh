#!/bin/sh
# Starts Debian's Cyrus IMAP in a folder of its own, in the foreground: cyrus.sh FOLDER POP3 POP3S IMAP LMTP
# One person: suite, password suite-2026. Needs root (it changes to the user mail). Its packages do not go together
# with other mail servers' packages, so they are unpacked, not installed: $CYRUS_ROOT is a folder with the content of
#   cyrus-common cyrus-imapd cyrus-pop3d sasl2-bin libical3 libxapian30 libmariadb3 libzephyr4 libpcre3 libprotobuf-c1
# (apt-get download PACKAGES; for f in *.deb; do dpkg -x $f $CYRUS_ROOT; done), with libsasl2-modules-db installed.
set -eu
folder=$1 pop3=$2 pop3s=$3 imap=$4 lmtp=$5
root=${CYRUS_ROOT:?the folder into which the packages of Cyrus were unpacked}
export LD_LIBRARY_PATH="$root/usr/lib:$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu"
bin=$root/usr/lib/cyrus/bin
mkdir -p "$folder/lib/proc" "$folder/lib/db" "$folder/lib/socket" "$folder/lib/log" "$folder/lib/msg" "$folder/mail"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
cat > "$folder/imapd.conf" <<END
configdirectory: $folder/lib
partition-default: $folder/mail
cyrus_user: mail
cyrus_group: mail
servername: localhost
admins: admin
allowplaintext: yes
autocreate_quota: 0
autocreate_post: yes
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: $folder/sasldb2
sasl_mech_list: PLAIN
tls_server_cert: $folder/cert.pem
tls_server_key: $folder/key.pem
lmtpsocket: $folder/lib/socket/lmtp
idlesocket: $folder/lib/socket/idle
notifysocket: $folder/lib/socket/notify
duplicate_db_path: $folder/lib/deliver.db
tls_sessions_db_path: $folder/lib/tls_sessions.db
syslog_prefix: suite
poptimeout: ${CYRUS_POPTIMEOUT:-10}
${CYRUS_MORE:-}
END
cat > "$folder/cyrus.conf" <<END
START {
  recover cmd="$bin/ctl_cyrusdb -C $folder/imapd.conf -r"
}
SERVICES {
  pop3  cmd="$bin/pop3d -C $folder/imapd.conf" listen="127.0.0.1:$pop3" prefork=1
  pop3s cmd="$bin/pop3d -C $folder/imapd.conf -s" listen="127.0.0.1:$pop3s" prefork=1
  imap  cmd="$bin/imapd -C $folder/imapd.conf" listen="127.0.0.1:$imap" prefork=1
  lmtp  cmd="$bin/lmtpd -C $folder/imapd.conf -a" listen="127.0.0.1:$lmtp" prefork=0
}
EVENTS {
}
END
printf suite-2026 | "$root/usr/sbin/saslpasswd2" -p -c -f "$folder/sasldb2" -u localhost suite
chown -R mail:mail "$folder"
exec "$bin/master" -C "$folder/imapd.conf" -M "$folder/cyrus.conf" -p "$folder/master.pid"
