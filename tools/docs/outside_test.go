package docs

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestDriverOutside builds a driver in a module of its own by the commands that docs/DRIVER.md has for that.
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
	for name, text := range map[string]string{
		"main.go": "//go:build tamago\n\npackage main\n\nimport (\n\t_ \"bennu/board/ring3\"\n\t\"bennu/drivers/sdk\"\n)\n\nfunc main() { sdk.Run(new(thermometer)) }\n",
		"thermometer.go": "package main\n\nimport (\n\t\"bennu/drivers/sdk\"\n\t\"bennu/kernel/abi\"\n)\n\ntype thermometer struct{}\n\n" +
			"func (thermometer) Init(*sdk.Context) error { return nil }\n\n" +
			"func (thermometer) Message(c *sdk.Context, m *abi.Msg, _ abi.ReceiveKind) { c.Reply(m, abi.ENOSYS) }\n",
	} {
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
