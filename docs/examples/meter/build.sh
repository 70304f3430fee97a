#!/bin/sh
# build.sh DIR [mended.c]: puts the example's executable and its system.conf into DIR, for make run EXTRA=DIR. With mended.c instead of keep.c it has no bug.
set -eu
[ $# = 1 ] || [ $# = 2 ] || { echo "usage: $0 DIR [mended.c]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
if ! grep -qs '^service meter ' "$1/system.conf"; then
	cat "$here/system.conf" >>"$1/system.conf"
fi
out=$(cd "$1" && pwd)/meter
# Symbols and line numbers stay: a campaign names places by them. They name files as this folder does, so that the same bytes come out wherever it is.
cd "$here"
${CC:-cc} -g -ffile-prefix-map="$here"=meter -O1 -ffreestanding -fno-pic -mgeneral-regs-only -fno-stack-protector -static -nostdlib \
	-Wl,-Ttext-segment=0x40200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$out" meter.c "${2:-keep.c}"
