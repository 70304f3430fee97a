package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"bennu/kernel/archive"
	"bennu/tools/before/slice"
)

const hogFolder = "boot/hog"

// hogABI1 is what boot/hog does otherwise on a kernel of ABI 1, by function: a heartbeat is sent there and never answered, a task uses
// its ports itself, and is not told its ceiling, nor what frames are promised to whom. The interrupt hog has no ports then: it answers pings, and is no burden.
var hogABI1 = map[string]string{
	"heartbeat": "func heartbeat() {\n\tm := abi.Msg{Type: abi.RSHeartbeat}\n\tsys.Send(root(), &m)\n}",
	"read":      "func read(uint8) uint8 { return 0 }",
	"write":     "func write(reg, v uint8) {}",
	"hoard":     "func hoard() {\n\tif page < len(memory) {\n\t\tmemory[page]++\n\t\tpage += abi.PageSize\n\t}\n}",
	"reserve":   "func reserve() { memory = make([]byte, 3<<20) }",
}

// hogs builds today's hogs for the base and packs the archive that make image packs today. Without it the tests that need it cannot
// run, and say so; why is told here.
func (r *run) hogs(ctx context.Context, image string) error {
	if _, err := os.Stat(filepath.Join(image, "out/hogs.tar")); err == nil {
		return nil // the base has hogs of its own
	}
	words, err := r.buildHog(ctx, image)
	if err == nil && words == "" {
		words, err = r.packHogs(ctx, image)
	}
	if words != "" {
		r.say("no hogs at the base: " + words)
	}
	return err
}

// buildHog makes out/bin/hog: as boot/hog is, with the constants of the ABI that the base lacks, else as ABI 1 has it.
func (r *run) buildHog(ctx context.Context, image string) (words string, err error) {
	const abi = "kernel/abi"
	now, old := r.now.folders[abi], r.base.folders[abi]
	if now == nil || old == nil {
		return "there is no " + abi, nil
	}
	is, err := r.now.sources(abi, now.GoFiles)
	if err != nil {
		return "", err
	}
	image0 := &tree{root: image, named: r.base.named} // without what was added to the other tree
	was, err := image0.sources(abi, slices.DeleteFunc(slices.Clone(old.GoFiles), func(n string) bool { return strings.HasPrefix(n, addedPrefix) }))
	if err != nil {
		return "", err
	}
	text, _, err := slice.Additions(is, was, r.now.types, r.base.types)
	if err != nil {
		return "", err
	}
	if text != nil {
		if err := write(filepath.Join(image, abi, addedPrefix+"1.go"), text, 0o644); err != nil {
			return "", err
		}
	}
	if err := lend(r.now.root, image, lent); err != nil {
		return "", err
	}
	dir := filepath.Join(image, hogFolder)
	if err := copyFolder(filepath.Join(r.now.root, hogFolder), dir); err != nil {
		return "", err
	}
	build := []string{"run", "./tools/tamago", "build", "-ring", "3", "-o", "out/bin/hog", "./" + hogFolder}
	if _, err := command(ctx, image, "go", build...).CombinedOutput(); err == nil || ctx.Err() != nil {
		return "", ctx.Err()
	}
	if err := replaceFuncs(dir, hogABI1); err != nil {
		return "", err
	}
	if out, err := command(ctx, image, "go", build...).CombinedOutput(); err != nil {
		return firstLine(string(out)), ctx.Err()
	}
	r.say("the hogs are as ABI 1 has them: the base does not compile today's")
	return "", nil
}

// replaceFuncs puts other functions in the place of those of a folder's files that have their names.
func replaceFuncs(dir string, by map[string]string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	n := 0
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, d := range slices.Backward(f.Decls) { // from the end, so that offsets hold
			if fn, ok := d.(*ast.FuncDecl); ok && by[fn.Name.Name] != "" && fn.Recv == nil {
				from, to := set.Position(fn.Pos()).Offset, set.Position(fn.End()).Offset
				text = slices.Concat(text[:from], []byte(by[fn.Name.Name]), text[to:])
				n++
			}
		}
		if err := os.WriteFile(name, text, 0o644); err != nil {
			return err
		}
	}
	if n != len(by) {
		return fmt.Errorf("%s: expected %d functions to replace, found %d", dir, len(by), n)
	}
	return nil
}

var unknownKeyword = regexp.MustCompile(`unknown keyword "(\w+)"`)

// packHogs makes out/hogs.tar of the base's services but rtc, and the hogs. Lines of hogs.conf with keywords that the base does not
// know are left out: it promised nothing of what they say.
func (r *run) packHogs(ctx context.Context, image string) (words string, err error) {
	b, err := os.ReadFile(filepath.Join(image, "out/boot.tar"))
	if err != nil {
		return "", err
	}
	a, err := archive.Open(b)
	if err != nil {
		return "", err
	}
	args := []string{"run", "./tools/mkimage", "pack", "-o", "out/hogs.tar", "-conf", "boot/system.conf"}
	files := []string{"bin/hog=out/bin/hog"}
	for _, f := range a.Files() {
		name, ok := strings.CutPrefix(f.Name, "bin/")
		if !ok || name == "rtc" {
			continue
		}
		files = append(files, f.Name+"=out/"+f.Name)
		for _, conf := range []string{"drivers/" + name + "/" + name + ".conf", "rs/" + name + "/" + name + ".conf"} {
			if _, err := os.Stat(filepath.Join(image, conf)); err == nil {
				args = append(args, "-conf", conf)
			}
		}
	}
	hogs := filepath.Join(image, hogFolder, "hogs.conf")
	args = append(append(args, "-conf", hogFolder+"/hogs.conf"), files...)
	for {
		out, err := command(ctx, image, "go", args...).CombinedOutput()
		if err == nil || ctx.Err() != nil {
			return "", ctx.Err()
		}
		m := unknownKeyword.FindStringSubmatch(string(out))
		if m == nil {
			return firstLine(string(out)), nil
		}
		text, err := os.ReadFile(hogs)
		if err != nil {
			return "", err
		}
		line := regexp.MustCompile(`(?m)^\s*` + m[1] + ` .*\n`)
		if !line.Match(text) {
			return firstLine(string(out)), nil
		}
		r.say("hogs.conf without " + m[1] + ": the base does not know it")
		if err := os.WriteFile(hogs, line.ReplaceAll(text, nil), 0o644); err != nil {
			return "", err
		}
	}
}
