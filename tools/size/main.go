package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"bennu/tools/internal/qemu"
)

// mainFolder is the kernel's main package.
const mainFolder = "boot/kernel"

func main() {
	update := flag.Bool("w", false, "write the table into docs/ARCHITECTURE.md")
	flag.Parse()
	if err := run(*update); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func run(update bool) error {
	root, err := qemu.Root()
	if err != nil {
		return err
	}
	rows, err := measure(root)
	if err != nil {
		return err
	}
	fmt.Print(table(rows))
	if !update {
		return nil
	}
	path := filepath.Join(root, document)
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	old, err := block(string(text))
	if err != nil {
		return err
	}
	return os.WriteFile(path, []byte(replace(string(text), old, table(rows))), 0o644)
}

// measure counts the kernel that was built last (make build).
func measure(root string) ([]row, error) {
	l, err := readLinked(filepath.Join(root, "out/kernel.elf"), mainFolder)
	if err != nil {
		return nil, err
	}
	return count(root, mainFolder, l)
}
