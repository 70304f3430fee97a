#!/bin/sh
# build.sh DIR: puts the example's executable and its system.conf into DIR, for make run EXTRA=DIR.
set -eu
[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
if [ -e "$1/system.conf" ] && ! cmp -s "$here/system.conf" "$1/system.conf"; then
	echo "$0: $1/system.conf is there already, and another: expected a folder without one" >&2
	exit 1
fi
cp "$here/system.conf" "$1/system.conf"
${CC:-cc} -O1 -ffreestanding -fno-pic -mcmodel=large -mgeneral-regs-only -fno-stack-protector -static -nostdlib \
	-Wl,-Ttext-segment=0x40200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$1/echo" "$here/echo.c"
