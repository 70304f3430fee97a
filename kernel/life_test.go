package kernel

import (
	"testing"

	"bennu/boot/ktest/code"
	"bennu/kernel/abi"
	"bennu/kernel/room"
)

// TestLifeTakesWhatIsCounted: the frames that a task has when it has touched all of its writable segments are those that the image
// builder counts from the executable.
func TestLifeTakesWhatIsCounted(t *testing.T) {
	const text = abi.ImageBase
	for _, c := range []struct {
		name     string
		segments []room.Segment
		ports    bool
	}{
		{"a page of data", []room.Segment{{Start: text + 0x2000, End: text + 0x2001, Write: true}}, false},
		{"two pages in the middle", []room.Segment{{Start: text + 0x2fff, End: text + 0x3001, Write: true}}, false},
		{"ports", nil, true},
		{"data in another table than the text", []room.Segment{{Start: text + 4<<20, End: text + 4<<20 + 5, Write: true}}, false},
		{"data in three tables", []room.Segment{{Start: text + 0x2000, End: text + 5<<20, Write: true}}, true},
		{"two segments", []room.Segment{{Start: text + 0x2000, End: text + 0x9000, Write: true}, {Start: text + 1<<20, End: text + 3<<20, Write: true}}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t)
			g := rights()
			g.CeilingFrames = frames
			if c.ports {
				g.NPorts, g.Ports[0] = 1, abi.PortRange{First: 0x3f8, Last: 0x3ff}
			}
			stop := code.New().Stop().Text()
			size := uint64(code.Text-text) + uint64(len(stop))
			in := []code.Segment{{Flags: 5, Addr: text, FileSize: size, Size: size}}
			for _, s := range c.segments {
				in = append(in, code.Segment{Flags: 6, Addr: s.Start, Offset: s.Start % abi.PageSize, Size: s.End - s.Start})
			}
			elf := append(append(code.Raw(code.Text, in...), stop...), make([]byte, abi.PageSize)...)
			x := r.beginWith(r.load(elf), r.account(&g.AccountSpec), g)
			for _, s := range c.segments {
				for va := s.Start &^ (abi.PageSize - 1); va < s.End; va += abi.PageSize {
					_, e := r.page(x, va, true)
					r.want("page", e, abi.OK)
				}
			}
			counted := room.Life(append(c.segments, room.Segment{Start: text, End: text + size}), c.ports) / abi.PageSize
			if had := r.accounts.Get(x.Account).Frames.Used(); had != counted {
				t.Errorf("%d frames, counted are %d", had, counted)
			}
		})
	}
}
