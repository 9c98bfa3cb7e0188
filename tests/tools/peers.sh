#!/bin/sh
# peers.sh DIR: unpacks the test peers into DIR (build/peers) without installing anything.
#
# Postfix's smtp-sink and smtp-source, Kannel with its fake SMSC, nginx, and aiosmtpd are downloaded as Debian
# packages and unpacked: no service appears, no mail server is replaced, no root is needed. Shared libraries
# they need and the machine lacks are unpacked next to them; ldd says which.
# Run a peer with LD_LIBRARY_PATH and PYTHONPATH as `peers.sh --env DIR` prints them.
set -eu

programs="usr/sbin/smtp-sink usr/sbin/smtp-source usr/sbin/bearerbox usr/sbin/smsbox usr/lib/kannel/test/fakesmsc usr/sbin/nginx"
packages="postfix kannel kannel-extras nginx python3-aiosmtpd python3-public python3-attr"

# Which package brings a library: the closure of the programs above, as far as a minimal Debian may lack it.
package_of() {
    case $1 in
    libct.so.4) echo libct4 ;;
    libhiredis.so.0.14) echo libhiredis0.14 ;;
    libmariadb.so.3) echo libmariadb3 ;;
    libpq.so.5) echo libpq5 ;;
    libpcre.so.3 | libpcreposix.so.3) echo libpcre3 ;;
    libxml2.so.2) echo libxml2 ;;
    libicuuc.so.72 | libicudata.so.72 | libicui18n.so.72) echo libicu72 ;;
    libsqlite3.so.0) echo libsqlite3-0 ;;
    libssl.so.3 | libcrypto.so.3) echo libssl3 ;;
    libldap-2.5.so.0 | liblber-2.5.so.0) echo libldap-2.5-0 ;;
    libsasl2.so.2) echo libsasl2-2 ;;
    libgssapi_krb5.so.2) echo libgssapi-krb5-2 ;;
    libkrb5.so.3) echo libkrb5-3 ;;
    libk5crypto.so.3) echo libk5crypto3 ;;
    libkrb5support.so.0) echo libkrb5support0 ;;
    libkeyutils.so.1) echo libkeyutils1 ;;
    libgnutls.so.30) echo libgnutls30 ;;
    libdb-5.3.so) echo libdb5.3 ;;
    libnsl.so.2) echo libnsl2 ;;
    libtirpc.so.3) echo libtirpc3 ;;
    libpam.so.0) echo libpam0g ;;
    libaudit.so.1) echo libaudit1 ;;
    libcap-ng.so.0) echo libcap-ng0 ;;
    libcrypt.so.1) echo libcrypt1 ;;
    libpcre2-8.so.0) echo libpcre2-8-0 ;;
    libz.so.1) echo zlib1g ;;
    *) echo "peers: no package is known for $1" >&2; return 1 ;;
    esac
}

library_path() {
    # gnu triplet directories first: they exist once a library had to be unpacked
    printf '%s/usr/lib/%s:%s/lib/%s:%s/usr/lib/postfix' "$1" "$triplet" "$1" "$triplet" "$1"
}

unpack() {
    echo "peers: apt-get download $*"
    options=
    # As root apt would try, and complain, to download as the user _apt, who may not write here.
    [ "$(id -u)" != 0 ] || options="-o APT::Sandbox::User=root"
    (cd "$dir/archives" && apt-get -qq $options download "$@" </dev/null)
    for archive in "$dir"/archives/*.deb; do
        dpkg -x "$archive" "$dir"
        rm "$archive"
    done
}

# Leftovers of older lists are the caller's business: this asks only whether apt knows the packages at all.
refresh_lists() {
    apt-cache --no-all-versions show $packages >/dev/null 2>&1 && return 0
    sudo=
    [ "$(id -u)" = 0 ] || sudo="sudo "
    echo "peers: ${sudo}apt-get -qq update"
    ${sudo}apt-get -qq update
}

missing_libraries() {
    for program in $programs; do
        LD_LIBRARY_PATH=$(library_path "$dir") ldd "$dir/$program"
    done | awk '/not found/ { print $1 }' | sort -u
}

triplet=$(gcc -print-multiarch)
if [ "$1" = --env ]; then
    dir=$(cd "$2" && pwd)
    echo "LD_LIBRARY_PATH=$(library_path "$dir")"
    echo "PYTHONPATH=$dir/usr/lib/python3/dist-packages"
    exit 0
fi

mkdir -p "$1/archives"
dir=$(cd "$1" && pwd)
[ "$(cat "$dir/complete" 2>/dev/null)" != "$packages" ] || exit 0
refresh_lists
unpack $packages
missing=$(missing_libraries)
while [ -n "$missing" ]; do
    needed=$(for library in $missing; do package_of "$library"; done | sort -u)
    unpack $needed
    before=$missing
    missing=$(missing_libraries)
    if [ "$missing" = "$before" ]; then
        echo "peers: unpacking$(printf ' %s' $needed) did not bring" $missing >&2
        exit 1
    fi
done
rmdir "$dir/archives"
# What Debian does when it installs a module: a server is started for every other test.
"${PYTHON:-python3}" -m compileall -q "$dir/usr/lib/python3/dist-packages" || :
echo "$packages" >"$dir/complete"
