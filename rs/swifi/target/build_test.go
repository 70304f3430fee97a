package target

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"bennu/rs/fi/code"
	"bennu/rs/fi/code/elffile"
)

// rtc is a driver in Go, stripped as it is in an archive, for all tests of a run.
var rtc = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "target")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "rtc")
	cmd := exec.Command("go", "run", "./tools/tamago", "build", "-ring", "3", "-o", file, "./drivers/rtc")
	cmd.Dir, cmd.Env = "../../..", append(os.Environ(), "TAMAGO=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return out, err
	}
	return os.ReadFile(file)
})

func goText(t *testing.T) *code.Text {
	t.Helper()
	b, err := rtc()
	if err != nil {
		t.Fatalf("tools/tamago build: %v\n%s", err, b)
	}
	return read(t, b)
}

func read(t *testing.T, b []byte) *code.Text {
	t.Helper()
	f, err := elffile.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	return f.Text
}

const program = `
volatile int out[64];
static int work(int n, int a)
{
	switch (n & 7) {
	case 0: return a * 7;
	case 1: return a / 3;
	case 2: return a ^ 0x55;
	case 3: return a << 3;
	case 4: return a - 11;
	}
	return n > 100 ? a : -a;
}
void _start(void) { for (int i = 0;; i++) out[i & 63] += work(i, out[(i + 1) & 63]) * i; }
`

// cText is the text of a program in C, which has no names.
func cText(t *testing.T) *code.Text {
	t.Helper()
	cc := os.Getenv("CC")
	if cc == "" {
		cc = "cc"
	}
	file := filepath.Join(t.TempDir(), "c")
	cmd := exec.Command(cc, "-O1", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-static", "-nostdlib", "-Wl,-Ttext-segment=0x40200000",
		"-Wl,-z,separate-code", "-o", file, "-x", "c", "-")
	cmd.Stdin = strings.NewReader(program)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v (./tools/need.sh cc installs a C compiler)\n%s", cc, err, out)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, b)
}
