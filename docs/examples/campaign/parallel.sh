#!/bin/sh
# A campaign as SHARDS runners at once by GNU parallel: on this host, or on those that PARALLEL names (PARALLEL="--sshloginfile hosts --wd .").
# From the tree, with what is built in out/:
#
#   go build -o out/campaign ./tools/campaign
#   SHARDS=8 docs/examples/campaign/parallel.sh -services rtc,sum -selections minix8 -blocks 1000
#   out/campaign merge out/whole out/shards/*
#
# Shards that fail are tried twice again. Run it again, and it goes on.
set -eu
: "${SHARDS:?expected SHARDS=N}" "${OUT:=out/shards}" "${CAMPAIGN:=out/campaign}"
mkdir -p "$OUT"
seq "$SHARDS" | parallel --quote --retries 3 --line-buffer --tagstring 'shard {}' "$CAMPAIGN" run -o "$OUT/{}" -shard "{}/$SHARDS" -jobs 1 "$@"
