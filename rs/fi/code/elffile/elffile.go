// Package elffile reads the code of a service from its executable, on the host, and gives it names that a task cannot know.
package elffile

import (
	"bytes"
	"debug/dwarf"
	"debug/elf"
	"debug/gosym"
	"fmt"
	"slices"
	"sort"

	"bennu/rs/fi/code"
)

const pageSize = 4096

// File is an executable.
type File struct {
	Text *code.Text

	symbols []elf.Symbol // of functions, by address
	lines   *gosym.Table // nil: not Go
	debug   *dwarf.Data  // nil: none
}

// Segments returns what the injector sees of an executable: whole pages of the segments that are not writable, with what the file has
// beside the segments there.
func Segments(b []byte) (text code.Segment, others []code.Segment, err error) {
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return text, nil, fmt.Errorf("not an ELF file: %w", err)
	}
	for _, p := range f.Progs {
		if p.Type != elf.PT_LOAD || p.Filesz == 0 || p.Flags&elf.PF_W != 0 {
			continue
		}
		if p.Off > uint64(len(b)) || p.Filesz > uint64(len(b))-p.Off {
			return text, nil, fmt.Errorf("segment at %#x is cut off: the file is too short", p.Vaddr)
		}
		before := p.Vaddr % pageSize
		if p.Off < before {
			return text, nil, fmt.Errorf("segment at %#x is at file offset %#x, which is not the same within a page", p.Vaddr, p.Off)
		}
		from := p.Off - before
		pages := make([]byte, (before+p.Filesz+pageSize-1)/pageSize*pageSize)
		copy(pages, b[from:])
		s := code.Segment{Addr: p.Vaddr - before, Bytes: pages}
		switch {
		case p.Flags&elf.PF_X == 0:
			others = append(others, s)
		case text.Bytes != nil:
			return text, nil, fmt.Errorf("executable segments at %#x and %#x: expected one", text.Addr, s.Addr)
		default:
			text = s
		}
	}
	if text.Bytes == nil {
		return text, nil, fmt.Errorf("no executable segment")
	}
	return text, others, nil
}

// Read reads an executable. What its sections and symbols tell is used for names alone, never for Text.
func Read(b []byte) (*File, error) {
	text, others, err := Segments(b)
	if err != nil {
		return nil, err
	}
	t, err := code.New(text, others...)
	if err != nil {
		return nil, err
	}
	out := &File{Text: t}
	f, err := elf.NewFile(bytes.NewReader(b))
	if err != nil {
		return nil, err
	}
	if s := f.Section(".gopclntab"); s != nil && len(t.Funcs) > 0 {
		table, err := s.Data()
		if err != nil {
			return nil, err
		}
		start, _ := t.Code()
		if out.lines, err = gosym.NewTable(nil, gosym.NewLineTable(table, start)); err != nil {
			return nil, err
		}
	}
	all, err := f.Symbols()
	if err == nil { // a stripped file has none
		for _, s := range all {
			if elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section != elf.SHN_UNDEF {
				out.symbols = append(out.symbols, s)
			}
		}
		slices.SortStableFunc(out.symbols, func(a, b elf.Symbol) int {
			return int(min(max(int64(a.Value-b.Value), -1), 1))
		})
	}
	if out.lines == nil && f.Section(".debug_line") != nil {
		if out.debug, err = f.DWARF(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Symbol is the function that has an address, and where it begins: by Go's table, else by the symbol table. "": not known.
func (f *File) Symbol(addr uint64) (name string, start uint64) {
	if fn := f.Text.Func(addr); fn != nil {
		return fn.Name, fn.Start
	}
	i := sort.Search(len(f.symbols), func(i int) bool { return f.symbols[i].Value > addr })
	if i == 0 {
		return "", 0
	}
	if s := f.symbols[i-1]; s.Size == 0 || addr-s.Value < s.Size {
		return s.Name, s.Value
	}
	return "", 0
}

// Line is the place in the source that an address comes from: Go's always has one, C's where it was compiled with -g. Of code that was
// inlined it is that of the inlined function. "": not known.
func (f *File) Line(addr uint64) (file string, line int) {
	if f.lines != nil {
		file, line, fn := f.lines.PCToLine(addr)
		if fn == nil {
			return "", 0
		}
		return file, line
	}
	if f.debug == nil {
		return "", 0
	}
	for r := f.debug.Reader(); ; {
		unit, err := r.Next()
		if err != nil || unit == nil {
			return "", 0
		}
		if unit.Tag == dwarf.TagCompileUnit {
			if lines, err := f.debug.LineReader(unit); err == nil && lines != nil {
				var e dwarf.LineEntry
				if lines.SeekPC(addr, &e) == nil && e.File != nil {
					return e.File.Name, e.Line
				}
			}
		}
		r.SkipChildren()
	}
}
