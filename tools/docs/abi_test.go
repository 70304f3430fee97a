package docs

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bennu/drivers/protocol/ds"
	"bennu/drivers/protocol/load"
	"bennu/drivers/protocol/sum"
	"bennu/kernel/abi"
)

// TestExamplesHaveTheABIsNumbers compares the numbers that the C examples write down with the ABI's and the protocols'. Those that are an example's own
// are listed with it.
func TestExamplesHaveTheABIsNumbers(t *testing.T) {
	want := map[string]uint64{
		"RECEIVE": uint64(abi.CallReceive), "SENDREC": uint64(abi.CallSendRec), "SENDNB": uint64(abi.CallSendNB), "SENDA": uint64(abi.CallSendA),
		"EXIT": uint64(abi.CallExit), "COPYFROM": uint64(abi.CallCopyFrom), "COPYTO": uint64(abi.CallCopyTo),
		"REPLY": uint64(abi.MsgReply), "NOTIFY": uint64(abi.MsgNotify), "LOOKUP": uint64(abi.RSLookup), "READY": uint64(abi.RSReady),
		"HEARTBEAT": uint64(abi.RSHeartbeat), "STOP": uint64(abi.RSStop), "ANY": uint64(abi.Any), "ASK": uint64(abi.MsgService),
		"OK": uint64(abi.OK), "E2BIG": uint64(abi.E2BIG), "EAGAIN": uint64(abi.EAGAIN), "EINVAL": uint64(abi.EINVAL), "ENOSYS": uint64(abi.ENOSYS), "ESRCH": uint64(abi.ESRCH), "ETIMEDOUT": uint64(abi.ETIMEDOUT), "ESTALE": uint64(abi.ESTALE),
		"KEEP": uint64(ds.Keep), "RECALL": uint64(ds.Recall),
		"EDEADSRCDST": uint64(abi.EDEADSRCDST),
		"POLY":        uint64(sum.Poly), "CRC": uint64(sum.CRC), "SORT": uint64(sum.Sort), "STATE": uint64(sum.State), "LONGEST": sum.MaxLength,
		"RUN": uint64(load.Run), "OTHERS": uint64(load.Others), "STOPRUN": uint64(load.Stop), "GONE": uint64(load.Gone), "DYING": uint64(load.Dying),
	}
	always := []string{"RECEIVE", "SENDREC", "EXIT", "REPLY", "NOTIFY", "READY", "HEARTBEAT", "STOP", "ANY"}
	for name, own := range map[string][]string{"echo": nil, "sum": nil, "oracle": {"MS", "TRIES", "DEATHS"}, "meter": {"ADD", "READ", "TOTAL", "LAST", "KEPT"}} {
		text := example(t, name)
		seen := map[string]bool{}
		for _, m := range regexp.MustCompile(`([A-Z0-9]+) = (0x[0-9a-f]+|[0-9]+)`).FindAllStringSubmatch(text, -1) {
			v, err := strconv.ParseUint(m[2], 0, 64)
			if w, ok := want[m[1]]; err != nil || v != w || !ok {
				if !slices.Contains(own, m[1]) {
					t.Errorf("%s: %s is %s, want %#x", name, m[1], m[2], w)
				}
			}
			seen[m[1]] = true
		}
		for _, n := range always {
			if !seen[n] {
				t.Errorf("%s: %s is not there", name, n)
			}
		}
		for _, address := range []uint64{abi.CallPage, abi.StartPage + 16} {
			if a := fmt.Sprintf("(void *)%#x;", address); !strings.Contains(text, a) {
				t.Errorf("%s: no address %s", name, a)
			}
		}
		stack := regexp.MustCompile(`mov \$(0x[0-9a-f]+), %[er]sp`).FindStringSubmatch(text)
		if stack == nil {
			t.Errorf("%s: it takes no stack", name)
			continue
		}
		if v, err := strconv.ParseUint(stack[1], 0, 64); err != nil || v <= abi.RAMBase+abi.PageSize || v > abi.RAMBase+abi.RAMSize || v%16 != 0 {
			t.Errorf("%s: its stack ends at %s, want an address in [%#x, %#x] that 16 divides", name, stack[1], uint64(abi.RAMBase), uint64(abi.RAMBase+abi.RAMSize))
		}
	}
}

// example is the text of all files of an example.
func example(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob(root + "/docs/examples/" + name + "/*.[ch]")
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: no sources: %v", name, err)
	}
	var text strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	return text.String()
}
