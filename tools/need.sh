#!/bin/sh
# need.sh WHAT...: looks for go and qemu, and installs QEMU with apt where that needs no
# password. If something is missing in the end, it says the one line to type, and status is 2.
set -u

say() { echo "need: $*" >&2; }

need_go() {
	# Older ones cannot even read this module's go.mod line and fetch what it asks for.
	version=$(go env GOVERSION 2>/dev/null) || version=
	case $version in
	"") say "Go 1.21 or newer is missing: https://go.dev/doc/install" && exit 2 ;;
	go1.[0-9] | go1.[0-9].* | go1.1[0-9] | go1.1[0-9].* | go1.20 | go1.20.*)
		say "$version is too old, 1.21 or newer is needed: https://go.dev/doc/install"
		exit 2
		;;
	esac
}

need_qemu() {
	command -v qemu-system-x86_64 >/dev/null 2>&1 && return
	package="qemu-system-x86" # brings the firmware (seabios, pvh.bin) as dependencies
	install="apt-get install -y --no-install-recommends $package"
	if ! command -v apt-get >/dev/null 2>&1; then
		say "qemu-system-x86_64 is missing: install your system's QEMU for x86"
		exit 2
	fi
	root=
	if [ "$(id -u)" != 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			say "qemu-system-x86_64 is missing, type: sudo $install"
			exit 2
		fi
		root="sudo -n env DEBIAN_FRONTEND=noninteractive"
	fi
	say "installing $package"
	export DEBIAN_FRONTEND=noninteractive
	if ! { $root $install || { $root apt-get update && $root $install; }; } >&2; then
		say "that failed, type: sudo apt-get update && sudo $install"
		exit 2
	fi
}

for what in "$@"; do
	case $what in
	go) need_go ;;
	qemu) need_qemu ;;
	*) say "$what: expected go or qemu" && exit 2 ;;
	esac
done
