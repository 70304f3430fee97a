#!/bin/sh
# build.sh DIR [LABEL OPERATION.c]: puts a workload that asks the service LABEL into DIR, and its entry behind those of DIR/system.conf, for a campaign with
# -extra DIR. The file says what an operation is (oracle.h). Without both: echo, and echo.c.
set -eu
[ $# = 1 ] || [ $# = 3 ] || { echo "usage: $0 DIR [LABEL OPERATION.c]" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
label=${2:-echo}
mkdir -p "$1"
if ! grep -qs '^service load ' "$1/system.conf"; then
	sed "s/VICTIM/$label/" "$here/system.conf" >>"$1/system.conf"
fi
${CC:-cc} -O1 -ffreestanding -fno-pic -mgeneral-regs-only -fno-stack-protector -static -nostdlib -DVICTIM="\"$label\"" \
	-Wl,-Ttext-segment=0x40200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$1/load" "$here/oracle.c" "${3:-$here/echo.c}"
