package service

import (
	"testing"

	"bennu/drivers/protocol/faulty"
	"bennu/drivers/protocol/rtc"
	"bennu/kernel/abi"
)

func name(s string) abi.Label {
	l, ok := abi.MakeLabel(s)
	if !ok {
		panic("bad label in a test: " + s)
	}
	return l
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		line string
		want Request
	}{
		{"service status", Request{Op: OpStatus, Lines: DefaultLines}},
		{"  service\tstatus  rtc ", Request{Op: OpStatus, Label: name("rtc"), Lines: DefaultLines}},
		{"service up rtc", Request{Op: OpUp, Label: name("rtc"), Lines: DefaultLines}},
		{"service down a-b_c.d", Request{Op: OpDown, Label: name("a-b_c.d"), Lines: DefaultLines}},
		{"service refresh 0123456789abcdef", Request{Op: OpRefresh, Label: name("0123456789abcdef"), Lines: DefaultLines}},
		{"service restart rtc", Request{Op: OpRestart, Label: name("rtc"), Lines: DefaultLines}},
		{"service lookup rtc", Request{Op: OpLookup, Label: name("rtc"), Lines: DefaultLines}},
		{"service fi rtc exception", Request{Op: OpFault, Label: name("rtc"), Kind: abi.FaultException, Lines: DefaultLines}},
		{"service fi rtc hang", Request{Op: OpFault, Label: name("rtc"), Kind: abi.FaultHang, Lines: DefaultLines}},
		{"service fi rtc kill", Request{Op: OpFault, Label: name("rtc"), Kind: abi.FaultKill, Lines: DefaultLines}},
		{"service fi faulty loop-calls", Request{Op: OpFault, Label: name("faulty"), Kind: abi.FaultSelf, Way: faulty.LoopCalls, Lines: DefaultLines}},
		{"ps", Request{Op: OpPS, Lines: DefaultLines}},
		{"info", Request{Op: OpInfo, Lines: DefaultLines}},
		{"info reset", Request{Op: OpInfo, Reset: true, Lines: DefaultLines}},
		{"log", Request{Op: OpLog, Lines: DefaultLines}},
		{"log -n 7", Request{Op: OpLog, Lines: 7}},
		{"date", Request{Op: OpDate, Lines: DefaultLines}},
		{"date -s @86400", Request{Op: OpDate, Set: true, Seconds: 86400, Lines: DefaultLines}},
		{"date -s @4102444799", Request{Op: OpDate, Set: true, Seconds: rtc.Last, Lines: DefaultLines}},
		{"date -s 2099-12-31T23:59:59", Request{Op: OpDate, Set: true, Seconds: rtc.Last, Lines: DefaultLines}},
		{"date -s 1970-01-01T00:00:00", Request{Op: OpDate, Set: true, Lines: DefaultLines}},
		{"date -s 2000-02-29T12:34:56", Request{Op: OpDate, Set: true, Seconds: 951827696, Lines: DefaultLines}},
		{"help", Request{Op: OpHelp, Lines: DefaultLines}},
		{"help fi", Request{Op: OpHelp, Topic: "fi", Lines: DefaultLines}},
		{"help service", Request{Op: OpHelp, Topic: "service", Lines: DefaultLines}},
		{"poweroff", Request{Op: OpPowerOff, Lines: DefaultLines}},
		{"poweroff 3", Request{Op: OpPowerOff, Status: 3, Lines: DefaultLines}},
		{"reboot", Request{Op: OpReboot, Lines: DefaultLines}},
	} {
		got, ok, err := Parse(c.line)
		if got != c.want || !ok || err != nil {
			t.Errorf("%q: got %+v, %v, %v; want %+v", c.line, got, ok, err, c.want)
		}
	}
	for _, line := range []string{"", "  \t "} {
		if r, ok, err := Parse(line); ok || err != nil {
			t.Errorf("%q: got %+v, %v, %v; want nothing", line, r, ok, err)
		}
	}
}

func TestParseErrors(t *testing.T) {
	const (
		top   = "one of service, ps, accounts, info, pci, log, date, ds, help, poweroff, reboot"
		group = "one of status, up, down, refresh, restart, fi, lookup"
		aName = "a label (1 to 16 of a-z 0-9 - _ .)"
		kind  = "exception, hang, kill or a way of faulty (help fi)"
		lines = "a number of lines from 1 to 10000"
		when  = "a time from 1970 to 2099 as YYYY-MM-DDTHH:MM:SS (UTC), or as @ and Unix seconds"
	)
	for _, c := range []struct{ line, want string }{
		{"frob", "column 1: expected " + top + `, got "frob"`},
		{"  frob x", "column 3: expected " + top + `, got "frob"`},
		{"status", "column 1: expected " + top + `, got "status"`},
		{"service", "column 8: expected " + group},
		{"service  ", "column 8: expected " + group},
		{"service ps", "column 9: expected " + group + `, got "ps"`},
		{"service up", "column 11: expected " + aName},
		{"service up RTC", "column 12: expected " + aName + `, got "RTC"`},
		{"service up 0123456789abcdefg", "column 12: expected " + aName + `, got "0123456789abcdefg"`},
		{"service up rtc now", `column 16: expected nothing more, got "now"`},
		{"service up -f", `column 12: expected ` + aName + ` or nothing more, got "-f"`},
		{"service fi rtc", "column 15: expected " + kind},
		{"service fi rtc explode", "column 16: expected " + kind + `, got "explode"`},
		{"log 5", `column 5: expected -n or nothing more, got "5"`},
		{"log -n", "column 7: expected " + lines},
		{"log -n 0", "column 8: expected " + lines + `, got "0"`},
		{"log -n 10001", "column 8: expected " + lines + `, got "10001"`},
		{"log -n +5", "column 8: expected " + lines + `, got "+5"`},
		{"log -n 05", "column 8: expected " + lines + `, got "05"`},
		{"log -n 5 -n 6", `column 10: expected nothing more, got "-n"`},
		{"date -s", "column 8: expected " + when},
		{"date -s 2001-02-29T00:00:00", "column 9: expected " + when + `, got "2001-02-29T00:00:00"`},
		{"date -s 1969-12-31T23:59:59", "column 9: expected " + when + `, got "1969-12-31T23:59:59"`},
		{"date -s 2100-01-01T00:00:00", "column 9: expected " + when + `, got "2100-01-01T00:00:00"`},
		{"date -s 2030", "column 9: expected " + when + `, got "2030"`},
		{"date -s 20300102", "column 9: expected " + when + `, got "20300102"`},
		{"date -s 1767225600", "column 9: expected " + when + `, got "1767225600"`},
		{"date -s 2030-01-02", "column 9: expected " + when + `, got "2030-01-02"`},
		{"date -s 2030-01-02T3:04:05", "column 9: expected " + when + `, got "2030-01-02T3:04:05"`},
		{"date -s 2030-01-02T03:04:05.9", "column 9: expected " + when + `, got "2030-01-02T03:04:05.9"`},
		{"date -s 2030-01-02T03:04:05Z", "column 9: expected " + when + `, got "2030-01-02T03:04:05Z"`},
		{"date -s 2030-01-02T24:00:00", "column 9: expected " + when + `, got "2030-01-02T24:00:00"`},
		{"date -s @4102444800", "column 9: expected " + when + `, got "@4102444800"`},
		{"date -s @", "column 9: expected " + when + `, got "@"`},
		{"date -s @-1", "column 9: expected " + when + `, got "@-1"`},
		{"date -s @1e9", "column 9: expected " + when + `, got "@1e9"`},
		{"help frob", `column 6: expected the name of a command, got "frob"`},
		{"poweroff 128", `column 10: expected a status from 0 to 127, got "128"`},
		{"info all", `column 6: expected reset (the worst delays are counted anew from now on), got "all"`},
		{"reboot now", `column 8: expected nothing more, got "now"`},
		{"ps \x1b[A\"", `column 4: expected nothing more, got "\x1b[A\""`},
	} {
		r, ok, err := Parse(c.line)
		if err == nil || ok {
			t.Errorf("%q: got %+v, want error %s", c.line, r, c.want)
		} else if err.Error() != c.want {
			t.Errorf("%q:\n got %s\nwant %s", c.line, err, c.want)
		}
	}
}

// Every command has help, a usage that it answers to, and a name of its own: the control port
// knows no groups.
func TestCommands(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range Commands() {
		if seen[c.Name] {
			t.Errorf("%s: twice", c.Name)
		}
		seen[c.Name] = true
		if c.Help == "" || c.Op == 0 {
			t.Errorf("%s: no help or no op", c.Name)
		}
		for _, a := range c.Args {
			if a.Want == "" || a.Name == "" {
				t.Errorf("%s: argument %+v has no name or nothing wanted", c.Name, a)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"service fi faulty loop", "date -s 2000-01-01T00:00:00", "log -n 5", "help \xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, line string) {
		_, ok, err := Parse(line)
		e, isSyntax := err.(*SyntaxError)
		if err != nil && (!isSyntax || ok || e.Column < 1 || e.Column > len(line)+1 || e.Want == "") {
			t.Errorf("%q: ok=%v, error %#v", line, ok, err)
		}
	})
}
