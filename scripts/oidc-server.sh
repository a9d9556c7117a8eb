#!/bin/sh
# Puts the OpenID Connect server that the tests run, Django with django-oauth-toolkit, under target/tools from PyPI
# (20 MB, once). Why this one: docs/decisions/signing-in.md. It is used by tests alone, on loopback.
set -eu
cd "$(dirname "$0")/.."
folder=target/tools/oidc-server
wanted=scripts/oidc-server.txt
cmp -s "$wanted" "$folder/wanted.txt" && exit 0

mkdir -p target/tools
new=$(mktemp -d target/tools/oidc-server.XXXXXX)
trap 'rm -rf "$new"' EXIT
echo "Fetching django-oauth-toolkit from PyPI for the tests of signing in"
python3 -m pip install --quiet --no-deps --only-binary :all: --require-hashes --target "$new/all" -r "$wanted"
cp "$wanted" "$new/all/wanted.txt"
# Last, by one rename: what is there is whole.
rm -rf "$folder"
mv "$new/all" "$folder"
