#!/bin/sh
# letters.sh install|uninstall DIR: templates/ and locales/ of the checkout into DIR, or out of it again.
#
# People edit letters where they are installed. DIR/.installed holds the checksum of every file as it was laid
# there; a file that has another one belongs to a person: it is kept, and the new one is laid beside it as
# NAME.new. What is as it was laid is replaced, and removed when it is no longer shipped or at uninstall.
set -eu

: "${INSTALL:=install}" "${INSTALL_DATA:=install -m 644}"
dir=$2
manifest=$dir/.installed

sum() {
    sha256sum <"$1" | cut -d ' ' -f 1
}

# laid FILE: is it as some earlier run laid it there?
laid() {
    [ -f "$manifest" ] && [ -f "$dir/$1" ] && grep -qxF "$(sum "$dir/$1")  $1" "$manifest"
}

# lay FILE NAME
lay() {
    $INSTALL -d "$(dirname "$dir/$2")"
    $INSTALL_DATA "$1" "$dir/$2"
}

# The names in the manifest, but for those of a file, if one is given.
laid_names() {
    [ -f "$manifest" ] || return 0
    sed 's/^[0-9a-f]*  //' "$manifest" | grep -vxF -f "${1:-/dev/null}" || :
}

remove_laid() {
    laid_names "${1:-}" | while IFS= read -r name; do
        if laid "$name"; then rm "$dir/$name"; fi
    done
}

install_letters() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    $INSTALL -d "$dir"
    find templates locales -path locales/messages -prune -o -type f -print | LC_ALL=C sort | while IFS= read -r name; do
        echo "$(sum "$name")  $name"
        if [ -e "$dir/$name" ] && ! cmp -s "$name" "$dir/$name" && ! laid "$name"; then
            echo "kept $dir/$name; the new one is $dir/$name.new" >&2
            lay "$name" "$name.new"
            echo "$(sum "$name")  $name.new"
        else
            lay "$name" "$name"
        fi
    done >"$work/installed"
    sed 's/^[0-9a-f]*  //' "$work/installed" >"$work/names"
    remove_laid "$work/names"
    $INSTALL_DATA "$work/installed" "$manifest"
}

uninstall_letters() {
    remove_laid
    laid_names | while IFS= read -r name; do
        if [ -e "$dir/$name" ]; then echo "kept $dir/$name"; fi
    done
    rm -f "$manifest"
    [ ! -d "$dir" ] || find "$dir" -depth -type d -empty -delete
}

case $1 in
install) install_letters ;;
uninstall) uninstall_letters ;;
*) echo "letters.sh: install or uninstall, not $1" >&2; exit 64 ;;
esac
