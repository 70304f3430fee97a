package hangcalls

import (
	"strings"
	"testing"

	"golang.org/x/arch/x86/x86asm"

	"bennu/kernel/abi"
	"bennu/rs/fi/fault/fake"
)

// The loop of each call is what it should be, to the last byte, and its jump goes to the first.
func TestLoop(t *testing.T) {
	want := map[string]string{
		"times":                            "MOV EAX, 0x2a; MOV EDI, 0x3d; XOR ESI, ESI; SYSCALL; JMP .-16",
		"getinfo":                          "MOV EAX, 0x2b; MOV EDI, 0x1; XOR ESI, ESI; SYSCALL; JMP .-16",
		"receive, that takes its messages": "MOV EAX, 0x2; MOV EDI, 0x3e; XOR ESI, ESI; SYSCALL; JMP .-16",
	}
	seen := map[string]bool{}
	for seed := range uint64(60) {
		v := &fake.Victim{}
		words, e := New().Strike(v, fake.Rand(seed))
		var got []string
		for b := v.Code; len(b) > 0; {
			x, err := x86asm.Decode(b, 64)
			if err != nil {
				t.Fatalf("% x: %v", b, err)
			}
			got, b = append(got, x.String()), b[x.Len:]
		}
		name := strings.TrimPrefix(words, "a loop of ")
		if seen[name] = true; e != abi.OK || len(v.Code) != 16 || strings.Join(got, "; ") != want[name] {
			t.Errorf("%q: %s, %s", words, strings.Join(got, "; "), e.Name())
		}
	}
	if len(seen) != len(want) {
		t.Errorf("drawn: %v", seen)
	}
}

func TestNoRoom(t *testing.T) {
	if _, e := New().Strike(&fake.Victim{Refuses: abi.EFAULT}, fake.Rand(1)); e != abi.EFAULT {
		t.Errorf("%s", e.Name())
	}
}
