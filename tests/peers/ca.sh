#!/bin/sh
# ca.sh DIR: a certificate authority for tests, and the certificates a client must accept or refuse.
#
#   ca.pem                            trust this one
#   server.pem      server.key        good: localhost and 127.0.0.1
#   wrong-name.pem  wrong-name.key    good, but for mail.example.net
#   self-signed.pem self-signed.key   localhost, signed by itself
#   expired.pem     expired.key       localhost, ended long ago
#   not-yet.pem     not-yet.key       localhost, begins in a thousand days
#   ipv6.pem        ipv6.key          good: the address ::1, which server.pem is not good for
#
# Does nothing when DIR is complete and no older than this script. The keys protect nothing.
set -eu
mkdir -p "$1"
script=$(realpath "$0")
cd "$1"
[ ! complete -nt "$script" ] || exit 0
exec 3>&2 2>openssl.log
trap '[ $? = 0 ] || { echo "ca.sh: openssl failed:" >&3; cat openssl.log >&3; }' EXIT

new_key() {
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}

# issue NAME SUBJECT-ALT-NAMES FROM UNTIL: `openssl ca` is the one command that takes both dates.
issue() {
    new_key "$1"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n' "$2" >"$1.ext"
    openssl ca -batch -config ca.cnf -notext -in "$1.csr" -out "$1.pem" -extfile "$1.ext" \
        -startdate "$3" -enddate "$4"
    rm "$1.csr" "$1.ext"
}

cat >ca.cnf <<'CNF'
[ca]
default_ca = test
[test]
database = index.txt
serial = serial
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
CNF
rm -f index.txt* serial*
: >index.txt
echo 01 >serial

new_key ca
openssl req -x509 -new -key ca.key -subj "/CN=Test authority" -days 3650 -out ca.pem \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
start=$(date -u -d '1 hour ago' +%Y%m%d%H%M%SZ)
end=$(date -u -d '3000 days' +%Y%m%d%H%M%SZ)
issue server "DNS:localhost,IP:127.0.0.1" "$start" "$end"
issue wrong-name "DNS:mail.example.net" "$start" "$end"
issue expired "DNS:localhost,IP:127.0.0.1" 20200101000000Z 20210101000000Z
issue not-yet "DNS:localhost,IP:127.0.0.1" "$(date -u -d '1000 days' +%Y%m%d%H%M%SZ)" "$end"
issue ipv6 "DNS:localhost,IP:::1" "$start" "$end"
new_key self-signed
openssl req -x509 -new -key self-signed.key -subj "/CN=self-signed" -days 3000 -out self-signed.pem \
    -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
: >complete
