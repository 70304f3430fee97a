package docs

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// thermometer is a driver with a protocol of its own.
var thermometer = map[string]string{
	"main.go": `//go:build tamago

package main

import (
	_ "bennu/board/ring3"
	"bennu/drivers/sdk"
)

func main() { sdk.Run(new(driver)) }
`,
	"driver.go": `package main

import (
	"bennu/drivers/sdk"
	"bennu/kernel/abi"
	"thermometer/protocol"
)

type driver struct{}

func (driver) Init(*sdk.Context) error { return nil }

func (driver) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) {
	if m.Type == protocol.Get {
		c.Reply(m, abi.OK, protocol.Unknown)
		return
	}
	c.Reply(m, abi.ENOSYS)
}
`,
	"protocol/protocol.go": `package protocol

import "bennu/kernel/abi"

const Get = abi.MsgService

const Unknown = 1 << 63
`,
}

// TestDriverOutside builds a driver in a module of its own by the commands that docs/DRIVER.md has for that. It has a protocol, too:
// no file of this tree is edited for it.
func TestDriverOutside(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/DRIVER.md")
	if err != nil {
		t.Fatal(err)
	}
	at := strings.Index(string(text), "\n```\ngo mod init ")
	if at < 0 {
		t.Fatal("docs/DRIVER.md has no commands for a driver outside of the tree")
	}
	commands, _, _ := strings.Cut(string(text)[at+len("\n```\n"):], "\n```\n")
	module, dir := t.TempDir(), t.TempDir()
	if err := os.Mkdir(filepath.Join(module, "protocol"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range thermometer {
		if err := os.WriteFile(filepath.Join(module, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(commands, "\n")
	last := len(lines) - 1
	if !strings.HasPrefix(lines[last], "make ") {
		t.Fatalf("expected the last command to boot the image: %q", lines[last])
	}
	for _, l := range lines[:last] {
		c := exec.Command("sh", "-c", l)
		c.Dir, c.Env = module, append(os.Environ(), "BENNU="+tree, "DIR="+dir, "GOFLAGS=")
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", l, err, out)
		}
	}
	f, err := elf.Open(filepath.Join(dir, "thermometer"))
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}
