#!/bin/sh
# Writes the message of one object of the vault, put together by public tools alone: age, zstd, jq, coreutils, sed.
# usage: open-object.sh IDENTITY VAULT-FOLDER PATH-IN-IT        (docs/storage.md; the first line of what age gives is the label)
set -eu
identity=$1 vault=$2 object=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

plain() { age -d -i "$identity" "$vault/$1" | zstd -dcq; }

plain "$object" > "$work/plain"
head -n 1 "$work/plain" > "$work/label"
tail -n +2 "$work/plain" > "$work/rest"
jq -r '.parts[]? | [.at, .object, .width, .ends] | @tsv' "$work/label" > "$work/parts"
from=0
while read -r at part width ends; do
  tail -c "+$((from + 1))" "$work/rest" | head -c "$((at - from))"
  plain "$part" | base64 -w "$width" | if [ "$ends" = crlf ]; then sed 's/$/\r/'; else cat; fi
  from=$at
done < "$work/parts"
tail -c "+$((from + 1))" "$work/rest"
