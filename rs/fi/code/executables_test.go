//go:build qemu

package code_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"bennu/rs/fi/code"
)

// missing is what x86asm lacks: ADCX and ADOX.
const missing = "0f 38 f6"

// opcode is the opcode's bytes without what is before them.
func opcode(b []byte) string {
	for len(b) > 1 && (b[0]&0xf0 == 0x40 || strings.IndexByte("\x66\xf2\xf3\xf0\x67\x64\x65\x2e\x3e", b[0]) >= 0) {
		b = b[1:]
	}
	n := 1
	if b[0] == 0x0f {
		if n = 2; len(b) > 2 && (b[1] == 0x38 || b[1] == 0x3a) {
			n = 3
		}
	}
	return fmt.Sprintf("% x", b[:min(n, len(b))])
}

// TestExecutables holds every executable of the image, and the example in C, against objdump: all instructions, and nothing that does
// not decode. It prints what has no operands for us, which is VEX, EVEX and what x86asm lacks.
func TestExecutables(t *testing.T) {
	files, err := filepath.Glob(root + "/out/bin/*")
	if err != nil || len(files) < 7 {
		t.Fatalf("out/bin: %d files, %v: make image puts them there", len(files), err)
	}
	dir := t.TempDir()
	cmd := exec.Command("sh", root+"/docs/examples/echo/build.sh", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("docs/examples/echo/build.sh: %v\n%s", err, out)
	}
	for _, name := range append(files, filepath.Join(dir, "echo")) {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		text := read(t, b).Text
		sites, padding := compare(t, text, dump(t, b))
		index := text.Sites(code.All)
		lacks := map[string]int{}
		for in := range text.Sweep(code.All) {
			if in.Decode(); in.X.Op == 0 {
				if c := in.Bytes[0]; c == 0xc4 || c == 0xc5 || c == 0x62 {
					lacks["VEX"]++
				} else {
					lacks[opcode(in.Bytes)]++
				}
			}
		}
		for op, n := range lacks {
			if op != "VEX" && !strings.Contains(missing, op) {
				t.Errorf("%s: %d of %s without operands, which is not known to be missing in x86asm", name, n, op)
			}
		}
		t.Logf("%s: %d functions, %d instructions (driver %d, sdk %d, runtime %d), %d that pad, %d unknown, without operands: %v", filepath.Base(name),
			len(text.Funcs), sites, index.Count(code.Driver), index.Count(code.SDK), index.Count(code.Runtime), padding, len(text.Unknown(code.All)), lacks)
	}
}
