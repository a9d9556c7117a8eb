#!/bin/sh
# Puts axe-core, which looks for what keeps people out of a page, under target/tools from npm's registry (0.7 MB, once).
# The browser tests run it in the pages; it is no part of the program.
set -eu
cd "$(dirname "$0")/.."
version=4.14.1
sha256=e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745
folder="target/tools/axe-core-$version"
[ -f "$folder/axe.min.js" ] && exit 0

mkdir -p target/tools
new=$(mktemp -d target/tools/axe-core.XXXXXX)
trap 'rm -rf "$new"' EXIT
echo "Fetching axe-core $version from npm for the tests of the console in a browser"
# Python is there for the other servers of the tests; npm from Debian would bring several hundred packages.
python3 - "https://registry.npmjs.org/axe-core/-/axe-core-$version.tgz" "$new/axe.tgz" <<'END'
import sys, urllib.request
with urllib.request.urlopen(sys.argv[1], timeout=120) as answer, open(sys.argv[2], "wb") as file:
    file.write(answer.read())
END
echo "$sha256  $new/axe.tgz" | sha256sum --check --quiet
tar -xzf "$new/axe.tgz" -C "$new" package/axe.min.js package/LICENSE
# Last, by one rename: what is there is whole.
rm -rf "$folder"
mv "$new/package" "$folder"
