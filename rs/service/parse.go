package service

import (
	"strconv"
	"strings"
)

// SyntaxError is a fault in a command line.
type SyntaxError struct {
	Column int    // of the word, from 1; one past the end when a word is missing
	Got    string // the word; "": the end of the line
	Want   string
}

func (e *SyntaxError) Error() string {
	s := "column " + strconv.Itoa(e.Column) + ": expected " + e.Want
	if e.Got == "" {
		return s
	}
	return s + ", got " + quote(e.Got)
}

// Parse reads a command line as it is typed at the shell. ok is false, without an error, for an
// empty line. Errors: *SyntaxError.
func Parse(line string) (r Request, ok bool, err error) {
	p := parser{words: split(line), end: len(strings.TrimRight(line, " \t")) + 1}
	if len(p.words) == 0 {
		return r, false, nil
	}
	c, err := p.command()
	if err == nil {
		var given map[string]word
		if given, err = p.given(c); err == nil {
			r, err = p.build(c, given)
		}
	}
	return r, err == nil, err
}

// Fields reads a command line for somebody else to run: the command, and the text of each
// argument by its name, checked. Errors: *SyntaxError.
func Fields(line string) (c Command, fields map[string]string, err error) {
	p := parser{words: split(line), end: len(strings.TrimRight(line, " \t")) + 1}
	if c, err = p.command(); err != nil {
		return c, nil, err
	}
	given, err := p.given(c)
	if err == nil {
		_, err = p.build(c, given)
	}
	fields = map[string]string{}
	for name, w := range given {
		fields[name] = w.text
	}
	return c, fields, err
}

type word struct {
	text   string
	column int
}

func split(line string) (words []word) {
	for i := 0; i < len(line); {
		if line[i] == ' ' || line[i] == '\t' {
			i++
			continue
		}
		n := strings.IndexAny(line[i:], " \t")
		if n < 0 {
			n = len(line) - i
		}
		words = append(words, word{line[i : i+n], i + 1})
		i += n
	}
	return words
}

type parser struct {
	words []word
	end   int // column after the last word
}

// next takes a word; at the end it is empty.
func (p *parser) next() word {
	if len(p.words) == 0 {
		return word{column: p.end}
	}
	w := p.words[0]
	p.words = p.words[1:]
	return w
}

func (p *parser) command() (Command, error) {
	w, group := p.next(), ""
	for _, c := range commands {
		if c.Group == w.text {
			group = w.text
		}
	}
	if group != "" {
		w = p.next()
	}
	for _, c := range commands {
		if c.Group == group && c.Name == w.text {
			return c, nil
		}
	}
	return Command{}, &SyntaxError{w.column, w.text, alternatives(group)}
}

// alternatives lists the words that may stand after group.
func alternatives(group string) string {
	var names []string
	for _, c := range commands {
		n := c.Name
		if c.Group != group {
			n = c.Group
		}
		if n != "" && (c.Group == group || group == "") && (len(names) == 0 || names[len(names)-1] != n) {
			names = append(names, n)
		}
	}
	return "one of " + strings.Join(names, ", ")
}

// given reads the arguments after the command's name: flags with their values, and the rest by place.
func (p *parser) given(c Command) (map[string]word, error) {
	given := map[string]word{}
	for len(p.words) > 0 {
		w := p.next()
		a, found := c.expects(w.text, given)
		if !found {
			return nil, &SyntaxError{w.column, w.text, c.rest(given)}
		}
		if a.Flag != "" {
			w = p.next()
			if w.text == "" {
				return nil, &SyntaxError{w.column, "", a.Want}
			}
		}
		given[a.Name] = w
	}
	return given, nil
}

// build checks the arguments.
func (p *parser) build(c Command, given map[string]word) (Request, error) {
	r, err := c.Build(func(name string) (string, bool) {
		w, ok := given[name]
		return w.text, ok
	})
	if e, ok := err.(*ArgError); ok {
		w, there := given[e.Arg]
		if !there {
			w.column = p.end
		}
		return r, &SyntaxError{w.column, e.Got, e.Want}
	}
	return r, err
}

// expects finds the argument that a word is for, among those not yet given.
func (c Command) expects(text string, given map[string]word) (Arg, bool) {
	for _, a := range c.Args {
		if _, have := given[a.Name]; have {
			continue
		}
		if a.Flag == text || a.Flag == "" && !strings.HasPrefix(text, "-") {
			return a, true
		}
	}
	return Arg{}, false
}

// rest names the arguments that may still follow.
func (c Command) rest(given map[string]word) string {
	var may []string
	for _, a := range c.Args {
		if _, have := given[a.Name]; have {
			continue
		}
		if a.Flag != "" {
			may = append(may, a.Flag)
		} else {
			may = append(may, a.Want)
		}
	}
	if len(may) == 0 {
		return "nothing more"
	}
	return strings.Join(may, " or ") + " or nothing more"
}
