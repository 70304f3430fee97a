package main

import (
	"bytes"
	"debug/elf"
	"encoding/hex"
	"fmt"
	"strings"

	"bennu/tools/campaign/result"
)

// gdbScript stops a machine at a fault. Tasks share addresses, so that a breakpoint at the faulty instruction alone would stop anybody.
// The injector's reading of the time-stamp counter tells the moment: a value comes once in the life of a machine. From there on the
// first who is at the site and has the faulty bytes there is the victim.
func gdbScript(port int, f *result.Fault, clocks []uint64, panicAt uint64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "set pagination off\nset confirm off\nset architecture i386:x86-64\ntarget remote 127.0.0.1:%d\n", port)
	if f.ActivatedAt == 0 {
		fmt.Fprintf(&b, "echo fault %s was not activated, or nothing was told of it: the machine stops if the kernel panics\\n\n", f.ID)
		if panicAt != 0 {
			fmt.Fprintf(&b, "hbreak *%#x\n", panicAt)
		}
		b.WriteString("continue\n")
		return b.String()
	}
	fmt.Fprintf(&b, "# The injector reads the time-stamp counter as it makes the fault active: stop %d.\n", f.Stop)
	for _, at := range clocks {
		fmt.Fprintf(&b, "hbreak *%#x if (((unsigned long)$rdx << 32) | ((unsigned long)$rax & 0xffffffff)) == %d\n", at, f.ActivatedAt)
	}
	b.WriteString("continue\ndelete\n")
	if after, err := hex.DecodeString(f.After); err == nil && len(after) > 0 {
		b.WriteString("# The victim comes to the faulty instruction.\n")
		var is []string
		for i, c := range after {
			is = append(is, fmt.Sprintf("*(unsigned char *)(%s+%d) == %#x", f.Addr, i, c))
		}
		fmt.Fprintf(&b, "hbreak *%s if %s\ncontinue\ndelete\n", f.Addr, strings.Join(is, " && "))
		fmt.Fprintf(&b, "echo %s: %s, was %s\\n\n", f.Symbol, f.AfterAs, f.BeforeAs)
	}
	b.WriteString("x/2i $rip\ninfo registers\n")
	return b.String()
}

// clocks are the addresses behind each RDTSC of an executable. Bytes in the middle of another instruction may look like one: nobody comes there.
func clocks(file []byte) (at []uint64, err error) {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Flags&elf.PF_X == 0 {
			continue
		}
		text := make([]byte, p.Filesz)
		if _, err := p.ReadAt(text, 0); err != nil {
			return nil, err
		}
		for _, op := range [][]byte{{0x0f, 0x31}, {0x0f, 0x01, 0xf9}} { // RDTSC, RDTSCP
			for i := 0; ; {
				n := bytes.Index(text[i:], op)
				if n < 0 {
					break
				}
				i += n + len(op)
				at = append(at, p.Vaddr+uint64(i))
			}
		}
	}
	return at, nil
}

// symbol is an address of the kernel's; 0: it has no such symbol.
func symbol(file []byte, name string) uint64 {
	f, err := elf.NewFile(bytes.NewReader(file))
	if err != nil {
		return 0
	}
	all, err := f.Symbols()
	if err != nil {
		return 0 // stripped
	}
	for _, s := range all {
		if s.Name == name {
			return s.Value
		}
	}
	return 0
}
