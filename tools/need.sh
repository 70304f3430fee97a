#!/bin/sh
# need.sh WHAT...: looks for go, qemu and bochs, and installs the emulators with apt where that needs no
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
	install_packages qemu-system-x86_64 qemu-system-x86 # brings the firmware (seabios, pvh.bin) as dependencies
}

# Bochs, its firmware and display, GRUB and what makes a CD of them; gcc for the loader's shim.
need_bochs() {
	for c in bochs grub-mkimage xorriso gcc; do
		command -v $c >/dev/null 2>&1 || missing=$c
	done
	for f in /usr/share/bochs/BIOS-bochs-latest /usr/share/bochs/VGABIOS-lgpl-latest /usr/lib/grub/i386-pc/cdboot.img; do
		[ -e $f ] || missing=$f
	done
	ls /usr/lib/*/bochs/plugins/libbx_term_gui.so >/dev/null 2>&1 || missing=bochs-term
	[ -z "${missing:-}" ] || install_packages "$missing" bochs bochs-term bochsbios vgabios grub-pc-bin grub-common xorriso gcc
}

# install_packages WHAT PACKAGE...: WHAT is missing.
install_packages() {
	what=$1
	shift
	install="apt-get install -y --no-install-recommends $*"
	if ! command -v apt-get >/dev/null 2>&1; then
		say "$what is missing: install your system's packages like Debian's $*"
		exit 2
	fi
	root=
	if [ "$(id -u)" != 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			say "$what is missing, type: sudo $install"
			exit 2
		fi
		root="sudo -n env DEBIAN_FRONTEND=noninteractive"
	fi
	say "installing $*"
	export DEBIAN_FRONTEND=noninteractive
	if ! { $root $install || { $root apt-get update && $root $install; }; } >&2; then
		say "that failed, type: sudo apt-get update && sudo $install"
		exit 2
	fi
}

for need in "$@"; do
	case $need in
	go) need_go ;;
	qemu) need_qemu ;;
	bochs) need_bochs ;;
	*) say "$need: expected go, qemu or bochs" && exit 2 ;;
	esac
done
