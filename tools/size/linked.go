package main

import (
	"debug/dwarf"
	"debug/elf"
	"io"
	"strings"
)

// linked is the names of the functions in an executable, by the folder of their package.
type linked map[string]map[string]bool

// readLinked reads them from the debugging information of an executable whose main package is in a folder.
func readLinked(path, mainFolder string) (linked, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d, err := f.DWARF()
	if err != nil {
		return nil, err
	}
	all := linked{}
	for r := d.Reader(); ; {
		e, err := r.Next()
		switch {
		case err == io.EOF || err == nil && e == nil:
			return all, nil
		case err != nil:
			return nil, err
		case e.Tag != dwarf.TagSubprogram:
			continue
		}
		if name, ok := e.Val(dwarf.AttrName).(string); ok {
			all.add(name, mainFolder)
		}
	}
}

// withoutArguments is a symbol without the arguments of types, which the linker writes in brackets.
func withoutArguments(symbol string) string {
	depth := 0
	return strings.Map(func(r rune) rune {
		switch {
		case r == '[':
			depth++
		case r == ']':
			depth--
			return -1
		}
		if depth > 0 {
			return -1
		}
		return r
	}, symbol)
}

func (l linked) add(name, mainFolder string) {
	name = withoutArguments(name)
	dot := strings.IndexByte(name[strings.LastIndexByte(name, '/')+1:], '.') + strings.LastIndexByte(name, '/') + 1
	folder, ours := strings.CutPrefix(name[:max(dot, 0)], "bennu/")
	if folder == "main" {
		folder, ours = mainFolder, true
	}
	if !ours {
		return
	}
	if l[folder] == nil {
		l[folder] = map[string]bool{}
	}
	for _, n := range names(name[dot+1:]) {
		l[folder][n] = true
	}
}

// names are the declarations that a symbol may be of: a method, (*T).m or T.m, or a function; what follows are functions within it.
func names(symbol string) []string {
	parts := strings.SplitN(symbol, ".", 3)
	if len(parts) == 1 {
		return parts
	}
	method := strings.TrimSuffix(parts[1], "-fm")
	if t, ok := strings.CutPrefix(parts[0], "(*"); ok {
		t = strings.TrimSuffix(t, ")")
		return []string{t + "." + method}
	}
	return []string{parts[0], parts[0] + "." + method}
}
