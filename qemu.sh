#!/bin/sh
# Boots bennu in QEMU: the kernel as a PVH ELF, the boot archive as its module; or a CD, which has its own.
#
#   ./qemu.sh                      q35, TCG, COM1 on this terminal (Ctrl-A X ends QEMU)
#   CTL=/tmp/b.sock ./qemu.sh      COM2, the control port, is that UNIX socket
#
# Variables, all optional:
#   KERNEL=FILE   default out/kernel.elf       ARCHIVE=FILE  default out/boot.tar
#   CD=FILE       the firmware boots that; no KERNEL, ARCHIVE, CMDLINE, SEED
#   UEFI=1        the firmware is OVMF
#   MACHINE=q35|pc                             MEM=256M      guest memory
#   ACCEL=tcg|kvm                              CPU=MODEL     default max (tcg), host (kvm);
#                                              with ICOUNT max,-rdrand,-rdseed
#   CTL=SOCKET    COM2                         GDB=1         wait for a debugger on port 1234; any other number: on that port
#   COM3=FILE     what the guest sends on COM3, a port that is not there otherwise
#   ICOUNT=N      one guest instruction takes 2^N ns, the clock starts at a fixed date: runs repeat
#   TAPE=record:FILE, TAPE=replay:FILE
#                 with ICOUNT: QEMU's record of all that is not the guest's own doing; a debugger that stops a machine which
#                 replays it changes nothing of what the guest does
#   SEED=N        the kernel's random seed     CMDLINE=TEXT  more words for the kernel's command line
#   IOMMU=off     no IOMMU: q35 has one otherwise (intel-iommu, which translates what devices say only for devices with iommu_platform=on
#                 where they are virtio's); any other text goes to it as options
#   DISK=FILE     a virtio disk (raw, or qcow2 by its name's end)
#   NET=user      a virtio network card; any other text goes to QEMU's -nic
#   QEMU=PROGRAM  default qemu-system-x86_64   QEMU_ARGS=TEXT   more arguments, split at spaces
#   KLOG=FILE     all lines of the kernel's log: COM1 has them only until the console's driver runs
#   HARDWARE=1    as on a board: no isa-debug-exit, and a reset starts the machine again
#   LOG=FILE      where QEMU's own log goes (QEMU_ARGS="-d int,cpu_reset" makes it long)
#
# Ends with status
#   0     the guest powered the machine off (or the user ended QEMU)
#   2     something needed is missing or a variable is wrong: one line says what
#   4     the guest reset the machine; a triple fault is such a reset
#   odd   2*v+1 where v is what the guest wrote to isa-debug-exit (kernel.Status…): 3 powered off
#         with a status that is not 0, as when tests failed; 5 kernel panic; 7 the kernel refused
#         the machine or the archive. With HARDWARE=1 there are none of these: the guest halts and QEMU stays.
# and 1 when QEMU itself could not start.
set -u
here=$(cd "$(dirname "$0")" && pwd) || exit 2

die() {
	echo "qemu.sh: $*" >&2
	exit 2
}

kernel=${KERNEL:-$here/out/kernel.elf}
archive=${ARCHIVE:-$here/out/boot.tar}
qemu=${QEMU:-qemu-system-x86_64}
machine=${MACHINE:-q35}
accel=${ACCEL:-tcg}

command -v "$qemu" >/dev/null 2>&1 || die "$qemu is missing: apt-get install --no-install-recommends qemu-system-x86"
if [ -n "${CD:-}" ]; then
	[ -r "$CD" ] || die "CD=$CD: no such file"
	[ -z "${KERNEL:-}${ARCHIVE:-}${CMDLINE:-}${SEED:-}" ] || die "CD= has its own kernel, archive and command line: expected no KERNEL, ARCHIVE, CMDLINE, SEED"
	archive=$CD
elif [ -n "${UEFI:-}" ]; then
	die "UEFI=1: expected CD=FILE: PVH has no UEFI"
else
	[ -r "$kernel" ] || die "no kernel at $kernel: run make image"
	[ -r "$archive" ] || die "no boot archive at $archive: run make image"
fi
case $machine in
q35 | pc) ;;
*) die "MACHINE=$machine: expected q35 or pc" ;;
esac
case $accel in
tcg)
	# Instruction-counted runs repeat only without the processor's own random numbers.
	cpu=${CPU:-max${ICOUNT:+,-rdrand,-rdseed}}
	;;
kvm)
	cpu=${CPU:-host}
	[ -w /dev/kvm ] || die "ACCEL=kvm: /dev/kvm cannot be written here"
	;;
*) die "ACCEL=$accel: expected tcg or kvm" ;;
esac

# In less memory QEMU would put the archive over the kernel, whose instructions then cannot say that it is too little.
case ${MEM:=256M} in
*[0-9][Mm])
	least=$((20 + $(wc -c <"$archive") / 1048576))
	[ "${MEM%?}" -ge $least ] || die "MEM=$MEM: expected at least ${least}M to be told what is missing, and 128M for services"
	;;
esac

# It comes before the other devices, whose requests it translates. With KVM the interrupt controllers have to be QEMU's own.
iommu=
[ "$machine" != q35 ] || iommu=intremap=on,caching-mode=on
case ${IOMMU:-} in
"") ;;
off) iommu= ;;
*)
	[ "$machine" = q35 ] || die "IOMMU=$IOMMU: only q35 has one"
	iommu=$iommu,$IOMMU
	;;
esac
[ "$accel" != kvm ] || [ -z "$iommu" ] || machine=$machine,kernel-irqchip=split

# No card but what is asked for, so that the PCI tests know what they see.
set -- -machine "$machine" -accel "$accel" -cpu "$cpu" -m "$MEM" -smp 1 -no-user-config -display none
[ -z "$iommu" ] || set -- "$@" -device "intel-iommu,$iommu"
if [ -n "${CD:-}" ]; then
	set -- "$@" -drive "file=$CD,format=raw,media=cdrom,readonly=on,if=none,id=cd0" -device ide-cd,drive=cd0,bootindex=0
else
	set -- "$@" -kernel "$kernel" -initrd "$archive"
fi
if [ -n "${UEFI:-}" ]; then
	ovmf=/usr/share/ovmf/OVMF.fd
	[ -r "$ovmf" ] || die "UEFI=1: $ovmf is missing: apt-get install --no-install-recommends ovmf"
	set -- "$@" -bios "$ovmf"
fi
# Without strict=on SeaBIOS also looks at drives that it is not to boot from. Its NVMe driver then takes memory from the
# top of RAM for good, where QEMU has put the archive, and the kernel finds its module outside of RAM.
set -- "$@" -boot strict=on
[ -n "${HARDWARE:-}" ] || set -- "$@" -no-reboot -device isa-debug-exit,iobase=0xf4,iosize=0x04

words=${CMDLINE:-}
[ -z "${SEED:-}" ] || words="seed=$SEED${words:+ $words}"
[ -z "$words" ] || set -- "$@" -append "$words"

if [ -t 0 ] && [ -t 1 ]; then
	set -- "$@" -serial mon:stdio
	echo "qemu.sh: Ctrl-A X ends QEMU, Ctrl-A C is its monitor" >&2
else
	set -- "$@" -serial stdio -monitor none
fi
# COM2 is always there: the machine does not change with who listens.
if [ -n "${CTL:-}" ]; then
	[ ${#CTL} -le 107 ] || die "CTL: a UNIX socket's path has at most 107 bytes: $CTL"
	set -- "$@" -chardev "socket,id=ctl,path=$CTL,server=on,wait=off" -serial chardev:ctl
else
	set -- "$@" -serial null
fi
[ -z "${COM3:-}" ] || set -- "$@" -serial "file:$COM3"

if [ -n "${ICOUNT:-}" ]; then
	case $ICOUNT in
	[0-9] | 10) ;;
	*) die "ICOUNT=$ICOUNT: expected 0 to 10" ;;
	esac
	[ "$accel" = tcg ] || die "ICOUNT needs ACCEL=tcg"
	case ${TAPE:-} in
	"") tape= ;;
	record:?* | replay:?*) tape=",rr=${TAPE%%:*},rrfile=${TAPE#*:}" ;;
	*) die "TAPE=$TAPE: expected record:FILE or replay:FILE" ;;
	esac
	set -- "$@" -icount "shift=$ICOUNT,sleep=off$tape" -rtc base=2026-01-01T00:00:00,clock=vm
fi
if [ -n "${KLOG:-}" ]; then
	set -- "$@" -chardev "file,id=klog,path=$KLOG" -device isa-debugcon,iobase=0xe9,chardev=klog
fi
case ${GDB:-} in
"") ;;
1) set -- "$@" -gdb tcp::1234 -S ;;
*[!0-9]*) die "GDB=$GDB: expected 1, or a port" ;;
*) set -- "$@" -gdb "tcp:127.0.0.1:$GDB" -S ;;
esac
if [ -n "${DISK:-}" ]; then
	[ -r "$DISK" ] || die "DISK=$DISK: no such file"
	case $DISK in
	*.qcow2) format=qcow2 ;;
	*) format=raw ;;
	esac
	set -- "$@" -drive "file=$DISK,format=$format,if=none,id=disk0" -device virtio-blk-pci,drive=disk0
fi
case ${NET:-none} in
user) set -- "$@" -nic user,model=virtio-net-pci ;;
*) set -- "$@" -nic "${NET:-none}" ;;
esac

# -no-reboot ends QEMU with status 0 after a triple fault as after a power-off. QEMU's trace
# tells them apart: only a power-off (or the user) is a shutdown request.
trace=${LOG:-}
if [ -z "$trace" ]; then
	trace=$(mktemp "${TMPDIR:-/tmp}/bennu-qemu.XXXXXX") || die "no room for a temporary file"
	trap 'rm -f "$trace"' EXIT
fi
set -- "$@" -D "$trace" -trace enable=qemu_system_shutdown_request -trace enable=runstate_set

# QEMU runs beside the shell, not instead of it, so that a signal ends both.
# shellcheck disable=SC2086 # QEMU_ARGS is meant to be split
exec 3<&0 # "<&0" would be /dev/null: the shell takes stdin from a background program
"$qemu" "$@" ${QEMU_ARGS:-} <&3 &
pid=$!
killed=
trap 'killed=1; kill "$pid" 2>/dev/null' HUP INT TERM
wait "$pid"
status=$?
while kill -0 "$pid" 2>/dev/null; do # a signal ended the wait, not QEMU
	wait "$pid"
	status=$?
done
[ -z "$killed" ] || exit 143
if [ "$status" = 0 ] && ! grep -q qemu_system_shutdown_request "$trace"; then
	if grep -q runstate_set "$trace"; then
		echo "qemu.sh: the guest reset the machine (it asked for it, or a triple fault)" >&2
		status=4
	else
		echo "qemu.sh: this QEMU writes no trace: a reset looks like a power-off" >&2
	fi
fi
exit "$status"
