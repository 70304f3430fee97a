package server

import (
	"strconv"

	"bennu/kernel/abi"
	"bennu/rs/ctl/wire"
	"bennu/rs/service"
)

// own are the commands that the shell does not have.
var own = map[string]struct {
	fields []string
	do     func(s *Server, id ident, f fields)
}{
	"hello":   {nil, (*Server).doHello},
	"bye":     {nil, (*Server).doBye},
	"events":  {[]string{"since"}, (*Server).doEvents},
	"echo":    {[]string{"label"}, (*Server).doEcho},
	"call":    {[]string{"endpoint", "type", "arg", "limit_ms"}, (*Server).doCall},
	"console": {[]string{"text"}, (*Server).doConsole},
}

// fieldError says what is wrong with a field.
type fieldError struct{ text string }

// fields reads the fields of a request; the first fault is kept.
type fields struct {
	o   wire.Object
	err *fieldError
}

func (f *fields) fail(name, want string) {
	if f.err == nil {
		f.err = &fieldError{name + ": expected " + want}
	}
}

// number reads a field that is an unsigned integer up to most.
func (f *fields) number(name string, most, otherwise uint64, optional bool) uint64 {
	v, ok := f.o.Get(name)
	if !ok && optional {
		return otherwise
	}
	if v.Kind != wire.Number || v.Number > most {
		f.fail(name, "a number from 0 to "+strconv.FormatUint(most, 10))
	}
	return v.Number
}

func (f *fields) text(name, want string) string {
	v, _ := f.o.Get(name)
	if v.Kind != wire.String {
		f.fail(name, want)
	}
	return v.Text
}

func (f *fields) label() (l abi.Label) {
	const want = "a label (1 to 16 of a-z 0-9 - _ .)"
	l, ok := abi.MakeLabel(f.text("label", want))
	if !ok {
		f.fail("label", want)
	}
	return l
}

// identify finds the id of a request; one that has none is answered without.
func (s *Server) identify(o wire.Object, err error) (ident, bool) {
	v, ok := o.Find("id")
	switch {
	case len(v.Text) > MaxID:
		s.fail(s.unread(), abi.E2BIG, "id: expected at most "+strconv.Itoa(MaxID)+" bytes of JSON, got "+strconv.Itoa(len(v.Text)))
		return ident{}, false
	case !ok && err != nil:
		return s.unread(), true
	}
	return ident{v, ok, s.sub.Session}, true
}

// request does the request of a line, or says what is wrong with it.
func (s *Server) request(line []byte) {
	o, err := wire.Parse(line, "id")
	id, ok := s.identify(o, err)
	if !ok {
		return
	}
	if err != nil {
		s.fail(id, abi.EINVAL, err.Error())
		return
	}
	s.follows(id)
	v, _ := o.Get("cmd")
	if v.Kind != wire.String {
		s.fail(id, abi.EINVAL, "cmd: expected the name of a command")
		return
	}
	if c, ok := own[v.Text]; ok {
		if name, ok := stranger(o, func(n string) bool { return contains(c.fields, n) }); ok {
			s.fail(id, abi.EINVAL, name+": "+v.Text+" has no such field")
			return
		}
		c.do(s, id, fields{o: o})
		return
	}
	c, ok := service.ByName(v.Text)
	if !ok {
		s.fail(id, abi.ENOSYS, "cmd: expected "+names()+", got "+strconv.Quote(v.Text))
		return
	}
	s.command(id, c, o)
}

// command runs a command that the shell has, too.
func (s *Server) command(id ident, c service.Command, o wire.Object) {
	if name, ok := stranger(o, c.Has); ok {
		s.fail(id, abi.EINVAL, name+": "+c.Name+" has no such field")
		return
	}
	r, err := c.Build(func(name string) (string, bool) {
		v, ok := o.Get(name)
		switch v.Kind {
		case wire.Number:
			return strconv.FormatUint(v.Number, 10), ok
		case wire.String:
			return v.Text, ok
		case wire.Null:
			return "", false
		}
		return "a value of another kind", ok // no argument takes blanks
	})
	if err != nil {
		s.fail(id, abi.EINVAL, err.Error())
		return
	}
	service.Run(s.asker, r, func(res service.Result) {
		if res.Errno != abi.OK {
			s.fail(id, res.Errno, res.Text)
			return
		}
		s.succeed(id)
		s.result(r, &res)
		s.finish()
	})
}

// stranger finds a field that does not belong.
func stranger(o wire.Object, has func(string) bool) (name string, ok bool) {
	for _, f := range o {
		if f.Name != "id" && f.Name != "cmd" && !has(f.Name) {
			return strconv.Quote(f.Name), true
		}
	}
	return "", false
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// names lists the commands.
func names() string {
	s := "one of hello, bye, events, echo, call, console"
	for _, c := range service.Commands() {
		s += ", " + c.Name
	}
	return s
}
