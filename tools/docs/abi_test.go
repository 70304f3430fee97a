package docs

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

// TestWhysAreDocumented asks for each Why's row, with its number and name, and for no other.
func TestWhysAreDocumented(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(text), "\n### Why\n")
	if !ok {
		t.Fatal("docs/ABI.md has no section Why")
	}
	for w := abi.Why(1); w < abi.Whys; w++ {
		if row := fmt.Sprintf("\n| %d | %s | ", w, w); !strings.Contains(table, row) {
			t.Errorf("no row %q", row)
		}
	}
	if strings.Contains(table, fmt.Sprintf("\n| %d | ", abi.Whys)) {
		t.Error("a row too many")
	}
}

// TestExampleHasTheABIsNumbers compares the numbers that the C example writes down with the ABI's.
func TestExampleHasTheABIsNumbers(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/examples/echo/echo.c")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]uint64{
		"RECEIVE": uint64(abi.CallReceive), "SENDREC": uint64(abi.CallSendRec), "SENDNB": uint64(abi.CallSendNB), "EXIT": uint64(abi.CallExit),
		"REPLY": uint64(abi.MsgReply), "NOTIFY": uint64(abi.MsgNotify), "READY": uint64(abi.RSReady), "HEARTBEAT": uint64(abi.RSHeartbeat),
		"STOP": uint64(abi.RSStop), "ANY": uint64(abi.Any),
	}
	for _, m := range regexp.MustCompile(`([A-Z]+) = (0x[0-9a-f]+|[0-9]+)`).FindAllStringSubmatch(string(text), -1) {
		v, err := strconv.ParseUint(m[2], 0, 64)
		if w, ok := want[m[1]]; err != nil || !ok || v != w {
			t.Errorf("%s is %s, want %#x", m[1], m[2], w)
		}
		delete(want, m[1])
	}
	for name := range want {
		t.Errorf("%s is not there", name)
	}
	for _, address := range []uint64{abi.CallPage, abi.StartPage + 16} {
		if a := fmt.Sprintf("(void *)%#x;", address); !strings.Contains(string(text), a) {
			t.Errorf("no address %s", a)
		}
	}
}

// TestStartInfoIsDocumented compares the ABI's version and the table of StartInfo with the struct.
func TestStartInfoIsDocumented(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/ABI.md")
	if err != nil {
		t.Fatal(err)
	}
	if v := fmt.Sprintf("Version %d\n(`StartInfo.Version`)", abi.Version); !strings.Contains(string(text), v) {
		t.Errorf("no %q", v)
	}
	_, table, _ := strings.Cut(string(text), "\n### StartInfo\n")
	table, _, _ = strings.Cut(table, "\n### ")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[abi.StartInfo]()) {
		size := strconv.Itoa(int(f.Type.Size()))
		if f.Name == "Guarded" {
			size = fmt.Sprintf("%d × %d", f.Type.Len(), f.Type.Elem().Size())
		}
		row := fmt.Sprintf("\n| %d | %s | %s | ", f.Offset, size, f.Name)
		if f.Name == "Version" {
			row += fmt.Sprintf("%d |", abi.Version)
		}
		if f.Name != "_" && !strings.Contains(table, row) {
			t.Errorf("no row %q", row)
		}
	}
}
