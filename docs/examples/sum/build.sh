#!/bin/sh
# build.sh DIR: puts the example's executable and its system.conf into DIR, for make run EXTRA=DIR. build.sh -o FILE: the executable alone.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case $# in
1)
	mkdir -p "$1"
	if [ -e "$1/system.conf" ] && ! cmp -s "$here/system.conf" "$1/system.conf"; then
		echo "$0: $1/system.conf is there already, and another: expected a folder without one" >&2
		exit 1
	fi
	cp "$here/system.conf" "$1/system.conf"
	out=$1/sum
	;;
2)
	[ "$1" = -o ] || { echo "usage: $0 DIR, or $0 -o FILE" >&2; exit 2; }
	out=$2
	;;
*)
	echo "usage: $0 DIR, or $0 -o FILE" >&2
	exit 2
	;;
esac
# The symbols stay: who breaks the service names its functions by them. -O1 leaves calls, loops and branches as they are written.
${CC:-cc} -O1 -ffreestanding -fno-pic -mgeneral-regs-only -fno-stack-protector -fno-tree-loop-distribute-patterns -static -nostdlib \
	-Wl,-Ttext-segment=0x40200000 -Wl,-z,noexecstack -Wl,-z,separate-code -Wl,--build-id=none \
	-o "$out" "$here/sum.c"
