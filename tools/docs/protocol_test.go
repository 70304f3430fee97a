package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// protocolFolder has a package for each driver's protocol.
const protocolFolder = "drivers/protocol"

// protocols are the names of its packages.
func protocols(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(root, protocolFolder))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	if len(names) < 4 {
		t.Fatalf("only %d protocols found: %q", len(names), names)
	}
	return names
}

// drivers are the section about the drivers' protocols: each constant with a type. Ends of lists are none.
func drivers(p *page, s *source) {
	p.says("begin at %#x (`MsgService`)", abi.MsgService)
	for _, name := range protocols(p.t) {
		folder := protocolFolder + "/" + name
		for _, typ := range s.enumerated(folder) {
			format, row := "%d %s", name+"."+typ
			if typ == "MsgType" {
				format, row = "%#x %s", name
			}
			var list []string
			for _, c := range s.constants(folder, typ) {
				if c.name != typ+"s" {
					list = append(list, fmt.Sprintf(format, c.value, c.name))
				}
			}
			p.says("| %s | %s |", row, strings.Join(list, ", "))
		}
	}
}

// TestProtocolsKeepToTheirNumbers asks that no driver's message has a type of the kernel's, RS's or the SDK's, that those have none
// of a service's, and that two drivers of this tree share none.
func TestProtocolsKeepToTheirNumbers(t *testing.T) {
	s := newSource(t)
	for _, c := range s.constants("kernel/abi", "MsgType") {
		if v := abi.MsgType(c.value); v >= abi.MsgService && v != abi.MsgNotify && c.name != "MsgService" {
			t.Errorf("kernel/abi.%s is %#x: from %#x up a type is a service's own", c.name, v, abi.MsgService)
		}
	}
	const block = 0x100
	owner := map[abi.MsgType]string{abi.MsgNotify / block: "the kernel's notifications"}
	for _, name := range protocols(t) {
		for _, c := range s.constants(protocolFolder+"/"+name, "MsgType") {
			v := abi.MsgType(c.value)
			if v < abi.MsgService {
				t.Errorf("%s.%s is %#x: below %#x a type is no service's own", name, c.name, v, abi.MsgService)
			}
			if o := owner[v/block]; o != "" && o != name {
				t.Errorf("%s.%s is %#x, in the block of %s", name, c.name, v, o)
			}
			owner[v/block] = name
		}
	}
}
