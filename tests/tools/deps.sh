#!/bin/sh
# deps.sh GROUP...: installs the Debian packages of a group that are missing; silent when none is.
#
#   build   what the compiler and the linker need, and the unit tests
#   test    what the test peers and the test runner need
#   bench   what `make bench` and `make stages` measure with
#   lint    the checkers of `make lint` and `make format`
#   screenshots  a browser, and fonts for it with Hangul
#   peers   what `make peers` has real output judged with
#
# A package counts as present when its probe succeeds, so a library from elsewhere is left alone.
set -eu

packages() {
    case $1 in
    build) cat <<'LIST' ;;
gcc                  command gcc
binutils             command ar
libc6-dev            header stdio.h
pkg-config           command pkg-config
libesmtp-dev         library libesmtp-1.0
libcurl4-openssl-dev library libcurl
libjansson-dev       library jansson
libyaml-dev          library yaml-0.1
libcmocka-dev        library cmocka
libsqlite3-dev       library sqlite3
libcmark-dev         library libcmark
libicu-dev           library icu-i18n
libssl-dev           library openssl
libmicrohttpd-dev    library libmicrohttpd
libopendkim-dev      library opendkim
LIST
    test) cat <<'LIST' ;;
python3              command python3
openssl              command openssl
faketime             command faketime
gettext              command msgfmt
tmux                 command tmux
jq                   command jq
zsh                  command zsh
fish                 command fish
mandoc               command mandoc
python3-dkim         file /usr/lib/python3/dist-packages/dkim/__init__.py
python3-jsonschema   file /usr/lib/python3/dist-packages/jsonschema/__init__.py
python3-yaml         file /usr/lib/python3/dist-packages/yaml/__init__.py
LIST
    bench) cat <<'LIST' ;;
wrk                  command wrk
linux-perf           command perf
LIST
    lint) cat <<'LIST' ;;
clang-format         command clang-format
clang-tidy           command clang-tidy
cppcheck             command cppcheck
LIST
    screenshots) cat <<'LIST' ;;
chromium             command chromium
fonts-noto-cjk       file /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc
fonts-dejavu-core    file /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf
LIST
    peers) cat <<'LIST' ;;
prometheus           command promtool
LIST
    *) echo "deps.sh: no group named $1 (build, test, bench, lint, screenshots, peers)" >&2; exit 64 ;;
    esac
}

present() {
    case $1 in
    command) command -v "$2" ;;
    library) command -v pkg-config && pkg-config --exists "$2" ;;
    header) test -e "/usr/include/$2" ;;
    file) test -e "$2" ;;
    esac >/dev/null 2>&1
}

missing=
for group; do
    # word by word: name, kind of probe, what to probe for
    set -- $(packages "$group")
    while [ $# -ge 3 ]; do
        present "$2" "$3" || missing="$missing $1"
        shift 3
    done
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
    echo "deps: missing:$missing - no apt-get here, please install them by hand" >&2
    exit 69
fi
sudo=
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
        echo "deps: not root and no sudo; please run: apt-get install --no-install-recommends$missing" >&2
        exit 77
    fi
    sudo="sudo "
fi

update="${sudo}apt-get -qq update"
install="${sudo}env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install$missing"
line=$install
apt-cache --no-all-versions show $missing >/dev/null 2>&1 || line="$update && $install"
echo "deps: $line"
if eval "$line" </dev/null; then
    exit 0
fi
# Old package lists name versions that the mirror no longer has.
[ "$line" = "$install" ] || exit 1
echo "deps: $update && $install"
eval "$update && $install" </dev/null
