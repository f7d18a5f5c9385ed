#!/bin/sh
# Starts Debian's Courier in a folder of its own, in the foreground: courier.sh FOLDER POP3 POP3S IMAP LMTP
# (it has no LMTP). One person: suite, password suite-2026. Needs root. Its paths are built in and its packages do
# not go together with other mail servers' packages, so they are unpacked, and laid over /usr and /etc in a mount
# namespace that nobody else sees: $COURIER_ROOT is a folder with the content of
#   courier-authdaemon courier-authlib courier-authlib-userdb courier-base courier-imap courier-pop
#   libcourier-unicode4 libgamin0 libltdl7 libpcre3
# (apt-get download PACKAGES; for f in *.deb; do dpkg -x $f $COURIER_ROOT; done).
set -eu
if [ -z "${COURIER_INSIDE:-}" ]; then
    COURIER_INSIDE=1 exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi
folder=$1 pop3=$2 pop3s=$3 imap=$4
root=${COURIER_ROOT:?the folder into which the packages of Courier were unpacked}
mkdir -p "$folder/etc/courier" "$folder/home"
chmod 755 "$folder"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=localhost \
    -keyout "$folder/key.pem" -out "$folder/cert.pem" 2>/dev/null
cat "$folder/key.pem" "$folder/cert.pem" > "$folder/etc/courier/pop3d.pem"
export LD_LIBRARY_PATH="$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu:$root/usr/lib:$root/usr/lib/courier-authlib"
hash=$(openssl passwd -1 suite-2026)
# What makeuserdb would make: one index of the people, one of their passwords.
index() {
    printf 'suite\t%s\n.\n' "$2" | "$root/usr/lib/courier/courier-authlib/makedatprog" \
        - "$folder/etc/courier/$1.tmp" "$folder/etc/courier/$1.dat"
    chmod 600 "$folder/etc/courier/$1.dat"
}
index userdb "uid=8|gid=8|home=$folder/home|mail=$folder/home/Maildir|_="
index userdbshadow "systempw=$hash"
sed 's/^authmodulelist=.*/authmodulelist="authuserdb"/' "$root/etc/courier/authdaemonrc" \
    > "$folder/etc/courier/authdaemonrc"
if [ ! -d "$folder/home/Maildir" ]; then
    "$root/usr/bin/maildirmake.courier" "$folder/home/Maildir"
    chown -R mail:mail "$folder/home"
fi
# The packages make this person when they are installed; STLS runs as them.
{ cat /etc/passwd; echo 'courier:x:2026:2026::/var/lib/courier:/usr/sbin/nologin'; } > "$folder/etc/passwd"
{ cat /etc/group; echo 'courier:x:2026:'; } > "$folder/etc/group"
chown 2026:2026 "$folder/etc/courier/pop3d.pem"
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$root/usr:/usr" /usr
mount -t overlay overlay -o "lowerdir=$folder/etc:$root/etc:/etc" /etc
mount -t tmpfs tmpfs /run
mkdir -p /run/courier/authdaemon
export LD_LIBRARY_PATH="$root/lib/x86_64-linux-gnu:/usr/lib:/usr/lib/courier-authlib"
# Their files name variables that may be missing.
set +u -a
# shellcheck disable=SC1091
. /etc/courier/pop3d
# shellcheck disable=SC1091
. /etc/courier/pop3d-ssl
# shellcheck disable=SC1091
. /etc/courier/imapd
TLS_CACHEFILE=
TLS_CERTFILE=/etc/courier/pop3d.pem
# Off in Debian; on here so that there is more to see.
POP3AUTH='PLAIN LOGIN'
POP3AUTH_TLS='PLAIN LOGIN'
set +a
(
    set -a
    # shellcheck disable=SC1091
    . /etc/courier/authdaemonrc
    exec /usr/lib/courier/courier-authlib/authdaemond >> "$folder/log" 2>&1
) &
tcpd="/usr/sbin/couriertcpd -address=127.0.0.1 -maxprocs=40 -maxperip=40 -nodnslookup -noidentlookup"
login="/usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir"
# shellcheck disable=SC2086
$tcpd "$imap" /usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir >> "$folder/log" 2>&1 &
# shellcheck disable=SC2086
POP3_STARTTLS=NO $tcpd "$pop3s" /usr/bin/couriertls -server -tcpd $login >> "$folder/log" 2>&1 &
trap exit TERM INT
# shellcheck disable=SC2086
$tcpd "$pop3" $login >> "$folder/log" 2>&1 &
wait
