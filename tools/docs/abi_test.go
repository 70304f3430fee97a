package docs

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"bennu/kernel/abi"
)

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
