package code_test

import (
	"os/exec"
	"strings"
	"testing"

	"bennu/rs/fi/code"
)

func TestStratumOf(t *testing.T) {
	for name, want := range map[string]code.Stratum{
		"main.main":                          code.Driver,
		"main.init":                          code.Driver,
		"main.init.0.func1":                  code.Driver,
		"main.(*clock).Read":                 code.Driver,
		"main.(*clock).Read-fm":              code.Driver,
		"main.(*clock).Read.func1.2":         code.Driver,
		"main.Map[...]":                      code.Driver,
		"main.list[go.shape.*uint8]":         code.Driver,
		"main.(*list[...]).Push":             code.Driver,
		"bennu/drivers/rtc.parse":            code.Driver,
		"bennu/drivers/protocol/rtc.Words":   code.Driver,
		"bennu/drivers/sdkextra.F":           code.Driver,
		"bennu/rs/ctl/server.(*Server).Line": code.Driver,
		"bennu/boot/gopher.F":                code.Driver,
		"example.com/x/y.F":                  code.Driver,
		"example.com/x/y%2ev2.(*T).M":        code.Driver,
		"gopkg.in/yaml%2ev3.F":               code.Driver,
		"timex.F":                            code.Driver,
		"golang.org/xx/y.F":                  code.Driver,
		"github.com/somebody/tamago.F":       code.Driver,

		"bennu/drivers/sdk.Run":                 code.SDK,
		"bennu/drivers/sdk/uart16550.(*UART).W": code.SDK,
		"bennu/drivers/sdk.(*Context).Permits.Keys[go.shape.map[string]*bennu/drivers/rtc.Permit,go.shape.string].func1": code.SDK,
		"bennu/kernel/usys.Gate":                                 code.SDK,
		"bennu/kernel/abi.Errno.Err":                             code.SDK,
		"bennu/board/ring3.init":                                 code.SDK,
		"bennu/kernel/usys.list[go.shape.struct { main.T int }]": code.SDK,

		"runtime.mallocgc":                                code.Runtime,
		"runtime/goos.Hwinit1":                            code.Runtime,
		"internal/abi.BoundsDecode":                       code.Runtime,
		"slices.SortFunc[go.shape.[]bennu/rs/x.T,main.T]": code.Runtime,
		"sync.(*Once).Do":                                 code.Runtime,
		"time.Time.String":                                code.Runtime,
		"vendor/golang.org/x/sys/cpu.init":                code.Runtime,
		"golang.org/x/arch/x86/x86asm.Decode":             code.Runtime,
		"github.com/usbarmory/tamago/amd64.(*CPU).Init":   code.Runtime,
		"type:.eq.main.T":                                 code.Runtime,
		"type:.eq.[16]bennu/drivers/sdk.note":             code.Runtime,
		"type..hash.main.T":                               code.Runtime,
		"go:(*struct { io.Reader; io.WriterTo }).Read":    code.Runtime,
		"go:textfipsstart":                                code.Runtime,
		"memeqbody":                                       code.Runtime,
		"_rt0_amd64_linux":                                code.Runtime,
		"":                                                code.Runtime,
	} {
		if got := code.StratumOf(name); got != want {
			t.Errorf("%s: %v, expected %v", name, got, want)
		}
	}
	for name, want := range map[string]string{
		"main.main":                   "main",
		"example.com/x/y%2ev2.(*T).M": "example.com/x/y%2ev2",
		"a/b.(*c/d.T).M":              "a/b",
		"net/http.(*Server).Serve":    "net/http",
		"type:.eq.main.T":             "",
		"memeqbody":                   "",
	} {
		if got, ok := code.PackageOf(name); got != want || ok != (want != "") {
			t.Errorf("%s: package %q, expected %q", name, got, want)
		}
	}
}

// The first elements of std's packages are those of the Go that builds this; one more would be taken for a driver's.
func TestStdlib(t *testing.T) {
	out, err := exec.Command("go", "list", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, pkg := range strings.Fields(string(out)) {
		n++
		if got := code.StratumOf(pkg + ".F"); got != code.Runtime {
			t.Errorf("%s.F: %v, expected %v: the table of package code lacks it", pkg, got, code.Runtime)
		}
	}
	if n < 100 {
		t.Errorf("go list std: %d packages", n)
	}
}

func TestStrata(t *testing.T) {
	m := code.Of(code.Driver, code.Runtime)
	if !m.Has(code.Driver) || m.Has(code.SDK) || !m.Has(code.Runtime) || code.All != code.Of(code.Driver, code.SDK, code.Runtime) {
		t.Errorf("sets of strata: %b, %b", m, code.All)
	}
	if words := code.Driver.String() + " " + code.SDK.String() + " " + code.Runtime.String(); words != "driver sdk runtime" {
		t.Errorf("strata are named %s", words)
	}
}
