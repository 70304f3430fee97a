#!/bin/sh
# build.sh DIR [OPERATION.c]: puts the workload's executable into DIR, and its entry behind those of DIR/system.conf, for a campaign with -extra DIR. What an
# operation is, the file says; without one echo.c does.
set -eu
[ $# = 1 ] || [ $# = 2 ] || { echo "usage: $0 DIR [OPERATION.c]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
if ! grep -qs '^service load ' "$1/system.conf"; then
	cat "$here/system.conf" >>"$1/system.conf"
fi
${CC:-cc} -O1 -ffreestanding -fno-pic -mgeneral-regs-only -fno-stack-protector -static -nostdlib \
	-Wl,-Ttext-segment=0x40200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$1/load" "$here/oracle.c" "${2:-$here/echo.c}"
