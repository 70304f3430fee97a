#!/bin/sh
# need.sh WHAT...: looks for go, qemu, cc, binutils, bochs, grub, uefi and chromium, and installs what is Debian's with apt where
# that needs no password. If something is missing in the end, it says the one line to type, and status is 2.
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

# install PACKAGE...: with apt, where that needs no password.
install() {
	install="apt-get install -y --no-install-recommends $*"
	if ! command -v apt-get >/dev/null 2>&1; then
		say "missing: install your system's packages like Debian's $*"
		exit 2
	fi
	root=
	if [ "$(id -u)" != 0 ]; then
		if ! sudo -n true 2>/dev/null; then
			say "missing, type: sudo $install"
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

need_qemu() {
	# The package brings the firmware (seabios, pvh.bin) as dependencies.
	command -v qemu-system-x86_64 >/dev/null 2>&1 || install qemu-system-x86
}

# A C compiler that links statically, and xz: for make bench LINUX=FILE alone.
need_cc() {
	probe=$(mktemp -d) || exit 2
	echo 'int main(void) { return 0; }' >"$probe/main.c"
	"${CC:-cc}" -static -o "$probe/main" "$probe/main.c" >"$probe/log" 2>&1
	linked=$?
	rm -r "$probe"
	[ "$linked" = 0 ] || install gcc libc6-dev
	command -v xz >/dev/null 2>&1 || install xz-utils
}

# objdump, which tests compare our reading of machine code with.
need_binutils() {
	command -v objdump >/dev/null 2>&1 || install binutils
}

# Bochs, its firmware and display; GRUB loads the kernel there, too.
need_bochs() {
	command -v bochs >/dev/null 2>&1 || lacks=1
	for f in /usr/share/bochs/BIOS-bochs-latest /usr/share/bochs/VGABIOS-lgpl-latest /usr/lib/*/bochs/plugins/libbx_term_gui.so; do
		[ -e "$f" ] || lacks=1
	done
	[ -z "${lacks:-}" ] || install bochs bochs-term bochsbios vgabios
	need_grub
}

# GRUB for BIOS, and what makes a CD of it.
need_grub() {
	for f in "$(command -v grub-mkimage)" "$(command -v xorriso)" /usr/lib/grub/i386-pc/cdboot.img; do
		[ -e "$f" ] || no_grub=1
	done
	[ -z "${no_grub:-}" ] || install grub-pc-bin grub-common xorriso
}

# GRUB for UEFI, what makes its FAT volume, and a firmware for QEMU.
need_uefi() {
	for f in "$(command -v mformat)" "$(command -v mcopy)" /usr/lib/grub/x86_64-efi/multiboot2.mod /usr/share/ovmf/OVMF.fd; do
		[ -e "$f" ] || no_uefi=1
	done
	[ -z "${no_uefi:-}" ] || install grub-efi-amd64-bin mtools ovmf
}

# A browser, without fonts but the default ones.
need_chromium() {
	command -v chromium >/dev/null 2>&1 || install chromium
}

# Slurm on one host, and GNU parallel: what hands a campaign's shards to hosts.
need_slurm() {
	PATH=$PATH:/usr/sbin
	for p in sbatch sinfo slurmctld slurmd munged munge parallel; do
		command -v "$p" >/dev/null 2>&1 || no_slurm=1
	done
	[ -z "${no_slurm:-}" ] || install slurm-wlm munge parallel
}

for what in "$@"; do
	case $what in
	go) need_go ;;
	qemu) need_qemu ;;
	cc) need_cc ;;
	binutils) need_binutils ;;
	bochs) need_bochs ;;
	grub) need_grub ;;
	uefi) need_uefi ;;
	chromium) need_chromium ;;
	*) say "$what: expected go, qemu, cc, binutils, bochs, grub, uefi or chromium" && exit 2 ;;
	esac
done
