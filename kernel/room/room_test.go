package room

import (
	"testing"

	"bennu/kernel/abi"
)

// Every byte of a machine is somebody's: what the parts take and what they leave is all of it.
func TestAllIsSomebodys(t *testing.T) {
	for _, memory := range []uint64{Minimum, 256 << 20, 64 << 30} {
		for _, n := range []uint64{1, abi.PageSize, abi.PageSize + 1, 9<<20 + 77, 40 << 20} {
			left := Services(memory, n)
			if sum := Kernel + Firmware + Archive(n) + Root(n) + left; left == 0 || sum != memory {
				t.Errorf("%d bytes with an archive of %d: %d for services, all in all %d", memory, n, left, sum)
			}
			if Archive(n) < n || Archive(n)%abi.PageSize != 0 || Images(n) < n/64 || Root(n)%abi.PageSize != 0 {
				t.Errorf("archive of %d bytes: %d, images %d, root task %d", n, Archive(n), Images(n), Root(n))
			}
			l, rest := Least(n), Services(Least(n), n)
			if Services(l+1, n) != rest+1 || Services(l-1, n) != 0 || Services(0, n) != 0 || Machine(n, rest) != l {
				t.Errorf("archive of %d bytes: the least is %d, which leaves %d", n, l, rest)
			}
			for _, reserved := range []uint64{rest + 1, rest + 64<<20} {
				if m := Machine(n, reserved); Services(m, n) != reserved {
					t.Errorf("archive of %d bytes: the machine for %d is %d, which leaves %d", n, reserved, m, Services(m, n))
				}
			}
		}
	}
}
