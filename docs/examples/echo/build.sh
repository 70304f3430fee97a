#!/bin/sh
# build.sh DIR: puts the example's executable and its system.conf into DIR, for make run EXTRA=DIR.
set -eu
[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
${CC:-cc} -O1 -ffreestanding -fno-pic -mcmodel=large -mgeneral-regs-only -fno-stack-protector -static -nostdlib \
	-Wl,-Ttext-segment=0x8000200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$1/echo" "$here/echo.c"
cp "$here/system.conf" "$1/system.conf"
